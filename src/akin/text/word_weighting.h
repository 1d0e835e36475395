// How words make the vector of a text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/dataset.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// How much a word counts in its text.
enum class WordWeighting {
  kMean,   ///< all the same
  kTfidf,  ///< ln((1 + n) / (1 + n_w)) + 1, of n documents n_w with the word
  /// a / (a + p_w), a = 1e-3, p_w = share of all tokens; then the common direction of all texts is removed
  kSif,
};
/// "mean", "tfidf" or "sif". Throws Error(kUsage).
WordWeighting parse_word_weighting(std::string_view name);

/// How often words occur, by the row of their vectors.
struct WordFrequencies {
  std::vector<std::uint64_t> tokens;     ///< by word
  std::vector<std::uint64_t> documents;  ///< by word: in how many of them it occurs
  std::uint64_t all_tokens = 0;
  std::uint64_t all_documents = 0;
};
/// Of a data set whose users are documents and whose items are the words; events sorted by user.
WordFrequencies word_frequencies(std::span<const Event> events, std::size_t n_items);

/// The weight of each word. `frequencies` are not looked at for kMean, but for their size.
std::vector<float> word_weights(WordWeighting weighting, const WordFrequencies& frequencies);

/// The first singular vector of the rows, empty if they are all zero (Arora, Liang & Ma, "A simple but
/// tough-to-beat baseline for sentence embeddings", ICLR 2017). Throws Error(kCancelled).
std::vector<float> common_direction(const Matrix& vectors, const Context& context);
/// x - u u^T x for each row x; nothing for an empty u.
void remove_direction(std::span<const float> direction, Matrix& vectors);

/// Words with their vectors, and how often a model has seen them.
struct WordVectors {
  IdMap ids;
  Matrix vectors;
  std::optional<WordFrequencies> frequencies = {};  ///< of a bundle's training events
};

}  // namespace akin
