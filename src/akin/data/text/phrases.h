// Words that belong together, such as "new york".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/text/corpus.h"

namespace akin {

/// Two words that a pass joins to first_second.
struct Phrase {
  int pass = 1;  ///< from 1; a word of a later pass may be a phrase of those before it
  std::string first, second;
  double score = 0;
  friend bool operator==(const Phrase&, const Phrase&) = default;
};

struct PhraseOptions {
  int passes = 1;               ///< each may join what the one before has joined
  double threshold = 100;       ///< pairs with a higher score are joined
  std::uint64_t min_count = 5;  ///< delta; rarer words are never part of a phrase
};

/// Finds the phrases of the corpus and joins them by `_` in it: two neighbors a, b of a sentence with
///
///   score(a, b) = N (count(a b) - delta) / (count(a) count(b)) > threshold
///
/// (Mikolov, Sutskever, Chen, Corrado & Dean, "Distributed representations of words and phrases and their
/// compositionality", NIPS 2013, equation 6, times the number N of tokens, as in their program word2phrase),
/// delta = min_count. Counts are exact and are counted again in each pass. Of overlapping pairs the left one is
/// joined. Returns the phrases, by pass, highest scores first. Throws Error(kUsage) for options out of range,
/// Error(kCancelled). Cost: O(tokens) per pass; memory: 24 to 72 bytes per different pair of frequent words.
std::vector<Phrase> find_phrases(TextCorpus& corpus, const PhraseOptions& options, const Context& context);

/// Joins phrases that are known, as find_phrases() did when it found them.
void join_phrases(TextCorpus& corpus, const std::vector<Phrase>& phrases);

/// A phrase a line: first, second, score and pass, separated by tabs; any bytes may stand in a word (see
/// escaped_field()). Throws Error(kIo).
void write_phrases(const std::vector<Phrase>& phrases, const std::string& path);
/// Reads it back; score and pass may be left out (0 and 1). Throws Error(kBadData) with file:line.
std::vector<Phrase> read_phrases(const std::string& path);

}  // namespace akin
