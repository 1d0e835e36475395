// Ranking all items, or some candidates, for blocks of lists.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "akin/eval/evaluate.h"
#include "akin/eval/history.h"
#include "akin/eval/list_scorer.h"
#include "akin/eval/ranking.h"
#include "akin/eval/ranking_task.h"

namespace akin {

/// Where the metrics of a list stand in its row: those of RankingScorer, then AUC, then those of ListScorer.
struct Columns {
  explicit Columns(const EvaluateOptions& options)
      : auc(RankingScorer::kMetrics * options.cutoffs.size()),
        beyond(auc + (options.auc ? 1 : 0)),
        count(beyond + (options.beyond ? ListScorer::kMetrics * options.cutoffs.size() : 0)) {}
  std::size_t auc;
  std::size_t beyond;
  std::size_t count;
};

/// The known items of a block's users, ascending per user, to be masked tile by tile.
class SeenItems {
 public:
  void clear() { items_.clear(), cursors_.clear(), ends_.clear(); }
  void add(std::span<const Event> history) {
    const std::size_t begin = items_.size();
    for (const Event& event : history) items_.push_back(event.item);
    const auto first = items_.begin() + static_cast<std::ptrdiff_t>(begin);
    std::sort(first, items_.end());
    items_.erase(std::unique(first, items_.end()), items_.end());
    cursors_.push_back(begin);
    ends_.push_back(items_.size());
  }
  /// Items of list u that mask() has not reached yet: all of them before its first call.
  std::span<const idx_t> of(std::size_t u) const {
    return std::span(items_).subspan(u == 0 ? 0 : ends_[u - 1], ends_[u] - (u == 0 ? 0 : ends_[u - 1]));
  }
  /// Sets the scores of list u's items in [first, first + scores.size()) to -infinity. `first` ascends call
  /// by call.
  void mask(std::size_t u, std::size_t first, std::span<float> scores) {
    std::size_t& cursor = cursors_[u];
    for (; cursor < ends_[u] && items_[cursor] < first + scores.size(); ++cursor) {
      scores[items_[cursor] - first] = -std::numeric_limits<float>::infinity();
    }
  }

 private:
  std::vector<idx_t> items_;
  std::vector<std::size_t> cursors_;
  std::vector<std::size_t> ends_;
};

/// Column sums of one block of lists, NaN left out.
struct BlockResult {
  explicit BlockResult(std::size_t columns) : sums(columns, 0.0), counts(columns, 0) {}
  void add(const BlockResult& other) {
    for (std::size_t c = 0; c < sums.size(); ++c) {
      sums[c] += other.sums[c];
      counts[c] += other.counts[c];
    }
    fallback_lists += other.fallback_lists;
  }
  std::vector<double> sums;
  std::vector<std::uint64_t> counts;
  std::uint64_t fallback_lists = 0;
};

/// Held-out pairs and hits by popularity: bin b holds items whose training events have b binary digits.
struct BinCounts {
  static constexpr std::size_t kBins = 40;
  std::array<std::uint64_t, kBins> held_out = {};
  std::array<std::uint64_t, kBins> hits = {};
};

/// Ranks blocks of lists; one per thread, buffers are kept from block to block.
class BlockRanker {
 public:
  BlockRanker(const RankingTask& task, const RankingScorer& scorer);
  /// Ranks task.lists[first, first + size): writes a row of columns per list and adds them to `result`.
  void rank(std::size_t first, std::size_t size, std::span<float> rows, BlockResult& result);

  const ListScorer& list_scorer() const { return list_scorer_; }
  const BinCounts& bins() const { return bins_; }

 private:
  Query query_of(const RankedList& list) {
    return query_.query(list.user, task_.histories.of(list.user), list.before);
  }
  /// Dot-product models: tile by tile of items, so that no more than a block of scores ever exists (unless
  /// AUC is asked for, which needs all scores of the block).
  void score_by_product(BlockResult& result);
  /// Other models: all scores of one list at a time.
  void score_each(BlockResult& result);
  /// The candidates and the held-out items, nothing else.
  void rank_candidates(const RankedList& list, std::span<const idx_t> candidates, BlockResult& result);
  /// AUC of list u of the block, whose raw scores of all items are given.
  void score_area(std::size_t u, std::span<const float> scores);
  /// Metrics of a ranked list into row_, the row to its place.
  void finish(const RankedList& list, RankScan& scan, BlockResult& result);
  bool measures_diversity(std::size_t list) const;

  const RankingTask& task_;
  const RankingScorer& scorer_;
  const Columns columns_;
  ListScorer list_scorer_;
  BinCounts bins_;
  QueryBuffer query_;
  SeenItems seen_;
  std::span<float> rows_;
  std::vector<const RankedList*> full_;  // lists of the block ranked over all items
  std::vector<char> fallback_;
  std::vector<double> areas_;  // of full_
  std::vector<RankScan> scans_;
  std::vector<idx_t> candidates_;
  std::vector<idx_t> list_;
  std::vector<float> scores_;
  std::vector<float> all_scores_;
  std::vector<double> row_;
  Matrix queries_;
};

}  // namespace akin
