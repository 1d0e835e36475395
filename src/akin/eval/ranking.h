// One user's ranked list: the k best of all scores, and what it is worth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "akin/linalg/csr.h"

namespace akin {

/// Where held-out items stand among items of the same score.
enum class Ties {
  kAgainst,   ///< last: a constant scorer gets nothing
  kInFavour,  ///< first: what counting only strictly better items amounts to; for comparison with such
              ///< figures
};

/// Finds at which ranks of the top k a user's held-out items stand. Order: higher score first; of equal
/// scores the held-out items last (or first, see Ties), then by lower index. Scores of -infinity and NaN are
/// not ranked at all: mask with -infinity. Reused from user to user. Cost: one comparison per score and O(log
/// n) work for the few that pass.
class RankScan {
 public:
  RankScan(std::size_t k, Ties ties);

  /// Starts a new user. `held_out` is ascending, without repeats, and must stay valid until ranks() has been
  /// called.
  void start(std::span<const idx_t> held_out);
  /// Offers the scores of items first, first + 1, ...; over one user's calls `first` ascends and ranges are
  /// disjoint.
  void offer(idx_t first, std::span<const float> scores);
  /// The same for some items, ascending and above those of earlier calls.
  void offer(std::span<const idx_t> items, std::span<const float> scores);
  /// Ranks (from 0, ascending) of held-out items within the top k. Valid until the next start().
  std::span<const std::uint32_t> ranks();

 private:
  /// Bits 63-32: the score in an order-preserving code; bit 31: first among equals; bits 30-0: the item's
  /// index, inverted. So the greater key ranks first.
  using Key = std::uint64_t;

  void consider(idx_t item, float score);
  void compact();

  std::size_t k_;
  bool held_out_first_;  // among equals
  std::span<const idx_t> held_out_;
  std::size_t next_held_out_ = 0;  // the first not below the item considered last
  std::vector<Key> keys_;          // every item that may yet be among the k best; at most 2 k + 64
  std::size_t capacity_;
  float bar_ = 0;  // the lowest score that can still enter
  std::vector<std::uint32_t> ranks_;
};

/// Sums over users of the six metrics (see RankingMetrics) at each cutoff.
class MetricSums {
 public:
  static constexpr std::size_t kMetrics = 6;
  explicit MetricSums(std::size_t cutoffs) : sums_(cutoffs * kMetrics, 0.0) {}
  void add(const MetricSums& other) {
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += other.sums_[i];
  }
  std::span<double> at(std::size_t cutoff) { return std::span(sums_).subspan(cutoff * kMetrics, kMetrics); }

 private:
  std::vector<double> sums_;
};

/// Turns hit ranks into metrics.
class RankingScorer {
 public:
  /// `cutoffs` is ascending and positive; `n_items` bounds the ranks and |R| that can occur.
  RankingScorer(std::span<const int> cutoffs, std::size_t n_items);
  /// Ranks from here on matter to no metric.
  std::size_t depth() const { return discount_.size(); }
  /// Adds one user's metrics: `ranks` from a RankScan of k = depth(), `held_out` = |R| > 0.
  void score(std::span<const std::uint32_t> ranks, std::size_t held_out, MetricSums& sums) const;

 private:
  std::vector<std::size_t> cutoffs_;
  std::vector<double> discount_;  // 1 / log2(rank + 2)
  std::vector<double> ideal_;     // sum of the first n discounts
};

}  // namespace akin
