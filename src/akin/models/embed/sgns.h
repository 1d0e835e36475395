// Skip-gram with negative sampling over sequences of tokens.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <span>

#include "akin/base/context.h"
#include "akin/linalg/matrix.h"
#include "akin/models/embed/corpus.h"
#include "akin/models/embed/windows.h"
#include "akin/models/model.h"

namespace akin {

/// How the word2vec family learns; the defaults are word2vec's.
struct EmbedOptions {
  WindowOptions windows;
  std::size_t size = 100;
  std::size_t epochs = 5;
  bool skip_gram = true;      ///< else CBOW
  bool mean = true;           ///< CBOW: the company's mean predicts, else its sum
  bool hierarchical = false;  ///< hierarchical softmax, beside negative sampling if that is on
  std::size_t negative = 5;   ///< 0 and not hierarchical = full softmax
  double alpha = 0.025;
  double min_alpha = 0.0001;
  double ns_exponent = 0.75;  ///< negatives are drawn in proportion to count^ns_exponent
  float side_weight = 1;      ///< of pairs with a side token in them (the lambda of meta-prod2vec)
};

/// The two tables of vectors. Row i of `input` represents input i; sigma(input_i . output_j) is how likely j
/// is near i.
struct EmbedVectors {
  Matrix input;   ///< (corpus.n_inputs(), size)
  Matrix output;  ///< (corpus.n_outputs(), size)
  Matrix nodes;   ///< (corpus.n_outputs() - 1, size): inner nodes of the Huffman tree; empty without one
};

/// True of the row of an item or document without a vector.
inline bool is_zero(std::span<const float> vector) {
  return std::ranges::all_of(vector, [](float x) { return x == 0; });
}

/// Where word2vec begins: inputs uniform in (-1, 1) / size, outputs zero.
EmbedVectors initial_vectors(const Corpus& corpus, std::size_t size, std::uint64_t seed);

/// alpha after `done` of all tokens of all epochs: it falls linearly to min_alpha.
float learning_rate(const EmbedOptions& options, double done, double total);

/// Makes the model of the vectors as they are, for a context's observer.
using EmbedSnapshot = std::function<std::unique_ptr<Model>(const EmbedVectors&)>;

/// Trains `vectors` as word2vec does (Mikolov et al. 2013): each position of Windows is an output, predicted
/// by each of its company; every pair also meets `negative` noise tokens. With side tokens each position also
/// has those it drew as outputs and, at its company, as inputs, and they predict the token beside them; with
/// documents its document is an input too.
///
/// The same bits at any number of threads, with no lock and no race: inputs and outputs are dealt into B
/// blocks each, and the pairs of a chunk of text are sorted into B x B buckets. In round r bucket (i, (i + r)
/// mod B) of each i is trained; these B buckets share no row, so they may run at once in any order. Noise
/// comes from the block of the output (as PyTorch-BigGraph does: Lerer et al. 2019). Rows are dealt anew each
/// epoch, in strata of B of like count, so blocks stay equally heavy and each token meets all others as
/// noise.
///
/// In a bucket up to 8 inputs of one output share its noise and make one sgns_step(), which turns most of the
/// arithmetic into products of small matrices (after Ji et al., "Parallelizing word2vec in shared and
/// distributed memory", 2016, who share within a window). The expected gradient of a pair is that of
/// word2vec.
///
/// Cost: O(tokens x window x (negative + 1) x size) an epoch; memory beyond the vectors: about 60 MB. Throws
/// Error(kCancelled), and Error(kBadData) if the vectors diverge.
void train_sgns(const Corpus& corpus, const EmbedOptions& options, const Context& context,
                EmbedVectors& vectors, const EmbedSnapshot& snapshot);

}  // namespace akin
