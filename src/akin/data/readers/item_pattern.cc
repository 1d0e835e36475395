#include "akin/data/readers/item_pattern.h"

// GCC 12 sees uninitialized std::function members inside <regex> when the sanitizers are on (GCC bug 105562).
#pragma GCC diagnostic push
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <regex>

#include "akin/base/error.h"

namespace akin {

struct ItemPattern::Expression {
  std::regex regex;
};

ItemPattern::ItemPattern(const std::string& pattern) {
  if (pattern.empty()) return;
  try {
    expression_ =
        std::make_unique<Expression>(Expression{std::regex(pattern, std::regex::ECMAScript | std::regex::optimize)});
  } catch (const std::regex_error& error) {
    fail(ErrorCode::kUsage, "option item_pattern: '{}' is not a regular expression: {}", pattern,
         error.what());
  }
}

ItemPattern::~ItemPattern() = default;

bool ItemPattern::judge(std::string_view item) {
  constexpr std::size_t kLongest = 256;
  const idx_t idx = judged_.add(item);
  if (idx == verdicts_.size()) {
    verdicts_.push_back(item.size() <= kLongest &&
                        std::regex_search(item.begin(), item.end(), expression_->regex));
  }
  return verdicts_[idx] != 0;
}

}  // namespace akin
#pragma GCC diagnostic pop
