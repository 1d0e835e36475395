#include "akin/eval/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <mutex>

#include "akin/base/parallel.h"
#include "akin/eval/history.h"
#include "akin/eval/ranking.h"
#include "akin/eval/rating.h"
#include "akin/eval/text_table.h"
#include "akin/linalg/kernels.h"

namespace akin {

std::vector<std::span<const Event>> by_user(std::span<const Event> events) {
  std::vector<std::span<const Event>> users;
  for (std::size_t begin = 0; begin < events.size();) {
    std::size_t end = begin + 1;
    while (end < events.size() && events[end].user == events[begin].user) ++end;
    AKIN_ASSERT(end == events.size() || events[end].user > events[begin].user);
    users.push_back(events.subspan(begin, end - begin));
    begin = end;
  }
  return users;
}

namespace {

// Users ranked together: their query vectors, item tile and score block stay in the second-level cache. The
// size depends on the number of users only, so that sums come out the same at any thread count.
constexpr std::size_t kMaxBlockUsers = 48;
constexpr std::size_t kMinBlockUsers = 3;
constexpr std::size_t kTileFloats = 16384;  // of item vectors
constexpr std::size_t kMinTileItems = 64;
constexpr std::size_t kMaxTileItems = 1024;

/// A user to rank for, with a slice of Task::held_out.
struct RankedUser {
  idx_t user = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// What is to be ranked, fixed before the threads start.
struct Task {
  const Model& model;
  const TrainingData& data;
  const Histories& histories;
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

/// Fills task.users and task.held_out, and counts what is left out.
void collect_held_out(std::span<const std::span<const Event>> test_users, Task& task, Evaluation& result) {
  std::vector<idx_t> trained_by(task.data.n_items(),
                                0);  // user + 1 whose training has the item, latest first
  for (const std::span<const Event> events : test_users) {
    const idx_t user = events.front().user;
    const std::span<const Event> history = task.histories.of(user);
    for (const Event& event : history) trained_by[event.item] = user + 1;
    const std::size_t begin = task.held_out.size();
    for (const Event& event : events) {
      if (trained_by[event.item] == user + 1) {
        ++result.repeated_events;
      } else {
        task.held_out.push_back(event.item);
      }
    }
    const auto first = task.held_out.begin() + static_cast<std::ptrdiff_t>(begin);
    std::sort(first, task.held_out.end());
    const auto last = std::unique(first, task.held_out.end());
    result.duplicate_events += static_cast<std::uint64_t>(task.held_out.end() - last);
    task.held_out.erase(last, task.held_out.end());
    if (task.held_out.size() == begin) continue;
    for (std::size_t i = begin; i < task.held_out.size(); ++i) {
      result.cold_item_events += task.popularity[task.held_out[i]] == 0;
    }
    result.cold_users += history.empty();
    task.users.push_back({user, begin, task.held_out.size()});
  }
}

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
  BlockRanker(const Task& task, const RankingScorer& scorer) : task_(task), scorer_(scorer) {}

  void rank(std::span<const RankedUser> users, BlockResult& result) {
    full_.clear();
    for (const RankedUser& user : users) {
      if (task_.candidates_of(user.user).empty()) {
        full_.push_back(&user);
      } else {
        rank_candidates(user, result);
      }
    }
    if (full_.empty()) return;
    seen_.clear();
    while (scans_.size() < full_.size()) scans_.emplace_back(scorer_.depth());
    for (std::size_t u = 0; u < full_.size(); ++u) {
      seen_.add(task_.histories.of(full_[u]->user));
      scans_[u].start(task_.held_out_of(*full_[u]));
    }
    if (task_.model.item_vectors().empty()) {
      score_each(result);
    } else {
      score_by_product(result);
    }
    for (std::size_t u = 0; u < full_.size(); ++u) {
      scorer_.score(scans_[u].ranks(), task_.held_out_of(*full_[u]).size(), result.sums);
    }
  }

 private:
  Query query_of(idx_t user) { return query_.query(user, task_.histories.of(user)); }

  /// Dot-product models: tile by tile of items, so that no more than a block of scores ever exists.
  void score_by_product(BlockResult& result) {
    const Matrix& items = task_.model.item_vectors();
    if (queries_.rows() != full_.size()) queries_ = Matrix(full_.size(), items.cols());
    fallback_.assign(full_.size(), 0);
    for (std::size_t u = 0; u < full_.size(); ++u) {
      fallback_[u] = !task_.model.user_vector(query_of(full_[u]->user), queries_[u]);
      result.fallback_users += static_cast<std::uint64_t>(fallback_[u]);
    }
    const std::size_t tile = std::clamp(kTileFloats / items.stride(), kMinTileItems, kMaxTileItems);
    scores_.resize(full_.size() * tile);
    for (std::size_t begin = 0; begin < items.rows(); begin += tile) {
      const std::size_t size = std::min(tile, items.rows() - begin);
      multiply(items, begin, begin + size, queries_, scores_.data(), tile);
      for (std::size_t u = 0; u < full_.size(); ++u) {
        const std::span<float> scores = std::span(scores_).subspan(u * tile, size);
        if (fallback_[u] != 0)
          std::copy_n(task_.popularity.begin() + static_cast<std::ptrdiff_t>(begin), size, scores.begin());
        seen_.mask(u, begin, scores);
        scans_[u].offer(static_cast<idx_t>(begin), scores);
      }
    }
  }

  /// Other models: all scores of one user at a time.
  void score_each(BlockResult& result) {
    scores_.resize(task_.data.n_items());
    for (std::size_t u = 0; u < full_.size(); ++u) {
      if (!task_.model.score_all(query_of(full_[u]->user), scores_)) {
        scores_.assign(task_.popularity.begin(), task_.popularity.end());
        ++result.fallback_users;
      }
      seen_.mask(u, 0, scores_);
      scans_[u].offer(0, scores_);
    }
  }

  /// Given candidates: they and the held-out items, nothing else.
  void rank_candidates(const RankedUser& user, BlockResult& result) {
    const std::span<const idx_t> held_out = task_.held_out_of(user);
    const std::span<const idx_t> given = task_.candidates_of(user.user);
    candidates_.assign(given.begin(), given.end());
    candidates_.insert(candidates_.end(), held_out.begin(), held_out.end());
    std::ranges::sort(candidates_);
    candidates_.erase(std::unique(candidates_.begin(), candidates_.end()), candidates_.end());
    scores_.resize(candidates_.size());
    if (!task_.model.score(query_of(user.user), candidates_, scores_)) {
      std::ranges::transform(candidates_, scores_.begin(),
                             [&](idx_t item) { return task_.popularity[item]; });
      ++result.fallback_users;
    }
    if (scans_.empty()) scans_.emplace_back(scorer_.depth());
    scans_[0].start(held_out);
    scans_[0].offer(candidates_, scores_);
    scorer_.score(scans_[0].ranks(), held_out.size(), result.sums);
  }

  const Task& task_;
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

/// Ranks for all users of the task and adds the sums up in their order.
BlockResult rank_users(const Task& task, const RankingScorer& scorer, std::size_t n_cutoffs,
                       const Context& context) {
  const std::size_t n = task.users.size();
  const std::size_t block = std::clamp(n / 64, kMinBlockUsers, kMaxBlockUsers);
  std::vector<BlockResult> results((n + block - 1) / block, BlockResult{MetricSums(n_cutoffs)});
  std::mutex progress_mutex;
  std::uint64_t done = 0;
  std::vector<BlockRanker> rankers;
  for (int worker = 0; worker < resolve_threads(context.threads); ++worker)
    rankers.emplace_back(task, scorer);
  parallel_for(
      results.size(), context.threads,
      [&](std::size_t begin, std::size_t, int worker) {
        context.check_stop();
        const std::size_t first = begin * block;
        const std::size_t size = std::min(block, n - first);
        rankers[static_cast<std::size_t>(worker)].rank(std::span(task.users).subspan(first, size),
                                                       results[begin]);
        const std::scoped_lock lock(progress_mutex);
        context.report({.phase = "evaluating", .done = done += size, .total = n, .unit = "users"});
      },
      1);
  BlockResult total{MetricSums(n_cutoffs)};
  for (const BlockResult& result : results) {
    total.sums.add(result.sums);
    total.fallback_users += result.fallback_users;
  }
  return total;
}

std::string protocol_of(const Task& task) {
  std::size_t with_candidates = 0, fewest = 0, most = 0;
  for (const RankedUser& user : task.users) {
    const std::size_t given = task.candidates_of(user.user).size();
    if (given == 0) continue;
    fewest = with_candidates == 0 ? given : std::min(fewest, given);
    most = std::max(most, given);
    ++with_candidates;
  }
  const std::string all =
      fmt::format("all {} items ranked, training items excluded", format_count(task.data.n_items()));
  if (with_candidates == 0) return all;
  const std::string number = fewest == most ? format_count(most) : fmt::format("{} to {}", fewest, most);
  if (with_candidates == task.users.size())
    return fmt::format("held-out items ranked against {} given negatives per user", number);
  return fmt::format("{} users: held-out items ranked against {} given negatives; the others: {}",
                     format_count(with_candidates), number, all);
}

void check(std::span<const Event> test, const TrainingData& data, const EvaluateOptions& options) {
  if (test.empty()) {
    fail(ErrorCode::kBadData,
         "nothing to evaluate: no events are held out; train with a holdout such as last or ratio:0.2");
  }
  const std::vector<int>& cutoffs = options.cutoffs;
  if (cutoffs.empty() || cutoffs.front() < 1 ||
      std::ranges::adjacent_find(cutoffs, std::greater_equal()) != cutoffs.end()) {
    fail(ErrorCode::kUsage,
         "wrong cutoffs [{}]: give positive whole numbers in ascending order, such as 5,10,20",
         fmt::join(cutoffs, ","));
  }
  if (data.n_items() > 0x7FFFFFFF) {
    fail(ErrorCode::kBadData, "{} items are more than the evaluator ranks, 2,147,483,647", data.n_items());
  }
}

}  // namespace

Evaluation evaluate(const Model& model, const Traits& traits, const TrainingData& data,
                    std::span<const Event> test, const EvaluateOptions& options, const Context& context) {
  const auto start = std::chrono::steady_clock::now();
  check(test, data, options);
  AKIN_ASSERT(model.n_items() == data.n_items());
  Evaluation result;
  result.test_events = test.size();
  const Histories histories(data);
  const std::vector<std::span<const Event>> test_users = by_user(test);

  Task task{model, data, histories, std::vector<float>(data.n_items(), 0.0F), {}, {}};
  std::vector<std::uint32_t> counts(data.n_items(), 0);
  for (const Event& event : data.events) ++counts[event.item];
  std::ranges::transform(counts, task.popularity.begin(),
                         [](std::uint32_t count) { return static_cast<float>(count); });
  collect_held_out(test_users, task, result);

  const RankingScorer scorer(options.cutoffs, data.n_items());
  BlockResult total = rank_users(task, scorer, options.cutoffs.size(), context);
  result.protocol = protocol_of(task);
  result.users = task.users.size();
  result.fallback_users = total.fallback_users;
  for (std::size_t c = 0; c < options.cutoffs.size(); ++c) {
    const std::span<double> sums = total.sums.at(c);
    const double n = std::max(1.0, static_cast<double>(task.users.size()));
    result.ranking.push_back(
        {options.cutoffs[c], sums[0] / n, sums[1] / n, sums[2] / n, sums[3] / n, sums[4] / n, sums[5] / n});
  }
  if (traits.predicts_ratings) result.rating = evaluate_ratings(model, data, histories, test_users, context);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace akin
