// Vectors of texts from the vectors of their words.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/data/text/corpus.h"
#include "akin/serve/vector_space.h"
#include "akin/text/word_weighting.h"

namespace akin {

/// The vectors of texts, and what was not known of them.
struct TextVectors {
  Matrix vectors;                          ///< (texts, dim); zeros for a text without a known word
  std::uint64_t tokens = 0;                ///< of all texts
  std::uint64_t unknown_tokens = 0;        ///< that have no vector
  std::vector<std::string> unknown_words;  ///< each once, most frequent first
  std::uint64_t empty = 0;                 ///< texts without a known word
};

/// A vector for each sentence s of `texts` from the vectors v_w of its tokens:
///
///   mean, tfidf:  v_s = sum_w f_w v_w / sum_w f_w,
///   sif:          v_s = 1/|s| sum_w f_w v_w,  then  v_s - u u^T v_s
///
/// with the weights f_w of `weighting` and, for sif and more than one text, the first singular vector u of
/// all v_s (Arora, Liang & Ma, "A simple but tough-to-beat baseline for sentence embeddings", ICLR 2017).
/// Words are looked for as VectorSpace::find_word() does; those without a vector are left out of the sums.
/// `vectors` are of the rows of `space`, as they are, not of length 1. `frequencies`, where given, are those
/// of the corpus that made the vectors, else they are counted in `texts`. Cost: tokens x dim, and texts x
/// dim^2 for sif. Throws Error(kCancelled). Same bits at any thread count.
struct TextEmbedOptions {
  WordWeighting weighting = WordWeighting::kMean;
  const WordFrequencies* frequencies = nullptr;
};
TextVectors embed_texts(const TextCorpus& texts, const VectorSpace& space, const Matrix& vectors,
                        const TextEmbedOptions& options, const Context& context);

}  // namespace akin
