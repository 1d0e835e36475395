#include "akin/data/readers/item_pattern.h"

#include <re2/re2.h>

#include "akin/base/error.h"

namespace akin {
namespace {

constexpr std::size_t kLongestPattern = 1000;

re2::RE2::Options options() {
  re2::RE2::Options options;
  options.set_log_errors(false);  // they are thrown
  return options;
}

/// What akin's users may know from other programs, and RE2 leaves out so as to need no more than linear time.
std::string_view hint(re2::RE2::ErrorCode code) {
  const bool unknown = code == re2::RE2::ErrorBadPerlOp || code == re2::RE2::ErrorBadEscape;
  return unknown ? "; back-references and look-around are not supported" : "";
}

}  // namespace

struct ItemPattern::Expression {
  explicit Expression(const std::string& pattern) : regex(pattern, options()) {}
  re2::RE2 regex;
};

ItemPattern::ItemPattern(const std::string& pattern) {
  if (pattern.empty()) return;
  if (pattern.size() > kLongestPattern) {
    fail(ErrorCode::kUsage, "--item-pattern: a pattern of {} bytes is too long; it may have up to {}",
         pattern.size(), kLongestPattern);
  }
  expression_ = std::make_unique<Expression>(pattern);
  const re2::RE2& regex = expression_->regex;
  if (!regex.ok()) {
    fail(ErrorCode::kUsage, "--item-pattern: '{}' is not a regular expression: {}{}", pattern, regex.error(),
         hint(regex.error_code()));
  }
}

ItemPattern::~ItemPattern() = default;

bool ItemPattern::judge(std::string_view item) {
  const idx_t idx = judged_.add(item);
  if (idx == verdicts_.size()) {
    const re2::StringPiece text(item.data(), item.size());
    verdicts_.push_back(re2::RE2::PartialMatch(text, expression_->regex));
  }
  return verdicts_[idx] != 0;
}

}  // namespace akin
