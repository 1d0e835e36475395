#include "akin/eval/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>

#include "akin/base/parallel.h"
#include "akin/eval/block_ranker.h"
#include "akin/eval/rating.h"
#include "akin/eval/text_table.h"

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

/// Fills task.users and task.held_out, and counts what is left out.
void collect_held_out(std::span<const std::span<const Event>> test_users, RankingTask& task,
                      Evaluation& result) {
  // user + 1 whose training has the item, latest first
  std::vector<idx_t> trained_by(task.data.n_items(), 0);
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

/// Ranks for all users of the task and adds the sums up in their order.
BlockResult rank_users(const RankingTask& task, const RankingScorer& scorer, std::size_t n_cutoffs,
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

std::string protocol_of(const RankingTask& task) {
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
  return fmt::format("{} of {} users: held-out items ranked against {} given negatives; the others: {}",
                     format_count(with_candidates), format_count(task.users.size()), number, all);
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

  RankingTask task{model, data, histories, options.ties, std::vector<float>(data.n_items(), 0.0F), {}, {}};
  std::vector<std::uint32_t> counts(data.n_items(), 0);
  for (const Event& event : data.events) ++counts[event.item];
  std::ranges::transform(counts, task.popularity.begin(),
                         [](std::uint32_t count) { return static_cast<float>(count); });
  collect_held_out(test_users, task, result);

  const RankingScorer scorer(options.cutoffs, data.n_items());
  BlockResult total = rank_users(task, scorer, options.cutoffs.size(), context);
  result.protocol = protocol_of(task);
  if (options.ties == Ties::kInFavour) result.protocol += "; ties in favour of the model";
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
