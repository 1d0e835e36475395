// The tokens of BERT: words cut into pieces of a vocabulary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace akin {

/// How texts are read before they are cut, as the files of a model say.
struct WordPieceOptions {
  bool lower_case = true;
  bool strip_accents = true;       ///< canonical decomposition without marks (Mn)
  bool split_ideographs = true;    ///< each CJK ideograph is a word
  std::size_t most_letters = 100;  ///< longer words are unknown
  std::string unknown = "[UNK]", first = "[CLS]", last = "[SEP]";
  /// Texts that stand for themselves wherever they occur, beside the three above.
  std::vector<std::string> special = {"[PAD]", "[MASK]"};
};

/// WordPiece (Wu et al., "Google's neural machine translation system", 2016) with the words of BERT (Devlin et al.
/// 2019): controls are dropped, words end at white space and around punctuation, each is cut greedily into the longest
/// pieces, those inside a word written with ## before them; a word without such pieces is unknown. Ids are those
/// of the Python package tokenizers. Immutable; const calls are safe from many threads.
class WordPiece {
 public:
  /// Token i of `vocabulary` has the id i; of equal tokens the last counts. `where` is named in errors. Throws
  /// Error(kBadData) if the vocabulary is empty, or lacks the unknown, first or last token.
  WordPiece(std::vector<std::string> vocabulary, WordPieceOptions options, const std::string& where);
  ~WordPiece();
  WordPiece(WordPiece&&) noexcept;
  WordPiece& operator=(WordPiece&&) noexcept;

  /// The first token, those of `text` (UTF-8; other bytes are dropped), and the last one: at most `most` >= 2 ids, of
  /// a longer text its beginning.
  std::vector<std::uint32_t> encode(std::string_view text, std::size_t most) const;
  const std::vector<std::string>& vocabulary() const;
  const WordPieceOptions& options() const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace akin
