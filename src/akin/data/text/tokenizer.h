// Text as words.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace akin {

/// What a token of a text is.
enum class TokenKind {
  kWords,  ///< words of any language, numbers included; punctuation and white space are left out
  kSpace,  ///< what stands between white space (ASCII), as word2vec reads text
};
/// "words" or "space". Throws Error(kUsage).
TokenKind parse_token_kind(std::string_view name);

/// `text` (UTF-8) in lower case by Unicode's rules, without those of a certain language.
std::string lower_case(std::string_view text);

/// Splits texts into tokens. Words are separated by Unicode's rules (UAX 29, word boundaries) as ICU has
/// them, with its dictionaries for languages without spaces; a word holds at least one letter, digit or
/// ideograph. Text in ASCII goes a fast path of its own to the same words, and each word that is none is
/// looked up in ICU once and kept. Memory: the longest text, and some MB of words kept.
class Tokenizer {
 public:
  explicit Tokenizer(TokenKind kind, bool lowercase = false);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  /// The tokens of `text`, valid UTF-8 (what is not becomes U+FFFD), in their order;
  /// valid until the next call.
  std::span<const std::string_view> operator()(std::string_view text);

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace akin
