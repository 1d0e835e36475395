#include "akin/eval/rating.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/communicator.h"
#include "akin/base/parallel.h"
#include "akin/linalg/pair_area.h"

namespace akin {
namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();
constexpr double kLeastProbability = 1e-7;

/// The held-out events of all users, one after the other, with the model's score of each (NaN = none).
struct ScoredEvents {
  std::vector<float> values, scores;
  std::vector<std::size_t> offsets = {0};  // of each user
  std::size_t users() const { return offsets.size() - 1; }
};

/// A model that looks at times is asked for each event at its time.
ScoredEvents score_events(const Model& model, bool uses_times, const Histories& histories,
                          std::span<const std::span<const Event>> test_users, const Context& context) {
  ScoredEvents result;
  for (const std::span<const Event> events : test_users) {
    for (const Event& event : events) result.values.push_back(event.value);
    result.offsets.push_back(result.values.size());
  }
  result.scores.resize(result.values.size());
  const Communicator& ranks = context.ranks();
  const Share own = equal_share(test_users.size(), ranks.rank(), ranks.size());
  parallel_for(own.size(), context.threads, [&](std::size_t begin, std::size_t end, int) {
    context.check_stop();
    QueryBuffer query;
    std::vector<idx_t> items;
    for (std::size_t u = own.begin + begin; u < own.begin + end; ++u) {
      items.clear();
      for (const Event& event : test_users[u]) items.push_back(event.item);
      const std::span<float> scores = std::span(result.scores).subspan(result.offsets[u], items.size());
      const idx_t user = test_users[u].front().user;
      const auto score = [&](std::size_t first, std::size_t count, std::int64_t now) {
        const auto own_scores = scores.subspan(first, count);
        if (!model.score(query.query(user, histories.of(user), {}, now),
                         std::span(items).subspan(first, count), own_scores)) {
          std::ranges::fill(own_scores, std::numeric_limits<float>::quiet_NaN());
        }
      };
      if (!uses_times) {
        score(0, items.size(), kNoTime);
        continue;
      }
      for (std::size_t i = 0; i < items.size(); ++i) score(i, 1, test_users[u][i].time);
    }
  });
  std::vector<std::size_t> offsets;
  for (int r = 0; r <= ranks.size(); ++r)
    offsets.push_back(result.offsets[equal_share(test_users.size(), r, ranks.size()).begin] * sizeof(float));
  ranks.all_gather(std::as_writable_bytes(std::span(result.scores)), offsets);
  return result;
}

/// A metric that is the mean over events of term(event); a user weighs as much as they have events.
template <typename Term>
Metric mean_over_events(std::string name, Better better, const ScoredEvents& events, const Term& term) {
  Metric metric{.name = std::move(name), .better = better};
  double total = 0;
  for (std::size_t u = 0; u < events.users(); ++u) {
    double sum = 0;
    for (std::size_t e = events.offsets[u]; e < events.offsets[u + 1]; ++e) sum += term(e);
    const auto n = static_cast<double>(events.offsets[u + 1] - events.offsets[u]);
    metric.values.push_back(static_cast<float>(sum / n));
    metric.weights.push_back(static_cast<float>(n));
    total += sum;
  }
  metric.value = total / static_cast<double>(events.values.size());
  return metric;
}

void add_errors(const ScoredEvents& events, std::vector<Metric>& metrics) {
  const auto error = [&](std::size_t e) { return static_cast<double>(events.scores[e] - events.values[e]); };
  const auto squared = [&](std::size_t e) { return error(e) * error(e); };
  Metric rmse = mean_over_events("RMSE", Better::kLower, events, squared);
  rmse.root = true;
  rmse.value = std::sqrt(rmse.value);
  metrics.push_back(std::move(rmse));
  metrics.push_back(
      mean_over_events("MAE", Better::kLower, events, [&](std::size_t e) { return std::abs(error(e)); }));
  metrics.push_back(mean_over_events("MSE", Better::kLower, events, squared));
}

Metric grouped_area(const ScoredEvents& events, std::span<const char> positive) {
  Metric gauc{.name = "GAUC"};
  double sum = 0, weight = 0;
  for (std::size_t u = 0; u < events.users(); ++u) {
    const std::size_t begin = events.offsets[u], n = events.offsets[u + 1] - begin;
    const double area = pair_area(std::span(events.scores).subspan(begin, n), positive.subspan(begin, n));
    const double w = std::isnan(area) ? 0 : static_cast<double>(n);
    gauc.values.push_back(std::isnan(area) ? 0.0F : static_cast<float>(area));
    gauc.weights.push_back(static_cast<float>(w));
    if (w > 0) sum += w * area;
    weight += w;
  }
  gauc.value = sum / weight;
  return gauc;
}

void add_labels(const ScoredEvents& events, const Traits& traits, float liked, std::vector<Metric>& metrics) {
  std::vector<char> positive;
  for (const float value : events.values) positive.push_back(value >= liked ? 1 : 0);
  metrics.push_back({.name = "AUC(liked)", .value = pair_area(events.scores, positive)});
  metrics.push_back(grouped_area(events, positive));
  if (traits.predicts_ratings || traits.predicts_probability) {
    const float threshold = traits.predicts_probability ? 0.5F : liked;
    metrics.push_back(mean_over_events("accuracy", Better::kHigher, events, [&](std::size_t e) {
      return (events.scores[e] >= threshold) == (positive[e] != 0) ? 1.0 : 0.0;
    }));
  }
  if (traits.predicts_probability) {
    metrics.push_back(mean_over_events("log loss", Better::kLower, events, [&](std::size_t e) {
      const double p =
          std::clamp(static_cast<double>(events.scores[e]), kLeastProbability, 1 - kLeastProbability);
      return -std::log(positive[e] != 0 ? p : 1 - p);
    }));
  }
}

}  // namespace

float ScoreScale::counted(float score) const {
  if (std::isnan(score)) return stand_in;
  return ratings ? std::clamp(score, low, high) : score;
}

ScoreScale score_scale(const Traits& traits, std::span<const Event> known) {
  if (!traits.predicts_ratings) return {.stand_in = traits.predicts_probability ? 0.5F : kLowest};
  ScoreScale scale{.stand_in = 0, .low = 0, .high = 0, .ratings = true};
  double sum = 0;
  std::uint64_t n = 0;
  for (const Event& event : known) {
    if (event.subset != Subset::kTrain) continue;
    scale.low = n == 0 ? event.value : std::min(scale.low, event.value);
    scale.high = n == 0 ? event.value : std::max(scale.high, event.value);
    sum += static_cast<double>(event.value);
    ++n;
  }
  if (n > 0) scale.stand_in = static_cast<float>(sum / static_cast<double>(n));
  return scale;
}

void evaluate_events(const Model& model, const Traits& traits, const Histories& histories,
                     std::span<const std::span<const Event>> test_users, std::span<const Event> known,
                     const EvaluateOptions& options, const Context& context, Evaluation& result) {
  if (!traits.predicts_ratings && !options.liked) return;
  ScoredEvents events = score_events(model, traits.uses_times, histories, test_users, context);
  const ScoreScale scale = score_scale(traits, known);
  for (float& score : events.scores) {
    result.mean_events += std::isnan(score) ? 1 : 0;
    score = scale.counted(score);
  }
  // Where all training values are the same there are no ratings to predict.
  if (traits.predicts_ratings && scale.low < scale.high) add_errors(events, result.metrics);
  if (options.liked) add_labels(events, traits, *options.liked, result.metrics);
}

}  // namespace akin
