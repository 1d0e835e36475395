#include "akin/optim/dual_descent.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The weight of a column times its scale, beside the square of the scale: one line of memory for both.
struct Column {
  float weight = 0;
  float scale2 = 1;
};

/// The s in (0, 1) that solves a C (s - s0) + b + ln(s / (1 - s)) = 0, whose left side rises: Newton's method on the
/// logarithm, kept within bounds.
double logistic_share(double curvature, double start, double slope) {
  double low = -slope - curvature * (1 - start), high = -slope + curvature * start;
  double t = std::clamp(0.0, low, high);
  for (int i = 0; i < 50; ++i) {
    const double share = 1 / (1 + std::exp(-t));
    const double value = curvature * (share - start) + slope + t;
    if (std::abs(value) < 1e-6) break;
    (value > 0 ? high : low) = t;
    const double next = t - value / (curvature * share * (1 - share) + 1);
    t = next > low && next < high ? next : (low + high) / 2;
  }
  return 1 / (1 + std::exp(-t));
}

template <bool kValues>
class Descent {
 public:
  Descent(const LinearProblem& problem, const LinearOptions& options, std::uint64_t seed)
      : problem_(problem),
        options_(options),
        cost_(1.0 / static_cast<double>(options.regularization)),
        seed_(seed),
        columns_(problem.rows.cols),
        active_(problem.targets.size()),
        dual_(active_.size(), 0.0),
        lengths_(active_.size()) {
    std::iota(active_.begin(), active_.end(), idx_t{0});
    for (std::size_t c = 0; c < problem.scales.size(); ++c)
      columns_[c].scale2 = problem.scales[c] * problem.scales[c];
    for (const idx_t sample : active_) {
      double length = problem.bias ? 1 : 0;
      for_entries(sample, [&](Column& column, float value) {
        length +=
            static_cast<double>(column.scale2) * static_cast<double>(value) * static_cast<double>(value);
      });
      lengths_[sample] = length;
    }
    tolerance_ = static_cast<double>(options.tolerance);
    if (options.loss == LinearLoss::kSquared) tolerance_ *= root_mean_square();
  }

  LinearFit run(const Context& context) {
    LinearFit fit;
    const std::size_t all = active_.size();
    std::size_t count = all;  // the first samples are looked at
    while (fit.epochs < options_.epochs) {
      context.check_stop();
      ++fit.epochs;
      Rng(seed_, static_cast<std::uint64_t>(fit.epochs)).shuffle(std::span(active_).first(count));
      low_ = kInfinity;
      high_ = -kInfinity;
      for (std::size_t at = 0; at < count;) {
        if (step(active_[at])) {
          ++at;
        } else {  // the sample can hardly change any more: left out until the others are done
          std::swap(active_[at], active_[--count]);
        }
      }
      if (high_ - low_ > tolerance_) {
        shrink_above_ = high_ > 0 ? high_ : kInfinity;
        continue;
      }
      if (count == all) break;
      count = all;
      shrink_above_ = kInfinity;
    }
    fit.weights.resize(columns_.size());
    std::ranges::transform(columns_, fit.weights.begin(), &Column::weight);
    fit.bias = static_cast<float>(bias_);
    const bool signs = options_.loss != LinearLoss::kSquared;
    for (std::size_t s = 0; s < all; ++s)
      fit.coefficients.push_back(static_cast<float>(signs ? target(s) * dual_[s] : dual_[s]));
    return fit;
  }

 private:
  double target(std::size_t sample) const { return static_cast<double>(problem_.targets[sample]); }
  /// C of the papers: 1 / lambda, times how often the sample counts.
  double cost(std::size_t sample) const {
    return problem_.costs.empty() ? cost_ : cost_ * static_cast<double>(problem_.costs[sample]);
  }

  double root_mean_square() const {
    double sum = 0;
    for (std::size_t s = 0; s < active_.size(); ++s) sum += target(s) * target(s);
    return std::sqrt(sum / static_cast<double>(active_.size()));
  }

  template <typename Visit>
  void for_entries(idx_t sample, const Visit& visit) {
    const Csr& rows = problem_.rows;
    const idx_t row = problem_.samples.empty() ? sample : problem_.samples[sample];
    for (std::uint64_t e = rows.offsets[row]; e < rows.offsets[row + 1]; ++e)
      visit(columns_[rows.indices[e]], kValues ? rows.values[e] : 1.0F);
  }

  double score(idx_t sample) {
    float sum = problem_.offsets.empty() ? 0 : problem_.offsets[sample];
    for_entries(sample, [&](const Column& column, float value) { sum += column.weight * value; });
    return static_cast<double>(sum) + bias_;
  }

  void move(idx_t sample, double by) {
    const auto step = static_cast<float>(by);
    for_entries(sample, [&](Column& column, float value) { column.weight += step * value * column.scale2; });
    if (problem_.bias) bias_ += by;
  }

  void note(double gradient) {
    low_ = std::min(low_, gradient);
    high_ = std::max(high_, gradient);
  }

  /// Best value of one dual variable, the others fixed. False if the sample is to be left out.
  bool step(idx_t sample) {
    const double y = target(sample), length = lengths_[sample], before = dual_[sample];
    double& dual = dual_[sample];
    if (options_.loss == LinearLoss::kLogistic) {
      const double share = logistic_share(cost(sample) * length, before / cost(sample), y * score(sample));
      dual = cost(sample) * share;
      note((dual - before) * length);  // how far the score moves
      move(sample, y * (dual - before));
      return true;
    }
    const double ridge = 0.5 / cost(sample);
    if (options_.loss == LinearLoss::kSquared) {
      const double gradient = score(sample) - y + before * ridge;
      note(gradient);
      dual = before - gradient / (length + ridge);
      move(sample, dual - before);
      return true;
    }
    const double gradient = y * score(sample) - 1 + before * ridge;
    if (before == 0 && gradient > shrink_above_) return false;
    const double projected = before == 0 ? std::min(gradient, 0.0) : gradient;
    note(projected);
    if (std::abs(projected) > 1e-12) {
      dual = std::max(before - gradient / (length + ridge), 0.0);
      move(sample, y * (dual - before));
    }
    return true;
  }

  const LinearProblem& problem_;
  const LinearOptions& options_;
  double cost_;
  std::uint64_t seed_;
  std::vector<Column> columns_;
  double bias_ = 0;
  std::vector<idx_t> active_;
  std::vector<double> dual_, lengths_;  // by sample; lengths squared
  double tolerance_ = 0;
  double low_ = 0, high_ = 0;  // of the projected gradient in this epoch
  double shrink_above_ = kInfinity;
};

}  // namespace

LinearFit fit_linear(const LinearProblem& problem, const LinearOptions& options, std::uint64_t seed,
                     const Context& context) {
  if (!(options.regularization > 0))
    fail(ErrorCode::kUsage, "regularization: {}: it must be above 0", options.regularization);
  return problem.rows.values.empty() ? Descent<false>(problem, options, seed).run(context)
                                     : Descent<true>(problem, options, seed).run(context);
}

}  // namespace akin
