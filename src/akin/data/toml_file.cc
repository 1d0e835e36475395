#include "akin/data/toml_file.h"

#include "akin/base/error.h"
#include "akin/base/io.h"

namespace akin {
namespace {

constexpr std::size_t kLargest = std::size_t{16} << 20;
constexpr std::size_t kDeepest = 64;

/// Walks over the text as far as it is TOML and counts levels: brackets that are open, and the dots of a key.
class Depth {
 public:
  Depth(const std::string& path, std::string_view text) : path_(path), text_(text) {}

  void check() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_string(c);
        continue;
      }
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      if (c == '[' || c == '{') ++open_;
      if ((c == ']' || c == '}') && open_ > 0) --open_;
      if (c == '.') ++dots_;
      if (c == '\n') ++line_;
      if (c == '\n' || c == ',' || c == '=' || c == '{') dots_ = 0;
      if (open_ + dots_ > kDeepest)
        fail(ErrorCode::kUsage, "{}:{}: nested deeper than {} levels", path_, line_, kDeepest);
      ++at_;
    }
  }

 private:
  bool starts_with(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  /// A string in one or, after three quotes, in many lines; in double quotes with escapes.
  void skip_string(char quote) {
    const std::string three(3, quote);
    const bool long_one = starts_with(three);
    const std::string_view close = long_one ? std::string_view(three) : std::string_view(three).substr(0, 1);
    at_ += close.size();
    while (at_ < text_.size() && !starts_with(close)) {
      if (text_[at_] == '\n') {
        if (!long_one) return;  // not TOML, as the parser will say
        ++line_;
      }
      if (quote == '"' && text_[at_] == '\\') skip_backslash();
      ++at_;
    }
    at_ = std::min(at_ + close.size(), text_.size());
    for (int more = 0; long_one && more < 2 && at_ < text_.size() && text_[at_] == quote; ++more) ++at_;
  }

  void skip_backslash() {
    if (starts_with("\\u0000") || starts_with("\\U00000000"))
      fail(ErrorCode::kUsage, "{}:{}: a text holds the character NUL", path_, line_);
    if (at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
  }

  const std::string& path_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t open_ = 0;
  std::size_t dots_ = 0;
};

}  // namespace

toml::table read_toml(const std::string& path) {
  const std::string content = read_text(path, kLargest);
  Depth(path, content).check();
  try {
    return toml::parse(content);
  } catch (const toml::parse_error& error) {
    fail(ErrorCode::kUsage, "{}:{}: not TOML: {}", path, error.source().begin.line, error.description());
  }
}

}  // namespace akin
