// Skip-gram with negative sampling over sequences of tokens.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "akin/base/context.h"
#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"
#include "akin/models/model.h"

namespace akin {

/// Token sequences: sequence s is tokens[offsets[s] .. offsets[s + 1]). Tokens are numbered by falling count.
struct Corpus {
  std::vector<std::uint64_t> counts;  ///< occurrences of each token, none zero
  std::vector<std::uint64_t> offsets = {0};
  std::vector<idx_t> tokens;
  std::size_t sequences() const { return offsets.size() - 1; }
};

struct SgnsOptions {
  std::size_t size = 100;
  std::size_t window = 3;
  std::size_t epochs = 20;
  std::size_t negative = 5;
  double alpha = 0.025;
  double min_alpha = 0.0001;
  double sample = 1e-3;       ///< tokens above this share of all are thinned out; 0 = none
  double ns_exponent = 0.75;  ///< negatives are drawn in proportion to count^ns_exponent
};

/// Rows = tokens. Row i of `input` represents token i; sigma(input_i . output_j) is how likely j is near i.
struct SgnsVectors {
  Matrix input;
  Matrix output;
};

/// Trains vectors as word2vec does (Mikolov et al. 2013): an occurrence of token w with share f_w of all is
/// kept with probability sqrt(t / f_w) + t / f_w (t = sample); each kept position draws a reach b from 1 ..
/// window and gives a pair (context, position) for each of its neighbours within b; each pair and `negative`
/// noise tokens make one sgns_step(); the learning rate falls linearly from alpha to min_alpha.
///
/// The same bits at any number of threads, with no lock and no race: tokens are dealt into B blocks, and the
/// pairs of a chunk of text are sorted into B x B buckets by the blocks of their input and output. In round r
/// bucket (i, (i + r) mod B) of each i is trained; these B buckets share no row, so they may run at once in
/// any order. Noise for a pair comes from the block of its output (as PyTorch-BigGraph does: Lerer et al.
/// 2019). Tokens are dealt anew each epoch, in strata of B tokens of like count, so blocks stay equally heavy
/// and each token meets all others as noise.
///
/// `offsets` should not cut sequences longer than a few thousand tokens: the pairs of at least one sequence
/// are held at a time. Cost: O(tokens x window x (negative + 1) x size) an epoch. Throws Error(kCancelled),
/// and Error(kBadData) if the vectors diverge.
///
/// `make_model` makes the model of the vectors, for the context's observer; without an observer it is not
/// needed.
SgnsVectors train_sgns(const Corpus& corpus, const SgnsOptions& options, const Context& context,
                       const std::function<std::unique_ptr<Model>(const SgnsVectors&)>& make_model = {});

}  // namespace akin
