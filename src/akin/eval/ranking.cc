#include "akin/eval/ranking.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>

#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::uint64_t kFirstOfEquals = std::uint64_t{1} << 31;

/// Greater float, greater code. -0 and 0 have the same code. No NaN.
std::uint32_t ordered_code(float score) {
  const auto bits = std::bit_cast<std::uint32_t>(score + 0.0F);  // -0 + 0 = 0
  return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
}

float from_ordered_code(std::uint32_t code) {
  return std::bit_cast<float>((code & 0x80000000U) != 0 ? code & 0x7FFFFFFFU : ~code);
}

constexpr std::uint32_t kMask31 = 0x7FFFFFFF;
constexpr std::uint32_t kFactors[] = {0x5BD1E995, 0x2C1B3C6D};  // odd: products mod 2^31 can be undone

/// A permutation of the numbers below 2^31 that looks random.
std::uint32_t shuffled(std::uint32_t x) {
  for (const std::uint32_t factor : kFactors) {
    x = x * factor & kMask31;
    x ^= x >> 15;
  }
  return x;
}

/// The inverse of an odd number mod 2^31, by Newton's method.
constexpr std::uint32_t inverse(std::uint32_t odd) {
  std::uint32_t x = odd;
  for (int i = 0; i < 5; ++i) x *= 2 - odd * x;
  return x & kMask31;
}

std::uint32_t unshuffled(std::uint32_t x) {
  for (const std::uint32_t factor : {kFactors[1], kFactors[0]}) {
    x ^= x >> 15 ^ x >> 30;
    x = x * inverse(factor) & kMask31;
  }
  return x;
}

}  // namespace

RankScan::RankScan(std::size_t k, Ties ties, std::uint64_t seed) : k_(k), ties_(ties), seed_(seed) {
  keys_.reserve(k);
}

void RankScan::start(std::span<const idx_t> held_out, const std::uint64_t* seen, std::uint64_t list) {
  held_out_ = held_out;
  seen_ = seen;
  salt_ = static_cast<std::uint32_t>(Rng::mix(seed_ + Rng::mix(list))) & kIndexMask;
  keys_.clear();
  bar_ = kLowest;
}

RankScan::Key RankScan::tie_break(idx_t item, bool held_out) const {
  if (ties_ == Ties::kRandom) return shuffled(item ^ salt_);
  return (held_out == (ties_ == Ties::kInFavour) ? kFirstOfEquals : 0) | (~item & kIndexMask);
}

idx_t RankScan::item_of(Key key) const {
  const auto low = static_cast<std::uint32_t>(key) & kIndexMask;
  return ties_ == Ties::kRandom ? unshuffled(low) ^ salt_ : ~low & kIndexMask;
}

void RankScan::consider(idx_t item, float score) {
  if (seen_ != nullptr && ((seen_[item / 64] >> (item % 64)) & 1) != 0) return;
  const bool held_out = std::ranges::binary_search(held_out_, item);
  const Key key = Key{ordered_code(score)} << 32 | tie_break(item, held_out);
  if (keys_.size() == k_) {
    if (key > keys_.front()) replace_lowest(key);
    return;
  }
  keys_.push_back(key);
  if (keys_.size() < k_) return;
  std::ranges::make_heap(keys_, std::greater());
  raise_bar();
}

void RankScan::replace_lowest(Key key) {
  std::size_t hole = 0;
  while (true) {
    std::size_t child = 2 * hole + 1;
    if (child >= k_) break;
    if (child + 1 < k_ && keys_[child + 1] < keys_[child]) ++child;
    if (keys_[child] >= key) break;
    keys_[hole] = keys_[child];
    hole = child;
  }
  keys_[hole] = key;
  raise_bar();
}

void RankScan::raise_bar() { bar_ = from_ordered_code(static_cast<std::uint32_t>(keys_.front() >> 32)); }

void RankScan::offer(std::span<const idx_t> items, std::span<const float> scores) {
  for (std::size_t i = 0; i < scores.size(); ++i) {
    i += find_at_least(scores.data() + i, scores.size() - i, bar_);
    if (i < scores.size()) consider(items[i], scores[i]);
  }
}

void RankScan::finish() {
  std::ranges::sort(keys_, std::greater());
  ranks_.clear();
  for (std::size_t rank = 0; rank < keys_.size(); ++rank) {
    const bool held_out = ties_ == Ties::kRandom
                              ? std::ranges::binary_search(held_out_, item_of(keys_[rank]))
                              : ((keys_[rank] & kFirstOfEquals) != 0) == (ties_ == Ties::kInFavour);
    if (held_out) ranks_.push_back(static_cast<std::uint32_t>(rank));
  }
}

RankingScorer::RankingScorer(std::span<const int> cutoffs, std::size_t n_items) : ideal_{0.0} {
  for (const int cutoff : cutoffs) cutoffs_.push_back(static_cast<std::size_t>(cutoff));
  const std::size_t depth = std::min(cutoffs_.back(), n_items);
  for (std::size_t rank = 0; rank < depth; ++rank) {
    discount_.push_back(1.0 / std::log2(static_cast<double>(rank) + 2.0));
    ideal_.push_back(ideal_.back() + discount_.back());
  }
}

void RankingScorer::score(std::span<const std::uint32_t> ranks, std::size_t held_out,
                          std::span<double> out) const {
  double gain = 0, precisions = 0;  // over the hits so far
  std::size_t hits = 0;
  for (std::size_t c = 0; c < cutoffs_.size(); ++c) {
    const std::size_t cutoff = cutoffs_[c];
    const std::span<double> row = out.subspan(c * kMetrics, kMetrics);
    for (; hits < ranks.size() && ranks[hits] < cutoff; ++hits) {
      gain += discount_[ranks[hits]];
      precisions += static_cast<double>(hits + 1) / (ranks[hits] + 1.0);
    }
    if (hits == 0) {
      std::ranges::fill(row, 0.0);
      continue;
    }
    const auto found = static_cast<double>(hits);
    const auto possible = static_cast<double>(std::min(cutoff, held_out));
    row[0] = 1;
    row[1] = found / static_cast<double>(held_out);
    row[2] = found / static_cast<double>(cutoff);
    row[3] = 2 * found / static_cast<double>(cutoff + held_out);  // of the two rows above, simplified
    row[4] = gain / ideal_[std::min(cutoff, held_out)];
    row[5] = precisions / possible;
    row[6] = 1.0 / (ranks[0] + 1.0);
  }
}

namespace {

/// How many pairs (score, one of the scores) the score wins, ties half; NaN in `scores` loses.
double wins_against_all(float score, std::span<const float> scores) {
  std::uint32_t below = 0, equal = 0;  // counted without branches, so in vector registers
  for (const float other : scores) {
    below += other >= score ? 0 : 1;  // NaN too
    equal += other == score ? 1 : 0;
  }
  return below + 0.5 * equal;
}

double wins_against(float score, float other) {
  if (score == other) return 0.5;
  return other > score ? 0 : 1;
}

}  // namespace

double roc_area(std::span<const float> scores, std::span<const idx_t> held_out,
                std::span<const idx_t> others_excluded) {
  const auto lowest_if_nan = [&](idx_t item) { return std::isnan(scores[item]) ? -kInfinity : scores[item]; };
  std::vector<idx_t> no_rivals;
  std::ranges::set_union(held_out, others_excluded, std::back_inserter(no_rivals));
  const std::size_t rivals = scores.size() - no_rivals.size();
  if (rivals == 0 || held_out.empty()) return std::numeric_limits<double>::quiet_NaN();
  double wins = 0;
  for (const idx_t item : held_out) {
    const float score = lowest_if_nan(item);
    if (score == -kInfinity) {  // against NaN it is a tie, which the counting below does not see
      for (idx_t other = 0; other < scores.size(); ++other) wins += wins_against(score, lowest_if_nan(other));
    } else {
      wins += wins_against_all(score, scores);
    }
    for (const idx_t other : no_rivals) wins -= wins_against(score, lowest_if_nan(other));
  }
  return wins / (static_cast<double>(rivals) * static_cast<double>(held_out.size()));
}

}  // namespace akin
