// Which item ids are products.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/id_map.h"

namespace akin {

/// A regular expression (ECMAScript) that must be found in an item's id. Each id is judged once. Ids over 256
/// bytes never match: std::regex needs stack in proportion to the text.
class ItemPattern {
 public:
  /// Throws Error(kUsage) if `pattern` is not a regular expression. "" matches everything.
  explicit ItemPattern(const std::string& pattern);
  ~ItemPattern();

  bool matches(std::string_view item) { return expression_ == nullptr || judge(item); }

 private:
  struct Expression;  // keeps <regex>, which is slow to compile, out of this header
  bool judge(std::string_view item);

  std::unique_ptr<Expression> expression_;
  IdMap judged_;
  std::vector<char> verdicts_;
};

}  // namespace akin
