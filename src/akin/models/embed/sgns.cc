#include "akin/models/embed/sgns.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/models/alias_table.h"
#include "akin/models/embed/sgns_kernel.h"
#include "akin/models/passes.h"

namespace akin {
namespace {

constexpr std::size_t kMaxBlocks = 16;        // more rounds a chunk gain nothing below that many threads
constexpr std::size_t kTokensPerBlock = 128;  // fewer would make the noise too much alike
constexpr std::size_t kPairsPerChunk = 1 << 20;
constexpr std::size_t kShards = 64;  // units of work when pairs are made

// Streams of random numbers, so that no two uses share one.
enum Stream : std::uint64_t { kInit = 1, kBlocks, kPairs, kNoise };
Rng stream(std::uint64_t seed, Stream use, std::uint64_t a, std::uint64_t b = 0) {
  return Rng(Rng::mix(seed + use), Rng::mix(a) + b);
}

struct Pair {
  idx_t input;
  idx_t output;
};

/// The tokens dealt into blocks of equal weight, with the noise distribution of each.
struct Blocks {
  std::vector<std::uint8_t> of;            // block of each token
  std::vector<std::vector<idx_t>> tokens;  // of each block
  std::vector<AliasTable> noise;           // of each block, over positions in tokens
};

class Trainer {
 public:
  Trainer(const Corpus& corpus, const SgnsOptions& options, const Context& context)
      : corpus_(corpus),
        options_(options),
        context_(context),
        n_blocks_(std::clamp<std::size_t>(corpus.counts.size() / kTokensPerBlock, 1, kMaxBlocks)) {
    init_vectors();
    init_keep();
    noise_weight_.reserve(corpus.counts.size());
    for (const std::uint64_t count : corpus.counts) {
      noise_weight_.push_back(std::pow(static_cast<double>(count), options.ns_exponent));
    }
  }

  /// One pass over the corpus; returns the mean loss of its pairs.
  double run_epoch(std::size_t epoch) {
    deal_blocks(epoch);
    loss_ = 0;
    loss_pairs_ = 0;
    for (std::size_t begin = 0; begin < corpus_.sequences();) {
      const std::size_t end = chunk_end(begin);
      make_pairs(epoch, begin, end);
      train_chunk(epoch, begin, end);
      begin = end;
    }
    if (!all_finite(vectors_.input) || !all_finite(vectors_.output)) {
      fail(ErrorCode::kBadData, "the vectors grew without bound; lower alpha (now {})", options_.alpha);
    }
    return mean_loss();
  }

  SgnsVectors& vectors() { return vectors_; }

 private:
  void init_vectors();
  void init_keep();
  void deal_blocks(std::size_t epoch);
  std::size_t chunk_end(std::size_t begin) const;
  void make_pairs(std::size_t epoch, std::size_t begin, std::size_t end);
  void add_pairs(std::size_t epoch, std::size_t sequence, std::vector<idx_t>& kept,
                 std::vector<Pair>& pairs) const;
  void sort_pairs();
  void train_chunk(std::size_t epoch, std::size_t begin, std::size_t end);
  double train_bucket(std::span<const Pair> pairs, std::size_t block, float alpha, Rng rng);
  double alpha_at(double tokens_done) const;
  double mean_loss() const { return loss_ / static_cast<double>(std::max<std::size_t>(1, loss_pairs_)); }
  std::size_t bucket_of(const Pair& pair) const {
    return blocks_.of[pair.input] * n_blocks_ + blocks_.of[pair.output];
  }

  const Corpus& corpus_;
  const SgnsOptions& options_;
  const Context& context_;
  const std::size_t n_blocks_;
  SgnsVectors vectors_;
  std::vector<std::uint32_t> keep_;  // probability of keeping an occurrence, in 2^-32
  std::vector<double> noise_weight_;
  Blocks blocks_;
  std::vector<std::vector<Pair>> shards_;  // pairs in order of the text
  std::vector<Pair> pairs_;                // the same by bucket
  std::vector<std::size_t> buckets_;       // start of each in pairs_
  double loss_ = 0;
  std::size_t loss_pairs_ = 0;
};

void Trainer::init_vectors() {
  const std::size_t n = corpus_.counts.size();
  vectors_.input = Matrix(n, options_.size);
  vectors_.output = Matrix(n, options_.size);
  for (std::size_t i = 0; i < n; ++i) {
    Rng rng = stream(context_.seed, kInit, i);
    for (float& x : vectors_.input[i]) x = (2 * rng.uniform_float() - 1) / static_cast<float>(options_.size);
  }
}

void Trainer::init_keep() {
  const double total = static_cast<double>(corpus_.tokens.size());
  keep_.assign(corpus_.counts.size(), 0xFFFFFFFF);
  if (!(options_.sample > 0)) return;
  for (std::size_t i = 0; i < keep_.size(); ++i) {
    const double ratio = options_.sample * total / static_cast<double>(corpus_.counts[i]);
    const double probability = std::sqrt(ratio) + ratio;
    if (probability < 1) keep_[i] = static_cast<std::uint32_t>(probability * 0x1.0p32);
  }
}

void Trainer::deal_blocks(std::size_t epoch) {
  const std::size_t n = corpus_.counts.size();
  blocks_.of.resize(n);
  blocks_.tokens.assign(n_blocks_, {});
  std::vector<std::uint8_t> order(n_blocks_);
  std::iota(order.begin(), order.end(), std::uint8_t{0});
  Rng rng = stream(context_.seed, kBlocks, epoch);
  for (std::size_t i = 0; i < n; ++i) {  // each stratum of n_blocks_ tokens puts one into every block
    if (i % n_blocks_ == 0) rng.shuffle(std::span(order));
    blocks_.of[i] = order[i % n_blocks_];
    blocks_.tokens[blocks_.of[i]].push_back(static_cast<idx_t>(i));
  }
  blocks_.noise.clear();
  std::vector<double> weights;
  for (const std::vector<idx_t>& tokens : blocks_.tokens) {
    weights.clear();
    for (const idx_t token : tokens) weights.push_back(noise_weight_[token]);
    blocks_.noise.emplace_back(weights);
  }
}

std::size_t Trainer::chunk_end(std::size_t begin) const {
  const std::uint64_t limit = corpus_.offsets[begin] + kPairsPerChunk / (options_.window + 1);
  const auto after = std::upper_bound(corpus_.offsets.begin(), corpus_.offsets.end(), limit);
  return std::max(begin + 1, static_cast<std::size_t>(after - corpus_.offsets.begin()) - 1);
}

void Trainer::add_pairs(std::size_t epoch, std::size_t sequence, std::vector<idx_t>& kept,
                        std::vector<Pair>& pairs) const {
  Rng rng = stream(context_.seed, kPairs, epoch, sequence);
  kept.clear();
  for (std::uint64_t t = corpus_.offsets[sequence]; t < corpus_.offsets[sequence + 1]; ++t) {
    const idx_t token = corpus_.tokens[t];
    if (keep_[token] == 0xFFFFFFFF || static_cast<std::uint32_t>(rng.next()) < keep_[token])
      kept.push_back(token);
  }
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const std::size_t reach = 1 + rng.below(options_.window);
    const std::size_t last = std::min(kept.size() - 1, i + reach);
    for (std::size_t j = i > reach ? i - reach : 0; j <= last; ++j) {
      if (j != i) pairs.push_back({kept[j], kept[i]});
    }
  }
}

void Trainer::make_pairs(std::size_t epoch, std::size_t begin, std::size_t end) {
  shards_.resize(kShards);
  parallel_for(
      kShards, context_.threads,
      [&](std::size_t first, std::size_t last, int) {
        std::vector<idx_t> kept;
        for (std::size_t shard = first; shard < last; ++shard) {
          shards_[shard].clear();
          const std::size_t from = begin + (end - begin) * shard / kShards;
          const std::size_t to = begin + (end - begin) * (shard + 1) / kShards;
          for (std::size_t s = from; s < to; ++s) add_pairs(epoch, s, kept, shards_[shard]);
        }
      },
      1);
  sort_pairs();
}

/// Counting sort by bucket; within a bucket the order of the text stays.
void Trainer::sort_pairs() {
  const std::size_t n_buckets = n_blocks_ * n_blocks_;
  std::vector<std::size_t> starts(kShards * n_buckets, 0);
  parallel_for(
      kShards, context_.threads,
      [&](std::size_t first, std::size_t last, int) {
        for (std::size_t s = first; s < last; ++s) {
          for (const Pair& pair : shards_[s]) ++starts[s * n_buckets + bucket_of(pair)];
        }
      },
      1);
  buckets_.assign(n_buckets + 1, 0);
  std::size_t total = 0;
  for (std::size_t b = 0; b < n_buckets; ++b) {
    buckets_[b] = total;
    for (std::size_t s = 0; s < kShards; ++s) total += std::exchange(starts[s * n_buckets + b], total);
  }
  buckets_[n_buckets] = total;
  pairs_.resize(total);
  parallel_for(
      kShards, context_.threads,
      [&](std::size_t first, std::size_t last, int) {
        for (std::size_t s = first; s < last; ++s) {
          for (const Pair& pair : shards_[s]) pairs_[starts[s * n_buckets + bucket_of(pair)]++] = pair;
        }
      },
      1);
}

double Trainer::alpha_at(double tokens_done) const {
  const double total = static_cast<double>(corpus_.tokens.size()) * static_cast<double>(options_.epochs);
  return options_.alpha - (options_.alpha - options_.min_alpha) * tokens_done / total;
}

void Trainer::train_chunk(std::size_t epoch, std::size_t begin, std::size_t end) {
  const std::size_t before = epoch * corpus_.tokens.size() + corpus_.offsets[begin];
  const std::size_t tokens = corpus_.offsets[end] - corpus_.offsets[begin];
  std::vector<double> losses(n_blocks_);
  for (std::size_t round = 0; round < n_blocks_; ++round) {
    context_.check_stop();
    const double done = static_cast<double>(before) + static_cast<double>(tokens) *
                                                          static_cast<double>(round) /
                                                          static_cast<double>(n_blocks_);
    const auto alpha = static_cast<float>(alpha_at(done));
    parallel_for(
        n_blocks_, context_.threads,
        [&](std::size_t first, std::size_t last, int) {
          for (std::size_t i = first; i < last; ++i) {
            const std::size_t o = (i + round) % n_blocks_;
            const std::size_t b = i * n_blocks_ + o;
            losses[i] = train_bucket(std::span(pairs_).subspan(buckets_[b], buckets_[b + 1] - buckets_[b]), o,
                                     alpha, stream(context_.seed, kNoise, before, b));
          }
        },
        1);
    for (const double loss : losses) loss_ += loss;
  }
  loss_pairs_ += pairs_.size();
  const std::size_t total = corpus_.tokens.size() * options_.epochs;
  context_.report(
      {.phase = "training", .done = before + tokens, .total = total, .unit = "words", .loss = mean_loss()});
}

double Trainer::train_bucket(std::span<const Pair> pairs, std::size_t block, float alpha, Rng rng) {
  const std::vector<idx_t>& tokens = blocks_.tokens[block];
  const AliasTable& noise = blocks_.noise[block];
  const std::size_t stride = vectors_.input.stride();
  double loss = 0;
  for (const Pair& pair : pairs) {
    float* outputs[kSgnsMaxOutputs] = {vectors_.output.row(pair.output)};
    std::size_t n = 1, positives = 1;
    for (std::size_t k = 0; k < options_.negative; ++k) {
      const idx_t negative = tokens[noise.draw(rng)];
      if (negative == pair.output) continue;
      if (n == kSgnsMaxOutputs) {
        loss += sgns_step(vectors_.input.row(pair.input), outputs, n, positives, stride, alpha);
        n = positives = 0;
      }
      outputs[n++] = vectors_.output.row(negative);
    }
    loss += sgns_step(vectors_.input.row(pair.input), outputs, n, positives, stride, alpha);
  }
  return loss;
}

}  // namespace

SgnsVectors train_sgns(const Corpus& corpus, const SgnsOptions& options, const Context& context,
                       const std::function<std::unique_ptr<Model>(const SgnsVectors&)>& make_model) {
  Trainer trainer(corpus, options, context);
  SgnsVectors& vectors = trainer.vectors();
  FitState state;
  state.add("input", vectors.input);
  state.add("output", vectors.output);
  run_passes({.total = static_cast<int>(options.epochs),
              .run = [&](int epoch) { return trainer.run_epoch(static_cast<std::size_t>(epoch)); },
              .snapshot = [&] { return make_model(vectors); }},
             std::move(state), context);
  return std::move(vectors);
}

}  // namespace akin
