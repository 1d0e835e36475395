// What the word2vec family trains and how, whichever trainer does it.
#pragma once

#include <functional>
#include <memory>

#include "akin/linalg/matrix.h"
#include "akin/models/fit/context.h"
#include "akin/models/model.h"
#include "akin/models/word2vec/corpus.h"
#include "akin/models/word2vec/windows.h"

namespace akin {

/// How the word2vec family learns; the defaults are word2vec's.
struct Word2VecOptions {
  WindowOptions windows;
  std::size_t factors = 100;
  std::size_t epochs = 5;
  bool skip_gram = true;      ///< else CBOW
  bool mean = true;           ///< CBOW: the context's mean predicts, else its sum
  bool hierarchical = false;  ///< hierarchical softmax, beside negative sampling if that is on
  bool in_order = false;      ///< skip-gram in the order of the text, by train_windows()
  std::size_t negatives = 5;  ///< 0 and not hierarchical = full softmax
  /// Skip-gram: inputs of an output that meet the same negatives, 1 .. kSgnsInputs.
  std::size_t shared_negatives = 8;
  double learning_rate = 0.025;
  double min_learning_rate = 0.0001;
  double negatives_power = 0.75;  ///< negatives are drawn in proportion to count^negatives_power
  float side_weight = 1;          ///< of pairs with a side token in them (the lambda of meta-prod2vec)
};

/// The two tables of vectors. Row i of `input` represents input i; sigma(input_i . output_j) is how likely j
/// is near i.
struct Word2VecVectors {
  Matrix input;   ///< (corpus.n_inputs(), size)
  Matrix output;  ///< (corpus.n_outputs(), size)
  Matrix nodes;   ///< (corpus.n_outputs() - 1, size): inner nodes of the Huffman tree; empty without one
};

/// Where word2vec begins: inputs uniform in (-1, 1) / size, outputs zero.
Word2VecVectors initial_vectors(const Corpus& corpus, std::size_t size, std::uint64_t seed);

/// alpha after `done` of all tokens of all epochs: it falls linearly to min_learning_rate.
float learning_rate(const Word2VecOptions& options, double done, double total);

/// Makes the model of the vectors as they are.
using Word2VecSnapshot = std::function<std::unique_ptr<Model>(const Word2VecVectors&)>;

/// Trains `vectors` from where they are, with train_sgns() what it can train and with train_windows() the
/// rest, and returns the model of them. `snapshot` also makes the models that the context's observer looks
/// at. Throws Error(kCancelled), and Error(kBadData) if the vectors diverge.
///
/// Collective: all ranks have the whole corpus and the same vectors, before and after. Throws Error(kUsage) on several
/// ranks for what train_windows() trains.
std::unique_ptr<Model> train_word2vec(const Corpus& corpus, const Word2VecOptions& options,
                                      const FitContext& context, Word2VecVectors& vectors,
                                      const Word2VecSnapshot& snapshot);

/// Trains epoch by epoch, for the trainers: `run` trains one and returns its mean loss.
/// Errors as train_word2vec().
void run_epochs(const Word2VecOptions& options, const FitContext& context, Word2VecVectors& vectors,
                const Word2VecSnapshot& snapshot, const std::function<double(std::size_t epoch)>& run);

}  // namespace akin
