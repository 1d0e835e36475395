#include "akin/models/word2vec/word2vec_training.h"

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/word2vec/sgns.h"
#include "akin/models/word2vec/window_trainer.h"

namespace akin {
namespace {

constexpr std::uint64_t kInit = 1;  // the trainers' streams of random numbers have other numbers

}  // namespace

Word2VecVectors initial_vectors(const Corpus& corpus, std::size_t size, std::uint64_t seed) {
  Word2VecVectors vectors = {Matrix(corpus.n_inputs(), size), Matrix(corpus.n_outputs(), size), {}};
  for (std::size_t i = 0; i < vectors.input.rows(); ++i) {
    Rng rng(Rng::mix(seed + kInit), Rng::mix(i));
    for (float& x : vectors.input[i]) x = (2 * rng.uniform_float() - 1) / static_cast<float>(size);
  }
  return vectors;
}

float learning_rate(const Word2VecOptions& options, double done, double total) {
  return static_cast<float>(options.learning_rate -
                            (options.learning_rate - options.min_learning_rate) * done / total);
}

std::unique_ptr<Model> train_word2vec(const Corpus& corpus, const Word2VecOptions& options,
                                      const FitContext& context, Word2VecVectors& vectors,
                                      const Word2VecSnapshot& snapshot) {
  const bool pairs = options.skip_gram && !options.in_order && !options.hierarchical && options.negatives > 0;
  if (!pairs && !context.ranks().alone()) {
    fail(ErrorCode::kUsage,
         "{} processes train skip-gram with negative sampling only; CBOW, PV-DM, softmaxes and in_order need "
         "one: "
         "start it without mpirun",
         context.ranks().size());
  }
  (pairs ? train_sgns : train_windows)(corpus, options, context, vectors, snapshot);
  return snapshot(vectors);
}

void run_epochs(const Word2VecOptions& options, const FitContext& context, Word2VecVectors& vectors,
                const Word2VecSnapshot& snapshot, const std::function<double(std::size_t epoch)>& run) {
  FitState state;
  state.add("input", vectors.input);
  state.add("output", vectors.output);
  if (!vectors.nodes.empty()) state.add("nodes", vectors.nodes);
  const auto run_checked = [&](int epoch) {
    const double loss = run(static_cast<std::size_t>(epoch));
    if (!all_finite(vectors.input) || !all_finite(vectors.output) || !all_finite(vectors.nodes))
      fail(ErrorCode::kBadData, "training diverged; lower learning_rate (now {})", options.learning_rate);
    return loss;
  };
  run_epochs({.total = static_cast<int>(options.epochs),
              .run = run_checked,
              .snapshot = [&] { return snapshot(vectors); }},
             std::move(state), context);
}

}  // namespace akin
