// Ranking all items, or given candidates, for blocks of users.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "akin/eval/history.h"
#include "akin/eval/ranking.h"

namespace akin {

/// A user to rank for, with a slice of RankingTask::held_out.
struct RankedUser {
  idx_t user = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// What is to be ranked, fixed before the threads start.
struct RankingTask {
  const Model& model;
  const TrainingData& data;
  const Histories& histories;
  Ties ties;
  std::vector<float> popularity;  // training events per item
  std::vector<RankedUser> users;
  std::vector<idx_t> held_out;  // ascending and without repeats within a user

  std::span<const idx_t> held_out_of(const RankedUser& user) const {
    return std::span(held_out).subspan(user.begin, user.end - user.begin);
  }
  std::span<const idx_t> candidates_of(idx_t user) const {
    const Csr& candidates = data.source.candidates;
    return user < candidates.rows() ? candidates.cols_of(user) : std::span<const idx_t>();
  }
};

/// The training items of a block's users, ascending per user, to be masked tile by tile.
class SeenItems {
 public:
  void clear() { items_.clear(), cursors_.clear(), ends_.clear(); }
  void add(std::span<const Event> history) {
    const std::size_t begin = items_.size();
    for (const Event& event : history) items_.push_back(event.item);
    std::sort(items_.begin() + static_cast<std::ptrdiff_t>(begin), items_.end());
    cursors_.push_back(begin);
    ends_.push_back(items_.size());
  }
  /// Sets the scores of user u's items in [first, first + scores.size()) to -infinity. `first` ascends call
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

/// Metric sums of one block of users.
struct BlockResult {
  MetricSums sums;
  std::uint64_t fallback_users = 0;
};

/// Ranks blocks of users; one per thread, buffers are kept from block to block.
class BlockRanker {
 public:
  BlockRanker(const RankingTask& task, const RankingScorer& scorer) : task_(task), scorer_(scorer) {}
  /// Ranks for `users` and adds their metrics to `result`.
  void rank(std::span<const RankedUser> users, BlockResult& result);

 private:
  Query query_of(idx_t user) { return query_.query(user, task_.histories.of(user)); }
  /// Dot-product models: tile by tile of items, so that no more than a block of scores ever exists.
  void score_by_product(BlockResult& result);
  /// Other models: all scores of one user at a time.
  void score_each(BlockResult& result);
  /// Given candidates: they and the held-out items, nothing else.
  void rank_candidates(const RankedUser& user, BlockResult& result);

  const RankingTask& task_;
  const RankingScorer& scorer_;
  QueryBuffer query_;
  SeenItems seen_;
  std::vector<const RankedUser*> full_;  // users of the block ranked over all items
  std::vector<char> fallback_;
  std::vector<RankScan> scans_;
  std::vector<idx_t> candidates_;
  std::vector<float> scores_;
  Matrix queries_;
};

}  // namespace akin
