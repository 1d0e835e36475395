#include "akin/data/readers/python_literal.h"

#include <cstdint>
#include <utility>

#include "akin/data/readers/utf8.h"

namespace akin {
namespace {

constexpr int kDeepest = 200;
constexpr std::uint32_t kReplacement = 0xFFFD;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f'; }
bool is_word(char c) { return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
/// True for a byte of a string's content that means itself, in Python and in JSON.
bool is_plain(char c) { return c != '\'' && c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20; }
bool is_high_surrogate(std::uint32_t code) { return code >= 0xD800 && code < 0xDC00; }
bool is_low_surrogate(std::uint32_t code) { return code >= 0xDC00 && code < 0xE000; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Recursive descent over the text. Every parse function returns false where the text is not a literal; what
/// `out_` holds then is of no use.
class Converter {
 public:
  explicit Converter(std::string_view text) : text_(text) {
    out_.reserve(text.size() + text.size() / 8 + 128);
  }

  std::optional<std::string> run() {
    if (!value(0)) return std::nullopt;
    skip_space();
    if (at_ != text_.size()) return std::nullopt;
    return std::move(out_);
  }

 private:
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  void skip_space() {
    while (!at_end() && is_space(text_[at_])) ++at_;
  }
  bool take(char c) {
    if (peek() != c || at_end()) return false;
    ++at_;
    return true;
  }

  bool value(int depth) {
    skip_space();
    if (at_end() || depth > kDeepest) return false;
    const char c = peek();
    if (c == '{') return dict(depth);
    if (c == '[') return sequence(']', depth);
    if (c == '(') return sequence(')', depth);
    if (c == '\'' || c == '"') return string(Prefix::kNone);
    if (is_digit(c) || c == '-') return number();
    return word();
  }

  bool dict(int depth) {
    ++at_;
    out_ += '{';
    for (bool first = true;; first = false) {
      skip_space();
      if (take('}')) break;  // also after a trailing comma
      if (!first) out_ += ',';
      if (!key()) return false;
      skip_space();
      if (!take(':')) return false;
      out_ += ':';
      if (!value(depth + 1)) return false;
      skip_space();
      if (!take(',') && peek() != '}') return false;
    }
    out_ += '}';
    return true;
  }

  /// Keys of JSON are strings, so that the number 5 becomes "5".
  bool key() {
    if (peek() == '\'' || peek() == '"') return string(Prefix::kNone);
    const std::size_t start = out_.size();
    if (!is_digit(peek()) && peek() != '-') return word() && out_[start] == '"';
    out_ += '"';
    if (!number()) return false;
    out_ += '"';
    return true;
  }

  bool sequence(char close, int depth) {
    ++at_;
    out_ += '[';
    for (bool first = true;; first = false) {
      skip_space();
      if (take(close)) break;
      if (!first) out_ += ',';
      if (!value(depth + 1)) return false;
      skip_space();
      if (!take(',') && peek() != close) return false;
    }
    out_ += ']';
    return true;
  }

  /// Copied as it stands, without the L of Python 2's long integers. Odd forms (leading zeros) are left to
  /// the JSON parser.
  bool number() {
    const std::size_t start = at_;
    if (take('-') && !is_digit(peek())) return word();  // -Infinity
    while (!at_end() &&
           (is_digit(peek()) || peek() == '.' || peek() == 'e' || peek() == 'E' || is_exponent_sign()))
      ++at_;
    out_ += text_.substr(start, at_ - start);
    if (!take('L')) take('l');
    return at_end() || !is_word(peek());
  }
  bool is_exponent_sign() const {
    return (text_[at_] == '+' || text_[at_] == '-') && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E');
  }

  /// A constant, or the prefix of a string.
  bool word() {
    const std::size_t start = at_;
    while (!at_end() && is_word(peek())) ++at_;
    const std::string_view name = text_.substr(start, at_ - start);
    if (peek() == '\'' || peek() == '"') {
      if (name == "u" || name == "U") return string(Prefix::kUnicode);
      return (name == "b" || name == "B") && string(Prefix::kNone);
    }
    if (name == "True" || name == "true") {
      out_ += "true";
    } else if (name == "False" || name == "false") {
      out_ += "false";
    } else if (name == "None" || name == "null" || name == "NaN" || name == "Infinity" || name == "nan" ||
               name == "inf") {
      out_ += "null";
    } else {
      return false;
    }
    return true;
  }

  enum class Prefix { kNone, kUnicode };

  bool string(Prefix prefix) {
    const char quote = text_[at_++];
    out_ += '"';
    while (!at_end()) {
      const std::size_t run = at_;
      while (!at_end() && is_plain(text_[at_])) ++at_;
      out_ += text_.substr(run, at_ - run);
      if (at_end()) return false;
      const char c = text_[at_++];
      if (c == quote) {
        out_ += '"';
        return true;
      }
      if (c != '\\') {
        append(c);
      } else if (!escape(prefix)) {
        return false;
      }
    }
    return false;
  }

  bool escape(Prefix prefix) {
    if (at_end()) return false;
    const char c = text_[at_++];
    if (c == 'x') return hex_byte(prefix);
    if (c == 'u') return unicode(4);
    if (c == 'U') return unicode(8);
    constexpr std::string_view kLetters = "abfnrtv\\'\"/", kMeaning = "\a\b\f\n\r\t\v\\'\"/";
    if (const std::size_t which = kLetters.find(c); which != kLetters.npos) {
      append(kMeaning[which]);
      return true;
    }
    if (c >= '0' && c <= '7') {
      std::uint32_t code = static_cast<std::uint32_t>(c - '0');
      for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i) code = code * 8 + (text_[at_++] - '0');
      append_code(code);
      return true;
    }
    out_ += "\\\\";
    append(c);
    return true;
  }

  /// The value of `digits` hexadecimal digits, which are consumed.
  std::optional<std::uint32_t> hex(int digits) {
    if (text_.size() - at_ < static_cast<std::size_t>(digits)) return std::nullopt;
    std::uint32_t code = 0;
    for (int i = 0; i < digits; ++i) {
      const int digit = hex_value(text_[at_ + i]);
      if (digit < 0) return std::nullopt;
      code = code * 16 + static_cast<std::uint32_t>(digit);
    }
    at_ += static_cast<std::size_t>(digits);
    return code;
  }

  bool hex_byte(Prefix prefix) {
    const auto first = hex(2);
    if (!first) return false;
    if (prefix == Prefix::kUnicode || !utf8_run(*first)) append_code(*first);
    return true;
  }

  /// If \x`lead` and the \xNN behind it spell one well-formed UTF-8 sequence, consumes them and appends its
  /// code point.
  bool utf8_run(std::uint32_t lead) {
    const int tail = lead >= 0xC2 && lead < 0xE0   ? 1
                     : lead >= 0xE0 && lead < 0xF0 ? 2
                     : lead >= 0xF0 && lead < 0xF5 ? 3
                                                   : 0;
    if (tail == 0) return false;
    const std::size_t start = at_;
    std::uint32_t code = lead & (0x3Fu >> tail);
    for (int i = 0; i < tail; ++i) {
      const auto next = take('\\') && take('x') ? hex(2) : std::nullopt;
      if (!next || (*next & 0xC0) != 0x80) {
        at_ = start;
        return false;
      }
      code = code << 6 | (*next & 0x3F);
    }
    constexpr std::uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
    if (code < kSmallest[tail] || code > 0x10FFFF || is_high_surrogate(code) || is_low_surrogate(code)) {
      at_ = start;
      return false;
    }
    append_code(code);
    return true;
  }

  bool unicode(int digits) {
    const auto code = hex(digits);
    if (!code || *code > 0x10FFFF) return false;
    if (is_high_surrogate(*code) && text_.substr(at_, 2) == "\\u") {
      const std::size_t start = at_;
      at_ += 2;
      const auto low = hex(4);
      if (low && is_low_surrogate(*low)) {
        append_code(0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00));
        return true;
      }
      at_ = start;
    }
    append_code(is_high_surrogate(*code) || is_low_surrogate(*code) ? kReplacement : *code);
    return true;
  }

  /// One byte of a string's content.
  void append(char c) {
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr char kHex[] = "0123456789abcdef";
      out_ += c < 0x10 ? "\\u000" : "\\u001";
      out_ += kHex[c & 15];
    } else {
      out_ += c;
    }
  }

  void append_code(std::uint32_t code) {
    if (code < 0x80) return append(static_cast<char>(code));
    append_utf8(out_, code);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::optional<std::string> python_literal_to_json(std::string_view text) { return Converter(text).run(); }

}  // namespace akin
