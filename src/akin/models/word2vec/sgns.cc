#include "akin/models/word2vec/sgns.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <span>
#include <vector>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/rng.h"
#include "akin/models/fit/alias_table.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/stripe_exchange.h"
#include "akin/models/word2vec/sgns_kernel.h"

namespace akin {
namespace {

constexpr std::size_t kMaxBlocks = 8;         // as many threads may share a round
constexpr std::size_t kTokensPerBlock = 128;  // fewer would make the negatives too much alike
// A chunk trains each pair of blocks once, so a fit needs many: with 10 in all the nearest neighbors of a
// text of 0.9 million words were 0.50 those of gensim, with 30 0.565, with 100 0.58, which is what gensim has
// with itself on its texts in another order. Larger chunks have more inputs to a group.
constexpr std::size_t kChunksPerFit = 64;
constexpr std::size_t kMinPairsPerChunk = 1 << 18, kMaxPairsPerChunk = 1 << 24;
constexpr std::size_t kAhead = 8;       // positions, or groups, between asking for memory and using it
constexpr std::size_t kLossEvery = 64;  // batches whose loss is computed, as a sample

// Streams of random numbers, so that no two uses share one.
enum Stream : std::uint64_t { kInputBlocks = 2, kOutputBlocks, kOrder };
Rng stream(std::uint64_t seed, Stream use, std::uint64_t a, std::uint64_t b = 0) {
  return Rng(Rng::mix(seed + use), Rng::mix(a) + b);
}

/// Up to shared_negatives inputs of one output: inputs[begin .. begin + count) of its bucket.
struct Group {
  idx_t output;
  std::uint32_t begin;
  std::uint32_t count;
};

/// The pairs of one block of inputs with one of outputs.
struct Bucket {
  std::unique_ptr<idx_t[]> inputs;  // room for `capacity`, the rest of it unwritten
  std::size_t capacity = 0, size = 0;
  std::vector<Group> groups;

  /// Makes room for `more`.
  void reserve(std::size_t more) {
    if (size + more <= capacity) return;
    capacity = std::max(2 * capacity, size + more);
    auto grown = std::make_unique_for_overwrite<idx_t[]>(capacity);
    std::copy_n(inputs.get(), size, grown.get());
    inputs = std::move(grown);
  }
};

struct Loss {
  double sum = 0;
  double weight = 0;
};

std::uint64_t tokens_per_chunk(const Corpus& corpus, const Word2VecOptions& options) {
  const std::size_t copies = 1 + corpus.n_fields;
  const std::size_t mean_length = corpus.tokens.size() / std::max<std::size_t>(1, corpus.sequences());
  const std::size_t pairs_per_token =
      (std::min({options.windows.window, mean_length, std::size_t{100}}) + 1) * copies * copies;
  const std::size_t pairs = corpus.tokens.size() * pairs_per_token * options.epochs;
  return std::clamp(pairs / kChunksPerFit, kMinPairsPerChunk, kMaxPairsPerChunk) / pairs_per_token;
}

class Trainer {
 public:
  Trainer(const Corpus& corpus, const Word2VecOptions& options, const FitContext& context,
          Word2VecVectors& vectors)
      : corpus_(corpus),
        options_(options),
        context_(context),
        vectors_(vectors),
        windows_(corpus, options.windows),
        n_blocks_(std::clamp<std::size_t>(corpus.n_outputs() / kTokensPerBlock, 1, kMaxBlocks)),
        own_(equal_share(n_blocks_, context.ranks().rank(), context.ranks().size())),
        output_owners_(stripe_owners(n_blocks_, context.ranks().size())),
        tokens_per_chunk_(tokens_per_chunk(corpus, options)),
        buckets_(n_blocks_ * n_blocks_) {
    for (const auto* counts : {&corpus.counts, &corpus.side_counts}) {
      for (const std::uint64_t count : *counts)
        negative_weight_.push_back(std::pow(static_cast<double>(count), options.negatives_power));
    }
    inputs_.add("input", vectors.input);
    outputs_.add("output", vectors.output);
  }

  /// One epoch over the corpus; returns the mean loss of its pairs.
  double run_epoch(std::size_t epoch) {
    assign_blocks(epoch);
    loss_ = {};
    for (std::size_t begin = 0; begin < corpus_.sequences();) {
      const std::size_t end = corpus_.stretch_end(begin, tokens_per_chunk_);
      windows_.fill(epoch, begin, end, context_);
      find_places();
      make_groups();
      train_chunk(epoch, begin, end);
      begin = end;
    }
    spread_stripes(context_.ranks(), stripes(block_inputs_), input_owners_, inputs_);
    spread_stripes(context_.ranks(), stripes(block_outputs_), output_owners_, outputs_);
    return mean_loss();
  }

 private:
  void assign_blocks(std::size_t epoch);
  std::vector<std::vector<idx_t>> assign(std::span<std::uint8_t> block_of, Rng rng) const;
  static Stripes stripes(const std::vector<std::vector<idx_t>>& blocks) {
    return {blocks.begin(), blocks.end()};
  }
  void move_inputs(std::size_t round);
  void find_places();
  void make_groups();
  template <typename Add>
  void inputs_of(idx_t output, std::size_t position, Add&& add) const;
  void make_groups_of(idx_t output, std::span<Bucket> buckets);
  void train_chunk(std::size_t epoch, std::size_t begin, std::size_t end);
  void prefetch(const Bucket& bucket, const Group& group) const;
  void add_inputs(const idx_t* inputs, std::size_t n, idx_t output, SgnsBatch& batch);
  Loss train_bucket(Bucket& bucket, std::size_t block, float learning_rate, Rng rng);
  double mean_loss() const { return loss_.sum / std::max(1.0, loss_.weight); }
  float weight_of(idx_t input, idx_t output) const {
    const bool side =
        output >= corpus_.counts.size() || (input >= corpus_.counts.size() && input < corpus_.n_outputs());
    return side ? options_.side_weight : 1;
  }

  const Corpus& corpus_;
  const Word2VecOptions& options_;
  const FitContext& context_;
  Word2VecVectors& vectors_;
  Windows windows_;
  const std::size_t n_blocks_;
  const Share own_;                       // blocks of outputs
  const std::vector<int> output_owners_;  // the rank of each block
  std::vector<int> input_owners_;         // where each block is now; empty = everywhere
  FitState inputs_, outputs_;
  const std::uint64_t tokens_per_chunk_;
  std::vector<double> negative_weight_;  // of each output
  std::vector<std::uint8_t> input_block_, output_block_;
  std::vector<std::vector<idx_t>> block_inputs_, block_outputs_;  // of each block
  std::vector<AliasTable> samplers_;         // of each block, over positions in block_outputs_
  std::vector<std::uint64_t> place_starts_;  // of each output in places_
  std::vector<std::uint32_t> places_;        // positions of the chunk where the output stands
  std::vector<Bucket> buckets_;              // [output block * n_blocks_ + input block]
  Loss loss_;
};

/// Each stratum of n_blocks_ rows puts one into every block. Returns the rows of each block.
std::vector<std::vector<idx_t>> Trainer::assign(std::span<std::uint8_t> block_of, Rng rng) const {
  std::vector<std::vector<idx_t>> blocks(n_blocks_);
  std::vector<std::uint8_t> order(n_blocks_);
  std::iota(order.begin(), order.end(), std::uint8_t{0});
  for (std::size_t i = 0; i < block_of.size(); ++i) {
    if (i % n_blocks_ == 0) rng.shuffle(std::span(order));
    block_of[i] = order[i % n_blocks_];
    blocks[block_of[i]].push_back(static_cast<idx_t>(i));
  }
  return blocks;
}

void Trainer::assign_blocks(std::size_t epoch) {
  input_block_.resize(corpus_.n_inputs());
  output_block_.resize(corpus_.n_outputs());
  block_inputs_ = assign(input_block_, stream(context_.seed, kInputBlocks, epoch));
  block_outputs_ = assign(output_block_, stream(context_.seed, kOutputBlocks, epoch));
  input_owners_.clear();
  samplers_.clear();
  std::vector<double> weights;
  for (const std::vector<idx_t>& outputs : block_outputs_) {
    weights.clear();
    for (const idx_t output : outputs) weights.push_back(negative_weight_[output]);
    samplers_.emplace_back(weights);
  }
}

/// Counting sort of the chunk's positions by what stands there.
void Trainer::find_places() {
  const auto outputs_of = [&](std::size_t position, auto&& visit) {
    visit(windows_.token(position));
    for (const idx_t side : windows_.side(position)) {
      if (side != kNoToken) visit(side);
    }
  };
  place_starts_.assign(corpus_.n_outputs() + 1, 0);
  for (std::size_t p = 0; p < windows_.positions(); ++p)
    outputs_of(p, [&](idx_t output) { ++place_starts_[output + 1]; });
  std::partial_sum(place_starts_.begin(), place_starts_.end(), place_starts_.begin());
  places_.resize(place_starts_.back());
  std::vector<std::uint64_t> next(place_starts_.begin(), place_starts_.end() - 1);
  for (std::size_t p = 0; p < windows_.positions(); ++p)
    outputs_of(p, [&](idx_t output) { places_[next[output]++] = static_cast<std::uint32_t>(p); });
}

/// Calls add(input) for what predicts `output` where it stands at `position`.
template <typename Add>
void Trainer::inputs_of(idx_t output, std::size_t position, Add&& add) const {
  const auto add_sides = [&](std::size_t p) {
    for (const idx_t side : windows_.side(p)) {
      if (side != kNoToken) add(side);
    }
  };
  if (const idx_t document = windows_.document(position); document != kNoToken) add(document);
  if (options_.windows.documents_only) return;
  windows_.context(position, [&](std::size_t p) {
    add(windows_.token(p));
    add_sides(p);
  });
  if (output < corpus_.counts.size()) add_sides(position);
}

/// Writes the inputs of `output` into its block's buckets, one for each block of inputs.
void Trainer::make_groups_of(idx_t output, std::span<Bucket> buckets) {
  const std::span<const std::uint32_t> positions(places_.data() + place_starts_[output],
                                                 place_starts_[output + 1] - place_starts_[output]);
  std::size_t bound = 0;
  for (const std::uint32_t position : positions) bound += windows_.context_bound(position) + 1;
  bound *= 1 + corpus_.n_fields;
  idx_t* ends[kMaxBlocks];
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    buckets[i].reserve(bound);
    ends[i] = buckets[i].inputs.get() + buckets[i].size;
  }
  const std::uint8_t* const block_of = input_block_.data();
  for (std::size_t p = 0; p < positions.size(); ++p) {
    if (p + kAhead < positions.size()) windows_.prefetch_context(positions[p + kAhead]);
    inputs_of(output, positions[p], [&](idx_t input) { *ends[block_of[input]]++ = input; });
  }
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    Bucket& bucket = buckets[i];
    const std::size_t begin = bucket.size;
    bucket.size = static_cast<std::size_t>(ends[i] - bucket.inputs.get());
    for (std::size_t b = begin; b < bucket.size; b += options_.shared_negatives) {
      const std::size_t count = std::min(options_.shared_negatives, bucket.size - b);
      bucket.groups.push_back({output, static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(count)});
    }
  }
}

void Trainer::make_groups() {
  parallel_for(
      own_.size(), context_.threads,
      [&](std::size_t first, std::size_t last, int) {
        for (std::size_t block = own_.begin + first; block < own_.begin + last; ++block) {
          const auto buckets = std::span(buckets_).subspan(block * n_blocks_, n_blocks_);
          for (Bucket& bucket : buckets) {
            bucket.size = 0;
            bucket.groups.clear();
          }
          for (const idx_t output : block_outputs_[block]) {
            if (place_starts_[output] < place_starts_[output + 1]) make_groups_of(output, buckets);
          }
        }
      },
      1);
}

/// Brings each block of inputs to the rank of the outputs that it meets in the round.
void Trainer::move_inputs(std::size_t round) {
  std::vector<int> wanted(n_blocks_);
  for (std::size_t i = 0; i < n_blocks_; ++i) wanted[i] = output_owners_[(i + round) % n_blocks_];
  if (!input_owners_.empty())
    move_stripes(context_.ranks(), stripes(block_inputs_), input_owners_, wanted, inputs_);
  input_owners_ = std::move(wanted);
}

void Trainer::train_chunk(std::size_t epoch, std::size_t begin, std::size_t end) {
  const std::size_t total = corpus_.tokens.size() * options_.epochs;
  const std::size_t before = epoch * corpus_.tokens.size() + corpus_.offsets[begin];
  const std::size_t tokens = corpus_.offsets[end] - corpus_.offsets[begin];
  std::vector<double> sums(n_blocks_ * n_blocks_, 0.0), weights(sums);  // by round, then block of inputs
  for (std::size_t round = 0; round < n_blocks_; ++round) {
    context_.check_stop();
    move_inputs(round);
    const double share = static_cast<double>(round) / static_cast<double>(n_blocks_);
    const float rate =
        learning_rate(options_, static_cast<double>(before) + static_cast<double>(tokens) * share,
                      static_cast<double>(total));
    parallel_for(
        own_.size(), context_.threads,
        [&](std::size_t first, std::size_t last, int) {
          for (std::size_t block = own_.begin + first; block < own_.begin + last; ++block) {
            const std::size_t i = (block + n_blocks_ - round) % n_blocks_;
            const std::size_t b = block * n_blocks_ + i;
            const Loss loss =
                train_bucket(buckets_[b], block, rate, stream(context_.seed, kOrder, before, b));
            sums[round * n_blocks_ + i] = loss.sum;
            weights[round * n_blocks_ + i] = loss.weight;
          }
        },
        1);
  }
  // Each bucket has its loss on one rank.
  add_over_ranks(context_.ranks(), std::span(sums));
  add_over_ranks(context_.ranks(), std::span(weights));
  loss_.sum = std::accumulate(sums.begin(), sums.end(), loss_.sum);
  loss_.weight = std::accumulate(weights.begin(), weights.end(), loss_.weight);
  context_.report(
      {.phase = "training", .done = before + tokens, .total = total, .unit = "words", .loss = mean_loss()});
}

void Trainer::prefetch(const Bucket& bucket, const Group& group) const {
  const std::size_t cols = vectors_.input.cols();
  prefetch_row(vectors_.output.row(group.output), cols);
  for (std::size_t p = group.begin; p < group.begin + group.count; ++p)
    prefetch_row(vectors_.input.row(bucket.inputs[p]), cols);
}

bool all_different(const idx_t* values, std::size_t n) {
  bool same = false;
  for (std::size_t a = 1; a < n; ++a) {
    for (std::size_t b = 0; b < a; ++b) same |= values[a] == values[b];
  }
  return !same;
}

/// Inputs that occur twice weigh twice.
void Trainer::add_inputs(const idx_t* inputs, std::size_t n, idx_t output, SgnsBatch& batch) {
  const bool plain = corpus_.n_fields == 0;
  if (plain && all_different(inputs, n)) {
    batch.n_inputs = n;
    for (std::size_t k = 0; k < n; ++k) {
      batch.inputs[k] = vectors_.input.row(inputs[k]);
      batch.input_weights[k] = 1;
    }
    return;
  }
  for (std::size_t k = 0; k < n; ++k)
    batch.add_input(vectors_.input.row(inputs[k]), weight_of(inputs[k], output));
}

Loss Trainer::train_bucket(Bucket& bucket, std::size_t block, float learning_rate, Rng rng) {
  rng.shuffle(std::span(bucket.groups));
  const std::vector<idx_t>& outputs = block_outputs_[block];
  const AliasTable& sampler = samplers_[block];
  const std::size_t cols = vectors_.input.cols();
  Loss loss;
  for (std::size_t b = 0; b < bucket.groups.size(); ++b) {
    const Group& group = bucket.groups[b];
    if (b + kAhead < bucket.groups.size())
      __builtin_prefetch(&bucket.inputs[bucket.groups[b + kAhead].begin]);
    if (b + 1 < bucket.groups.size()) prefetch(bucket, bucket.groups[b + 1]);
    SgnsBatch batch;
    add_inputs(&bucket.inputs[group.begin], group.count, group.output, batch);
    batch.add_output(vectors_.output.row(group.output), 1);
    const bool measured = b % kLossEvery == 0;
    for (std::size_t k = 0; k < options_.negatives; ++k) {
      const idx_t negatives = outputs[sampler.draw(rng)];
      if (negatives == group.output) continue;
      if (batch.n_outputs == kSgnsOutputs) {
        if (measured) loss.sum += sgns_loss(batch, cols);
        sgns_step(batch, cols, learning_rate);
        batch.n_outputs = 0;
      }
      batch.add_output(vectors_.output.row(negatives), 0);
    }
    if (measured) {
      loss.sum += sgns_loss(batch, cols);
      loss.weight += std::accumulate(batch.input_weights, batch.input_weights + batch.n_inputs, 0.0);
    }
    sgns_step(batch, cols, learning_rate);
  }
  return loss;
}

}  // namespace

void train_sgns(const Corpus& corpus, const Word2VecOptions& options, const FitContext& context,
                Word2VecVectors& vectors, const Word2VecSnapshot& snapshot) {
  Trainer trainer(corpus, options, context, vectors);
  run_epochs(options, context, vectors, snapshot,
             [&](std::size_t epoch) { return trainer.run_epoch(epoch); });
}

}  // namespace akin
