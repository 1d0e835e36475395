// Ranking all items, or some candidates, for blocks of lists.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
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

/// The items that users of a block have, a bit each. Memory: lists x items / 8 bytes.
class SeenItems {
 public:
  /// Forgets all lists; there will be up to `lists`.
  void start(std::size_t lists, std::size_t n_items) {
    for (const std::uint64_t word : touched_) bits_[word] = 0;
    touched_.clear();
    words_ = (n_items + 63) / 64;
    if (bits_.size() < lists * words_) bits_.resize(lists * words_);
  }
  void add(std::size_t u, std::span<const Event> history) {
    for (const Event& event : history) {
      const std::uint64_t word = u * words_ + event.item / 64;
      if (bits_[word] == 0) touched_.push_back(word);
      bits_[word] |= std::uint64_t{1} << (event.item % 64);
    }
  }
  const std::uint64_t* of(std::size_t u) const { return bits_.data() + u * words_; }
  /// Ascending.
  std::vector<idx_t> list(std::size_t u) const {
    std::vector<idx_t> items;
    for (std::size_t w = 0; w < words_; ++w) {
      for (std::uint64_t bits = of(u)[w]; bits != 0; bits &= bits - 1)
        items.push_back(static_cast<idx_t>(64 * w + static_cast<std::size_t>(std::countr_zero(bits))));
    }
    return items;
  }

 private:
  std::size_t words_ = 0;
  std::vector<std::uint64_t> bits_;
  std::vector<std::uint64_t> touched_;  // words that are not 0
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
    return query_.query(list.user, task_.histories.of(list.user), list.before, list.now);
  }
  /// Dot-product models: tile by tile of items, so that no more than a block of scores ever exists (unless
  /// AUC is asked for, which needs all scores of the block).
  void score_by_product(BlockResult& result);
  /// A list of the block that may still change.
  struct Waiting {
    std::size_t u;
    float length;  // of the query's vector, rounded up
    bool known;    // to the model; else by popularity
  };
  /// Scores of the tile of items that begins at `begin` of the order.
  void offer_tile(const Waiting& list, std::size_t begin, std::span<float> scores);
  /// Takes out the lists that no item from place `next` of the order can enter.
  void dismiss_finished(std::size_t next);
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
  std::vector<Waiting> waiting_;         // row r of queries_ belongs to waiting_[r]
  std::vector<double> areas_;            // of full_
  std::uint64_t number_of(const RankedList& list) const {
    return static_cast<std::uint64_t>(&list - task_.lists.data());
  }

  std::vector<RankScan> scans_;
  std::vector<idx_t> candidates_;
  std::vector<idx_t> list_;
  std::vector<float> scores_;
  std::vector<float> all_scores_;
  std::vector<double> row_;
  Matrix queries_;
};

}  // namespace akin
