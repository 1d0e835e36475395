// Unicode as BERT's tokenizer sees it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace akin {

struct WordPieceOptions;  // text/word_piece.h

/// A text cut into words: word w ends at byte ends[w] of `bytes` and begins where the one before ends.
struct BertWords {
  std::string bytes;
  std::vector<std::size_t> ends;
  void clear() {
    bytes.clear();
    ends.clear();
  }
};

/// Reads texts with characters beyond ASCII through ICU. Not safe from several threads at once.
class BertLetters {
 public:
  explicit BertLetters(const WordPieceOptions& options) : options_(options) {}
  /// Adds the words of `text`, normalized. Throws Error(kIo) if ICU's data cannot be loaded.
  void add_words(std::string_view text, BertWords& words);

 private:
  void decode(std::string_view text);
  void strip_accents();

  const WordPieceOptions& options_;
  std::u16string units_, decomposed_;
};

}  // namespace akin
