#include "akin/models/word2vec/window_trainer.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/alias_table.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/word2vec/sgns_kernel.h"

namespace akin {
namespace {

constexpr std::size_t kTokensPerChunk = 1 << 19;
constexpr std::size_t kPositionsPerRate = 10'000;  // between changes of the learning rate
constexpr std::size_t kAhead = 8;       // positions between asking for a word's rows and using them
constexpr std::size_t kLossEvery = 16;  // positions whose loss is computed, as a sample

enum Stream : std::uint64_t { kNoise = 11 };

/// Outputs with labels that meet one hidden vector, a few at a time, each time the vector as it came.
class LogisticStep {
 public:
  /// `h` and `error` hold `cols` floats, padded with zeros to a multiple of 16 and 64-byte aligned.
  LogisticStep(Matrix& scratch, std::span<const float> h, float learning_rate, std::span<float> error)
      : scratch_(scratch), h_(h), alpha_(learning_rate), error_(error) {
    batch_.n_inputs = 1;
    batch_.inputs[0] = scratch.row(0);
    batch_.input_weights[0] = 1;
  }
  void add(float* row, float label) {
    for (std::size_t k = 0; k < batch_.n_outputs; ++k) {
      if (batch_.outputs[k] == row) flush();  // a row may be in a step once
    }
    if (batch_.n_outputs == kSgnsOutputs) flush();
    batch_.outputs[batch_.n_outputs] = row;
    batch_.labels[batch_.n_outputs] = label;
    batch_.output_weights[batch_.n_outputs++] = 1;
  }
  void flush() {
    if (batch_.n_outputs == 0) return;
    std::ranges::copy(h_, scratch_.row(0));
    if (measured) loss += sgns_loss(batch_, h_.size());
    sgns_step(batch_, h_.size(), alpha_);
    const float* const moved = scratch_.row(0);
    for (std::size_t c = 0; c < h_.size(); ++c) error_[c] += moved[c] - h_[c];
    batch_.n_outputs = 0;
  }
  bool measured = false;
  double loss = 0;

 private:
  Matrix& scratch_;
  std::span<const float> h_;
  float alpha_;
  std::span<float> error_;
  SgnsBatch batch_;
};

class WindowTrainer {
 public:
  WindowTrainer(const Corpus& corpus, const Word2VecOptions& options, const FitContext& context,
                Word2VecVectors& vectors)
      : corpus_(corpus),
        options_(options),
        context_(context),
        vectors_(vectors),
        windows_(corpus, options.windows),
        scratch_(3, options.factors) {
    if (options.negatives > 0) {
      std::vector<double> weights;
      for (const std::uint64_t count : corpus.counts)
        weights.push_back(std::pow(static_cast<double>(count), options.negatives_power));
      sampler_.emplace(weights);
    }
    if (!options.hierarchical) return;
    tree_.emplace(corpus.counts);
    if (vectors.nodes.empty() && corpus.counts.size() > 1)
      vectors.nodes = Matrix(corpus.counts.size() - 1, options.factors);
  }

  double run_epoch(std::size_t epoch) {
    loss_ = 0;
    measured_ = 0;
    for (std::size_t begin = 0; begin < corpus_.sequences();) {
      const std::size_t end = corpus_.stretch_end(begin, kTokensPerChunk);
      windows_.fill(epoch, begin, end, context_);
      train_chunk(epoch, begin, end);
      begin = end;
    }
    return mean_loss();
  }

 private:
  void train_chunk(std::size_t epoch, std::size_t begin, std::size_t end);
  void train_position(std::size_t position, float learning_rate, Rng& rng);
  void train_pairs(idx_t output, float learning_rate, Rng& rng);
  void step(std::span<const float> h, idx_t output, float learning_rate, Rng& rng);
  double mean_loss() const { return loss_ / std::max<double>(1, static_cast<double>(measured_)); }

  const Corpus& corpus_;
  const Word2VecOptions& options_;
  const FitContext& context_;
  Word2VecVectors& vectors_;
  Windows windows_;
  Matrix scratch_;  // a slice's hidden vector, the position's, what it should move by
  std::optional<AliasTable> sampler_;
  std::optional<HuffmanTree> tree_;
  std::vector<idx_t> inputs_;
  std::vector<idx_t> negatives_ahead_;  // what the next pairs meet, on its way to the cache
  double loss_ = 0;
  std::size_t measured_ = 0;
  std::size_t steps_ = 0;
};

void WindowTrainer::train_chunk(std::size_t epoch, std::size_t begin, std::size_t end) {
  const std::size_t total = corpus_.tokens.size() * options_.epochs;
  const std::size_t before = epoch * corpus_.tokens.size() + corpus_.offsets[begin];
  const double tokens = static_cast<double>(corpus_.offsets[end] - corpus_.offsets[begin]);
  const std::size_t positions = windows_.positions();
  Rng rng(Rng::mix(context_.seed + kNoise), before);
  if (sampler_) {
    negatives_ahead_.clear();
    while (negatives_ahead_.size() < options_.negatives) negatives_ahead_.push_back(sampler_->draw(rng));
  }
  for (std::size_t first = 0; first < positions; first += kPositionsPerRate) {
    context_.check_stop();
    const double done = tokens * static_cast<double>(first) / static_cast<double>(positions);
    const float rate =
        learning_rate(options_, static_cast<double>(before) + done, static_cast<double>(total));
    const std::size_t last = std::min(positions, first + kPositionsPerRate);
    for (std::size_t p = first; p < last; ++p) {
      if (p + kAhead < positions) {
        prefetch_row(vectors_.input.row(windows_.token(p + kAhead)), options_.factors);
        prefetch_row(vectors_.output.row(windows_.token(p + kAhead)), options_.factors);
      }
      train_position(p, rate, rng);
    }
    context_.report({.phase = "training",
                     .done = before + static_cast<std::size_t>(done),
                     .total = total,
                     .unit = "words",
                     .loss = mean_loss()});
  }
}

void WindowTrainer::train_position(std::size_t position, float learning_rate, Rng& rng) {
  inputs_.clear();
  if (const idx_t document = windows_.document(position); document != kNoToken) inputs_.push_back(document);
  if (!options_.windows.documents_only)
    windows_.context(position, [&](std::size_t p) { inputs_.push_back(windows_.token(p)); });
  if (inputs_.empty()) return;
  const idx_t output = windows_.token(position);
  const std::size_t cols = options_.factors;
  const std::span<float> error = scratch_[2];
  if (options_.skip_gram && sampler_ && !tree_) {
    train_pairs(output, learning_rate, rng);
    return;
  }
  if (options_.skip_gram) {
    for (const idx_t input : inputs_) {
      std::ranges::fill(error, 0.0f);
      step(vectors_.input[input], output, learning_rate, rng);
      axpy(1, error.data(), vectors_.input.row(input), cols);
    }
    return;
  }
  const std::span<float> h = scratch_[1];
  const float share = 1 / static_cast<float>(inputs_.size());
  std::ranges::fill(h, 0.0f);
  std::ranges::fill(error, 0.0f);
  for (const idx_t input : inputs_)
    axpy(options_.mean ? share : 1, vectors_.input.row(input), h.data(), cols);
  step(h, output, learning_rate, rng);
  for (const idx_t input : inputs_)
    axpy(options_.mean ? 1 : share, error.data(), vectors_.input.row(input), cols);
}

/// The inputs at hand, shared_negatives at a time.
void WindowTrainer::train_pairs(idx_t output, float learning_rate, Rng& rng) {
  const std::size_t cols = options_.factors;
  for (std::size_t begin = 0; begin < inputs_.size(); begin += options_.shared_negatives) {
    SgnsBatch batch;
    const std::size_t end = std::min(begin + options_.shared_negatives, inputs_.size());
    for (std::size_t k = begin; k < end; ++k) batch.add_input(vectors_.input.row(inputs_[k]), 1);
    batch.add_output(vectors_.output.row(output), 1);
    const bool measured = steps_++ % kLossEvery == 0;
    const auto take_step = [&] {
      if (measured) loss_ += sgns_loss(batch, cols);
      sgns_step(batch, cols, learning_rate);
      batch.n_outputs = 0;
    };
    for (std::size_t k = 0; k < options_.negatives; ++k) {
      const idx_t negatives = std::exchange(negatives_ahead_[k], sampler_->draw(rng));
      prefetch_row(vectors_.output.row(negatives_ahead_[k]), cols);
      if (negatives == output) continue;
      if (batch.n_outputs == kSgnsOutputs) take_step();
      batch.add_output(vectors_.output.row(negatives), 0);
    }
    take_step();
    measured_ += measured ? end - begin : 0;
  }
}

void WindowTrainer::step(std::span<const float> h, idx_t output, float learning_rate, Rng& rng) {
  const std::span<float> error = scratch_[2];
  const bool measured = steps_++ % kLossEvery == 0;
  measured_ += measured ? 1 : 0;
  if (sampler_) {
    LogisticStep logistic(scratch_, h, learning_rate, error);
    logistic.measured = measured;
    logistic.add(vectors_.output.row(output), 1);
    for (std::size_t k = 0; k < options_.negatives; ++k) {
      const idx_t negatives = sampler_->draw(rng);
      if (negatives != output) logistic.add(vectors_.output.row(negatives), 0);
    }
    logistic.flush();
    loss_ += logistic.loss;
  }
  if (tree_) {
    const double loss = huffman_step(h, tree_->path(output), learning_rate, vectors_.nodes, error);
    loss_ += measured ? loss : 0;
  }
  if (!sampler_ && !tree_) {
    const double loss = softmax_step(h, output, learning_rate, vectors_.output, error);
    loss_ += measured ? loss : 0;
  }
}

}  // namespace

double softmax_step(std::span<const float> h, idx_t output, float learning_rate, Matrix& outputs,
                    std::span<float> error) {
  const std::size_t n = outputs.rows(), cols = outputs.cols();
  std::vector<float> p(n);
  for (std::size_t j = 0; j < n; ++j) p[j] = dot(h.data(), outputs.row(j), cols);
  const float largest = *std::ranges::max_element(p), score = p[output];
  double sum = 0;
  for (float& x : p) {
    x = std::exp(x - largest);
    sum += x;
  }
  for (std::size_t j = 0; j < n; ++j) {
    const float g = learning_rate * ((j == output ? 1.0f : 0.0f) - static_cast<float>(p[j] / sum));
    axpy(g, outputs.row(j), error.data(), cols);
    axpy(g, h.data(), outputs.row(j), cols);
  }
  return std::log(sum) + largest - score;
}

double huffman_step(std::span<const float> h, std::span<const HuffmanTree::Step> path, float learning_rate,
                    Matrix& nodes, std::span<float> error) {
  double loss = 0;
  for (const HuffmanTree::Step step : path) {
    float* const node = nodes.row(step.node);
    const float x = dot(h.data(), node, h.size()), y = step.right ? 0.0f : 1.0f;
    const float probability = 1 / (1 + std::exp(-std::clamp(x, -30.0f, 30.0f)));
    const float g = learning_rate * (y - probability);
    loss -= std::log(std::max(step.right ? 1 - probability : probability, 1e-13f));
    axpy(g, node, error.data(), h.size());
    axpy(g, h.data(), node, h.size());
  }
  return loss;
}

void train_windows(const Corpus& corpus, const Word2VecOptions& options, const FitContext& context,
                   Word2VecVectors& vectors, const Word2VecSnapshot& snapshot) {
  WindowTrainer trainer(corpus, options, context, vectors);
  run_epochs(options, context, vectors, snapshot,
             [&](std::size_t epoch) { return trainer.run_epoch(epoch); });
}

}  // namespace akin
