// Files of words with how often they occur.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "akin/data/text/corpus.h"

namespace akin {

struct CountedWord {
  std::string word;
  std::uint64_t count = 0;
  friend bool operator==(const CountedWord&, const CountedWord&) = default;
};

/// The words that occur in the corpus, most frequent first, ties in the order of their bytes.
std::vector<CountedWord> count_words(const TextCorpus& corpus);

/// A word, a tab and its count on each line; any bytes may stand in a word (see escaped_field()).
/// Throws Error(kIo).
void write_vocabulary(const std::vector<CountedWord>& words, const std::string& path);
/// Reads it back. A line without a tab is a word without count (0). Throws Error(kBadData) with file:line for
/// a count that is not a number, an empty or repeated word, and for a file without words.
std::vector<CountedWord> read_vocabulary(const std::string& path);

/// What keep_vocabulary() removed.
struct RemovedWords {
  std::uint64_t tokens = 0;
  std::uint64_t words = 0;
};
/// Takes all tokens out of the corpus that are not in `vocabulary`.
RemovedWords keep_vocabulary(TextCorpus& corpus, const std::vector<CountedWord>& vocabulary);

}  // namespace akin
