#include "akin/fusion/source_gate.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/optim/minimize.h"

namespace akin {
namespace {

constexpr std::size_t kKnotCount = SourceGate::kKnots.size();
// Of a source that says nothing, or what others say too, this decides: such share the weight. Next to thousands of queries it is
// nothing; where there are few, it keeps one source from taking all.
constexpr double kRidge = 1;

/// The loss of fit_gate() over those weights that are free.
class GateLoss {
 public:
  GateLoss(const SourceQueries& queries, double smoothness)
      : queries_(queries), smoothness_(smoothness), free_(kKnotCount * queries.sources, 1) {
    places_.reserve(queries.events.size());
    for (const std::uint32_t events : queries.events) places_.push_back(SourceGate::place(events));
  }

  double operator()(std::span<const double> weights, std::span<double> gradient) const {
    std::ranges::fill(gradient, 0.0);
    double loss = 0;
    std::vector<double> chances(queries_.candidates);
    for (std::size_t q = 0; q < queries_.size(); ++q) loss += query_loss(q, weights, gradient, chances);
    const std::size_t s = queries_.sources;
    for (std::size_t at = 0; at < weights.size(); ++at) {
      loss += kRidge / 2 * weights[at] * weights[at];
      gradient[at] += kRidge * weights[at];
      if (at + s >= weights.size()) continue;
      const double step = weights[at + s] - weights[at];
      loss += smoothness_ / 2 * step * step;
      gradient[at + s] += smoothness_ * step;
      gradient[at] -= smoothness_ * step;
    }
    for (std::size_t at = 0; at < weights.size(); ++at) gradient[at] *= free_[at];
    return loss;
  }

  /// Fixes the weights that are negative at 0; false if there are none.
  bool fix_negative(std::span<double> weights) {
    bool any = false;
    for (std::size_t at = 0; at < weights.size(); ++at) {
      if (weights[at] >= 0) continue;
      weights[at] = free_[at] = 0;
      any = true;
    }
    return any;
  }

 private:
  double query_loss(std::size_t q, std::span<const double> weights, std::span<double> gradient,
                    std::vector<double>& chances) const {
    const std::size_t n = queries_.candidates, s = queries_.sources;
    double largest = -INFINITY;
    for (std::size_t c = 0; c < n; ++c) {
      const float* const z = &queries_.scores[(q * n + c) * s];
      const SourceGate::Place place = places_[q * n + c];
      const double upper = static_cast<double>(place.share), lower = 1 - upper;
      const double* const low = &weights[place.knot * s];
      const double* const high = place.share > 0 ? low + s : low;
      double sum = 0;
      for (std::size_t k = 0; k < s; ++k)
        sum += (lower * low[k] + upper * high[k]) * static_cast<double>(z[k]);
      chances[c] = sum;
      largest = std::max(largest, sum);
    }
    const double chosen = chances[0];
    double total = 0;
    for (double& chance : chances) total += chance = std::exp(chance - largest);
    for (std::size_t c = 0; c < n; ++c) {
      const float* const z = &queries_.scores[(q * n + c) * s];
      const SourceGate::Place place = places_[q * n + c];
      const double error = chances[c] / total - (c == 0 ? 1 : 0);
      const double upper = static_cast<double>(place.share) * error, lower = error - upper;
      double* const low = &gradient[place.knot * s];
      double* const high = place.share > 0 ? low + s : low;
      for (std::size_t k = 0; k < s; ++k) {
        low[k] += lower * static_cast<double>(z[k]);
        high[k] += upper * static_cast<double>(z[k]);
      }
    }
    return largest + std::log(total) - chosen;
  }

  const SourceQueries& queries_;
  double smoothness_;
  std::vector<double> free_;  // 1, or 0 of a weight that is fixed
  std::vector<SourceGate::Place> places_;
};

}  // namespace

SourceGate::SourceGate(std::size_t sources) : weights_(kKnotCount, sources) {
  for (std::size_t k = 0; k < kKnotCount; ++k) std::ranges::fill(weights_[k], 1.0F);
}

std::size_t SourceGate::stratum_of(std::uint32_t events) {
  return static_cast<std::size_t>(std::ranges::upper_bound(kStrataBegin, events) - kStrataBegin.begin()) - 1;
}

SourceGate::Place SourceGate::place(std::uint32_t events) {
  const auto above = static_cast<std::size_t>(std::ranges::upper_bound(kKnots, events) - kKnots.begin());
  if (above == kKnotCount) return {kKnotCount - 1, 0};
  const double low = std::log1p(kKnots.at(above - 1)), high = std::log1p(kKnots.at(above));
  return {above - 1, static_cast<float>((std::log1p(events) - low) / (high - low))};
}

float SourceGate::weight(std::size_t source, std::uint32_t events) const {
  const Place at = place(events);
  const float low = weights_[at.knot][source];
  return at.share > 0 ? low + at.share * (weights_[at.knot + 1][source] - low) : low;
}

SourceQueries SourceQueries::select(std::span<const std::size_t> kept) const {
  SourceQueries result{kept.size(), candidates, {}, events};
  result.scores.reserve(events.size() * kept.size());
  for (std::size_t at = 0; at < events.size(); ++at) {
    for (const std::size_t source : kept) result.scores.push_back(scores[at * sources + source]);
  }
  return result;
}

SourceQueries SourceQueries::undamped(std::span<const std::size_t> damped) const {
  SourceQueries result = *this;
  for (std::size_t at = 0; at < events.size(); ++at) {
    for (const std::size_t source : damped) {
      float& score = result.scores[at * sources + source];
      score = std::sinh(score);
    }
  }
  return result;
}

SourceQueries SourceQueries::half(std::size_t first) const {
  SourceQueries result{sources, candidates, {}, {}};
  for (std::size_t q = first; q < size(); q += 2) {
    const auto queries_events = events.begin() + static_cast<std::ptrdiff_t>(q * candidates);
    const auto queries_scores = scores.begin() + static_cast<std::ptrdiff_t>(q * candidates * sources);
    result.events.insert(result.events.end(), queries_events,
                         queries_events + static_cast<std::ptrdiff_t>(candidates));
    result.scores.insert(result.scores.end(), queries_scores,
                         queries_scores + static_cast<std::ptrdiff_t>(candidates * sources));
  }
  return result;
}

std::array<std::size_t, 4> SourceQueries::by_stratum() const {
  std::array<std::size_t, 4> counts{};
  for (std::size_t q = 0; q < size(); ++q) ++counts.at(SourceGate::stratum_of(events[q * candidates]));
  return counts;
}

SourceGate fit_gate(const SourceQueries& queries, const GateOptions& options, const Context& context) {
  AKIN_ASSERT(queries.scores.size() == queries.events.size() * queries.sources);
  if (queries.size() == 0) return SourceGate(queries.sources);
  GateLoss loss(queries, static_cast<double>(options.smoothness));
  std::vector<double> weights(kKnotCount * queries.sources, 0.0);
  const Objective objective{.value_and_gradient = [&](std::span<const double> x, std::span<double> gradient) {
    context.check_stop();
    return loss(x, gradient);
  }};
  const MinimizeOptions minimizing{.max_iterations = 100,
                                   .gradient_tolerance = 1e-4 * static_cast<double>(queries.size())};
  do {
    minimize(objective, weights, minimizing, {});
  } while (options.nonnegative && loss.fix_negative(weights));
  Matrix result(kKnotCount, queries.sources);
  for (std::size_t at = 0; at < weights.size(); ++at)
    result[at / queries.sources][at % queries.sources] = static_cast<float>(weights[at]);
  return SourceGate(std::move(result));
}

StratumRecords check_gate(const SourceQueries& queries, const GateOptions& options, const Context& context) {
  StratumRecords records;
  for (const std::size_t first : {0U, 1U}) {
    const SourceGate gate = fit_gate(queries.half(1 - first), options, context);
    for (std::size_t q = first; q < queries.size(); q += 2) {
      double below = 0, chosen = 0;
      for (std::size_t c = 0; c < queries.candidates; ++c) {
        const std::size_t at = q * queries.candidates + c;
        double score = 0;
        for (std::size_t s = 0; s < queries.sources; ++s)
          score += static_cast<double>(gate.weight(s, queries.events[at]) *
                                       queries.scores[at * queries.sources + s]);
        if (c == 0) chosen = score;
        below += c == 0 || score > chosen ? 0 : score < chosen ? 1 : 0.5;
      }
      const double share = below / static_cast<double>(queries.candidates - 1);
      StratumRecord& record = records.at(SourceGate::stratum_of(queries.events[q * queries.candidates]));
      ++record.queries;
      record.better += share;
      record.first_tenth += share >= 0.9 ? 1 : 0;
    }
  }
  for (StratumRecord& record : records) {
    const auto count = static_cast<double>(std::max<std::size_t>(record.queries, 1));
    record.better /= count;
    record.first_tenth /= count;
  }
  return records;
}

}  // namespace akin
