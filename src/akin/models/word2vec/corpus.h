// Sequences of tokens: what the word2vec family learns from.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "akin/linalg/csr.h"

namespace akin {

/// A token that is none.
inline constexpr idx_t kNoToken = 0xFFFFFFFF;

/// Token sequences: sequence s is tokens[offsets[s] .. offsets[s + 1]). Tokens are numbered by falling count.
/// Two things may hang on them:
///  * side tokens, such as an item's brand, numbered after the tokens: side[token * n_fields + f] has the
///    choices of field f, of which each occurrence of the token draws one;
///  * documents, such as the user of a sequence: document[s] in 0 .. n_documents, with n_documents = 0 if the
///    sequences belong to none.
struct Corpus {
  std::vector<std::uint64_t> counts;  ///< occurrences of each token, none zero
  std::vector<std::uint64_t> offsets = {0};
  std::vector<idx_t> tokens;
  /// Of each token's occurrence: the number of its bag, rising within a sequence, if the corpus has bags.
  std::vector<std::uint32_t> bags;

  std::size_t n_fields = 0;
  std::vector<std::vector<idx_t>> side;
  /// Occurrences of each side token, one draw per field and occurrence.
  std::vector<std::uint64_t> side_counts;

  std::size_t n_documents = 0;
  std::vector<idx_t> document;

  std::size_t sequences() const { return offsets.size() - 1; }
  /// Sequences begin .. stretch_end() have up to max_tokens tokens, or are one.
  std::size_t stretch_end(std::size_t begin, std::uint64_t max_tokens) const {
    const auto after = std::upper_bound(offsets.begin(), offsets.end(), offsets[begin] + max_tokens);
    return std::max(begin + 1, static_cast<std::size_t>(after - offsets.begin()) - 1);
  }
  /// Rows that are predicted: tokens, then side tokens.
  std::size_t n_outputs() const { return counts.size() + side_counts.size(); }
  /// Rows that predict: the same, then documents.
  std::size_t n_inputs() const { return n_outputs() + n_documents; }
};

}  // namespace akin
