#include "akin/eval/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <mutex>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/parallel.h"
#include "akin/data/describe.h"
#include "akin/eval/block_ranker.h"
#include "akin/eval/bootstrap.h"
#include "akin/eval/rating.h"
#include "akin/models/placed.h"

namespace akin {

namespace {

// Lists ranked together: their query vectors, item tile and score block stay in the second-level cache. The
// size depends on the number of lists only, so that sums come out the same at any thread count.
constexpr std::size_t kMaxBlockLists = 48;
constexpr std::size_t kMinBlockLists = 3;

/// The metrics of each list, (lists, columns), and what all lists hold together.
struct RankedAll {
  std::vector<float> rows;
  BlockResult total;
  std::vector<std::vector<std::uint64_t>> counts;  // per cutoff, of each item
  BinCounts bins;
};

/// Brings every rank's blocks to all of them: `own` are the blocks of this one.
void gather_blocks(const Communicator& ranks, std::size_t block, std::size_t lists,
                   std::vector<BlockResult>& results, RankedAll& all) {
  if (ranks.alone()) return;
  const std::size_t columns = all.total.sums.size();
  const Share own = equal_share(results.size(), ranks.rank(), ranks.size());
  std::vector<std::size_t> offsets;  // of the ranks' rows, in bytes
  for (int r = 0; r <= ranks.size(); ++r) {
    const std::size_t first = equal_share(results.size(), r, ranks.size()).begin * block;
    offsets.push_back(std::min(first, lists) * columns * sizeof(float));
  }
  ranks.all_gather(std::as_writable_bytes(std::span(all.rows)), offsets);
  std::vector<double> sums;
  std::vector<std::uint64_t> counts;
  for (std::size_t b = own.begin; b < own.end; ++b) {
    sums.insert(sums.end(), results[b].sums.begin(), results[b].sums.end());
    counts.insert(counts.end(), results[b].counts.begin(), results[b].counts.end());
    counts.push_back(results[b].fallback_lists);
  }
  sums = gather_all(ranks, std::span<const double>(sums));
  counts = gather_all(ranks, std::span<const std::uint64_t>(counts));
  for (std::size_t b = 0; b < results.size(); ++b) {
    std::copy_n(sums.data() + b * columns, columns, results[b].sums.data());
    std::copy_n(counts.data() + b * (columns + 1), columns, results[b].counts.data());
    results[b].fallback_lists = counts[b * (columns + 1) + columns];
  }
}

/// The lists are divided among the ranks by blocks.
RankedAll rank_lists(const RankingTask& task, const RankingScorer& scorer, const Context& context) {
  const std::size_t n = task.lists.size(), columns = Columns(task.options).count;
  const std::size_t block = std::clamp(n / 64, kMinBlockLists, kMaxBlockLists);
  std::vector<BlockResult> results((n + block - 1) / block, BlockResult(columns));
  RankedAll all{std::vector<float>(n * columns), BlockResult(columns), {}, {}};
  std::mutex progress_mutex;
  std::uint64_t done = 0;
  std::vector<BlockRanker> rankers;
  const Communicator& ranks = context.ranks();
  const Share own = equal_share(results.size(), ranks.rank(), ranks.size());
  const auto threads = static_cast<std::size_t>(resolve_threads(context.threads));
  for (std::size_t worker = 0; worker < std::min(threads, std::max<std::size_t>(1, own.size())); ++worker)
    rankers.emplace_back(task, scorer);
  parallel_for(
      own.size(), static_cast<int>(rankers.size()),
      [&](std::size_t begin, std::size_t, int worker) {
        context.check_stop();
        const std::size_t number = own.begin + begin, first = number * block;
        const std::size_t size = std::min(block, n - first);
        rankers[static_cast<std::size_t>(worker)].rank(first, size, all.rows, results[number]);
        const std::scoped_lock lock(progress_mutex);
        context.report({.phase = "evaluating", .done = done += size, .total = n, .unit = "lists"});
      },
      1);
  gather_blocks(ranks, block, n, results, all);
  for (const BlockResult& result : results) all.total.add(result);
  all.counts.assign(task.options.cutoffs.size(), std::vector<std::uint64_t>(task.n_items(), 0));
  for (const BlockRanker& ranker : rankers) {
    for (std::size_t c = 0; c < all.counts.size(); ++c) {
      const auto counts = ranker.list_scorer().counts(c);
      for (std::size_t i = 0; i < counts.size(); ++i) all.counts[c][i] += counts[i];
    }
    for (std::size_t b = 0; b < BinCounts::kBins; ++b) {
      all.bins.held_out[b] += ranker.bins().held_out[b];
      all.bins.hits[b] += ranker.bins().hits[b];
    }
  }
  for (std::vector<std::uint64_t>& counts : all.counts) add_over_ranks(ranks, std::span(counts));
  add_over_ranks<std::uint64_t>(ranks, all.bins.held_out);
  add_over_ranks<std::uint64_t>(ranks, all.bins.hits);
  return all;
}

/// Column c of the lists' rows as a metric over users: the mean of a user's lists, weighted by their number.
Metric column_metric(std::string name, const RankingTask& task, const RankedAll& ranked, std::size_t c) {
  Metric metric{.name = std::move(name)};
  const std::size_t columns = ranked.total.sums.size();
  metric.value = ranked.total.sums[c] / static_cast<double>(ranked.total.counts[c]);
  bool weighted = false;
  for (std::size_t begin = 0; begin < task.lists.size();) {
    std::size_t end = begin;
    double sum = 0, count = 0;
    for (; end < task.lists.size() && task.lists[end].user == task.lists[begin].user; ++end) {
      const float x = ranked.rows[end * columns + c];
      if (std::isnan(x)) continue;
      sum += static_cast<double>(x);
      ++count;
    }
    metric.values.push_back(static_cast<float>(count > 0 ? sum / count : 0));
    metric.weights.push_back(static_cast<float>(count));
    weighted = weighted || count != 1;
    begin = end;
  }
  if (!weighted) metric.weights.clear();
  return metric;
}

void add_ranking_metrics(const RankingTask& task, const RankedAll& ranked, Evaluation& result) {
  const auto at = [&](std::string_view name, std::size_t c) {
    return fmt::format("{}@{}", name, task.options.cutoffs[c]);
  };
  for (std::size_t c = 0; c < task.options.cutoffs.size(); ++c) {
    for (std::size_t m = 0; m < RankingScorer::kMetrics; ++m) {
      result.metrics.push_back(
          column_metric(at(RankingScorer::kNames[m], c), task, ranked, c * RankingScorer::kMetrics + m));
    }
  }
  if (task.options.auc)
    result.metrics.push_back(column_metric("AUC", task, ranked, Columns(task.options).auc));
}

void add_list_metrics(const RankingTask& task, const RankedAll& ranked, Evaluation& result) {
  if (!task.options.beyond) return;
  for (std::size_t c = 0; c < task.options.cutoffs.size(); ++c) {
    const int cutoff = task.options.cutoffs[c];
    result.metrics.push_back(
        {.name = fmt::format("coverage@{}", cutoff), .value = coverage(ranked.counts[c])});
    result.metrics.push_back(
        {.name = fmt::format("Gini@{}", cutoff), .better = Better::kLower, .value = gini(ranked.counts[c])});
    for (std::size_t m = 0; m < ListScorer::kMetrics; ++m) {
      Metric metric = column_metric(fmt::format("{}@{}", ListScorer::kNames[m], cutoff), task, ranked,
                                    Columns(task.options).beyond + c * ListScorer::kMetrics + m);
      metric.better = m == ListScorer::kDiversity ? Better::kHigher : Better::kNeither;
      result.metrics.push_back(std::move(metric));
    }
  }
}

std::vector<PopularityBin> used_bins(const BinCounts& counts) {
  std::vector<PopularityBin> bins;
  for (std::size_t b = 0; b < BinCounts::kBins; ++b) {
    if (counts.held_out[b] == 0) continue;
    const std::uint64_t low = b == 0 ? 0 : std::uint64_t{1} << (b - 1);
    bins.push_back({low, b == 0 ? 0 : 2 * low - 1, counts.held_out[b], counts.hits[b]});
  }
  return bins;
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
  if (data.source.n_items() > 0x7FFFFFFF) {
    fail(ErrorCode::kBadData, "{} items are more than the evaluator ranks, 2,147,483,647",
         data.source.n_items());
  }
}

}  // namespace

void add_intervals(Evaluation& evaluation, const EvaluateOptions& options, const Context& context) {
  if (options.resamples == 0) return;
  add_intervals(evaluation.metrics, {.resamples = options.resamples, .seed = options.seed}, context);
}

double Evaluation::value(std::string_view name) const {
  const Metric* metric = find_metric(metrics, name);
  return metric != nullptr ? metric->value : std::numeric_limits<double>::quiet_NaN();
}

Evaluation evaluate(const Model& model, const Traits& traits, const TrainingData& data,
                    std::span<const Event> test, const EvaluateOptions& given_options,
                    const Context& context) {
  const auto start = std::chrono::steady_clock::now();
  EvaluateOptions options = given_options;
  if (options.each_event) options.exclude_seen = false;
  check(test, data, options);
  AKIN_ASSERT(model.n_items() >= data.n_items());
  Evaluation result;
  result.test_events = test.size();
  result.cutoffs = options.cutoffs;
  const Histories histories(data);
  const std::vector<std::span<const Event>> test_users = by_user(test);

  const std::size_t n_items = ranked_items(options.candidates, data.source);
  std::vector<std::uint64_t> training_events(n_items, 0);
  for (const Event& event : data.events)
    training_events[event.item] += event.subset == Subset::kTrain ? 1 : 0;
  std::vector<float> popularity(n_items);
  std::ranges::transform(training_events, popularity.begin(),
                         [](std::uint64_t count) { return static_cast<float>(count); });
  const CandidateSampler sampler(options.candidates, popularity);
  const Audiences audiences(options.beyond ? data : TrainingData{data.source, {}}, n_items);
  std::vector<char> placed;
  if (n_items > data.n_items() || options.candidates.kind == CandidateSpec::Kind::kCold)
    placed = placed_items(model, traits, popularity);
  const bool all_scores = options.auc || sampler.samples() || !placed.empty();
  const ItemOrder order(model.item_vectors(), n_items,
                        all_scores ? ItemOrder::By::kIndex : ItemOrder::By::kLength);
  RankingTask task{model, traits, data, histories, options, popularity, sampler, audiences, order};
  task.placed = std::move(placed);
  collect_held_out(test_users, task, result);
  if (task.lists.empty() && result.warm_item_events > 0) {
    fail(ErrorCode::kBadData,
         "--candidates cold: all {} held-out events are of items with training events; hold items out with "
         "--holdout "
         "cold-items",
         result.warm_item_events);
  }

  const RankedAll ranked = rank_lists(task, RankingScorer(options.cutoffs, n_items), context);
  result.protocol = protocol_of(task);
  result.fallback_users = ranked.total.fallback_lists;
  add_ranking_metrics(task, ranked, result);
  evaluate_events(model, traits, histories, test_users, data.events, options, context, result);
  add_list_metrics(task, ranked, result);
  result.bins_cutoff = options.cutoffs[options.cutoffs.size() / 2];
  result.bins = used_bins(ranked.bins);
  add_intervals(result, options, context);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace akin
