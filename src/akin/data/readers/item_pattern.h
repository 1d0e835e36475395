// Which item ids are products.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/id_map.h"

namespace akin {

/// A regular expression (RE2: Perl's without back-references and look-around) that must be found in an item's
/// id, read as UTF-8. Each id is judged once, in time linear in its length.
class ItemPattern {
 public:
  /// Throws Error(kUsage) if `pattern` is not a regular expression or over 1000 bytes. "" matches everything.
  explicit ItemPattern(const std::string& pattern);
  ~ItemPattern();

  bool matches(std::string_view item) { return expression_ == nullptr || judge(item); }

 private:
  struct Expression;  // keeps RE2 out of this header
  bool judge(std::string_view item);

  std::unique_ptr<Expression> expression_;
  IdMap judged_;
  std::vector<char> verdicts_;
};

}  // namespace akin
