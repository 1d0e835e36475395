// Texts as the words that a model of texts counts.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/param.h"
#include "akin/data/text/tokenizer.h"

namespace akin {

class TensorReader;  // base/safetensors.h
class TensorWriter;

/// How texts become words.
struct WordOptions {
  std::string tokens = "words";  ///< words or space, as parse_token_kind()
  bool lowercase = true;
  bool markup = true;  ///< HTML tags become blanks, character references (&amp;) what they stand for
  std::string stop_words = "none";  ///< none or english
  std::string stem = "none";        ///< none or a language of Snowball, such as english

  void add_params(std::vector<Param>& params);
  void save(TensorWriter& writer, const std::string& prefix) const;
  /// Throws Error(kBadData).
  static WordOptions load(const TensorReader& reader, const std::string& prefix);
};

/// Whether a text has something that plain_text() changes.
bool has_html(std::string_view text);
/// The text without tags (a "<", then a letter, "/" or "!", up to the next ">"), which become blanks, and with its
/// character references decoded.
std::string plain_text(std::string_view text);

/// Splits texts into words as the options say. Not safe from several threads at once.
class TextWords {
 public:
  /// Throws Error(kUsage) for wrong options.
  explicit TextWords(const WordOptions& options);
  ~TextWords();
  TextWords(TextWords&&) noexcept;

  /// The words, valid until the next call.
  std::span<const std::string_view> operator()(std::string_view text);
  /// The same words as they stand in the text, in upper and lower case and not stemmed; valid until the next call.
  std::span<const std::string_view> surfaces(std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace akin
