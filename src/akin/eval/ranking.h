// One user's ranked list: the k best of all scores, and what it is worth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "akin/eval/protocol.h"
#include "akin/linalg/csr.h"

namespace akin {

/// Finds at which ranks of the top k a user's held-out items stand. Order: higher score first; of equal
/// scores the held-out items last (or first, or in an order of the list's own, see Ties), then by lower index. Scores of -infinity and NaN are
/// not ranked at all. Reused from user to user. Cost: one comparison per score and O(log k) work for the few
/// that epoch.
class RankScan {
 public:
  /// `seed` = of the order of equals where ties are random.
  RankScan(std::size_t k, Ties ties, std::uint64_t seed = 0);

  /// Starts a new user, list number `list`. `held_out` is ascending, without repeats; `seen`, if not null, has a bit per item
  /// (bit i % 64 of word i / 64): items whose bit is set are not ranked. Both must stay valid until finish()
  /// has been called.
  void start(std::span<const idx_t> held_out, const std::uint64_t* seen = nullptr, std::uint64_t list = 0);
  /// Offers the scores of some items, each once per user, in any order.
  void offer(std::span<const idx_t> items, std::span<const float> scores);
  /// A lower score cannot enter the list any more.
  float bar() const { return bar_; }
  /// Ranks all that was offered: call it once, before the following.
  void finish();
  /// Ranks (from 0, ascending) of held-out items within the top k. Valid until the next start().
  std::span<const std::uint32_t> ranks() const { return ranks_; }
  /// Items of the list, k or as many as were ranked.
  std::size_t size() const { return keys_.size(); }
  /// The item at rank `rank` < size().
  idx_t item(std::size_t rank) const { return item_of(keys_[rank]); }

 private:
  /// Bits 63-32: the score in an order-preserving code; bit 31: first among equals; bits 30-0: the item's
  /// index, inverted, or a permutation of it where ties are random. So the greater key ranks first.
  using Key = std::uint64_t;
  static constexpr std::uint32_t kIndexMask = 0x7FFFFFFF;

  Key tie_break(idx_t item, bool held_out) const;
  idx_t item_of(Key key) const;
  void consider(idx_t item, float score);
  void replace_lowest(Key key);
  void raise_bar();  // to the score of the lowest: of equal scores a lower index may still come

  std::size_t k_;
  Ties ties_;
  std::uint64_t seed_;
  std::uint32_t salt_ = 0;  // of this list's order of equals
  std::span<const idx_t> held_out_;
  const std::uint64_t* seen_ = nullptr;
  std::vector<Key> keys_;  // the best so far, at most k; once there are k, a heap with the lowest first
  float bar_ = 0;          // the lowest score that can still enter
  std::vector<std::uint32_t> ranks_;
};

/// Turns hit ranks into metrics. With R = the user's held-out items, h_j = 1 if the item at rank j is in R:
///   HR = 1 if any h_1..k, Recall = sum h / |R|, Precision = sum h / k,
///   F1 = 2 Precision Recall / (Precision + Recall),
///   NDCG = (sum h_j / log2(j + 1)) / (sum over j = 1..min(k, |R|) of 1 / log2(j + 1)),
///   MAP = (sum over j of h_j x Precision@j) / min(k, |R|), MRR = 1 / rank of the first hit within k, else 0.
/// (Järvelin & Kekäläinen 2002 for NDCG; Voorhees 1999 for MRR.)
class RankingScorer {
 public:
  static constexpr std::string_view kNames[] = {"HR", "Recall", "Precision", "F1", "NDCG", "MAP", "MRR"};
  static constexpr std::size_t kMetrics = std::size(kNames);

  /// `cutoffs` is ascending and positive; `n_items` bounds the ranks and |R| that can occur.
  RankingScorer(std::span<const int> cutoffs, std::size_t n_items);
  /// Ranks from here on matter to no metric.
  std::size_t depth() const { return discount_.size(); }
  /// One list's metrics, cutoff by cutoff in the order of kNames: `ranks` from a RankScan of k = depth(),
  /// `held_out` = |R| > 0; out holds kMetrics values per cutoff.
  void score(std::span<const std::uint32_t> ranks, std::size_t held_out, std::span<double> out) const;

 private:
  std::vector<std::size_t> cutoffs_;
  std::vector<double> discount_;  // 1 / log2(rank + 2)
  std::vector<double> ideal_;     // sum of the first n discounts
};

/// The area under the ROC curve of one list: the share of (held-out, other) pairs of candidates in which the
/// held-out item has the higher score, ties counted half (Rendle et al. 2009, eq. 2): 0.5 for a constant
/// scorer. `scores` has a score per item; NaN counts as -infinity. `others_excluded` (ascending, without
/// repeats) are not candidates; `held_out` (the same) are the positives. NaN if there is no pair.
double roc_area(std::span<const float> scores, std::span<const idx_t> held_out,
                std::span<const idx_t> others_excluded);

}  // namespace akin
