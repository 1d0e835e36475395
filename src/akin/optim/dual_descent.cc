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
        active_(problem.chosen.begin(), problem.chosen.end()) {
    if (active_.empty()) {
      active_.resize(problem.rows.rows());
      std::iota(active_.begin(), active_.end(), idx_t{0});
    }
    for (std::size_t c = 0; c < problem.scales.size(); ++c)
      columns_[c].scale2 = problem.scales[c] * problem.scales[c];
    dual_.assign(problem.rows.rows(), 0.0);
    lengths_.assign(problem.rows.rows(), 0.0);
    for (const idx_t row : active_) {
      double length = problem.bias ? 1 : 0;
      for_entries(row, [&](Column& column, float value) {
        length +=
            static_cast<double>(column.scale2) * static_cast<double>(value) * static_cast<double>(value);
      });
      lengths_[row] = length;
    }
    tolerance_ = static_cast<double>(options.tolerance);
    if (options.loss == LinearLoss::kSquared) tolerance_ *= root_mean_square();
  }

  LinearFit run(const Context& context) {
    LinearFit fit;
    const std::size_t all = active_.size();
    count_ = all;
    for (fit.epochs = 1; fit.epochs <= options_.epochs; ++fit.epochs) {
      context.check_stop();
      Rng(seed_, static_cast<std::uint64_t>(fit.epochs)).shuffle(std::span(active_).first(count_));
      low_ = kInfinity;
      high_ = -kInfinity;
      for (std::size_t at = 0; at < count_;) {
        if (step(active_[at])) {
          ++at;
        } else {  // the row can hardly change any more: left out until the others are done
          std::swap(active_[at], active_[--count_]);
        }
      }
      if (!(high_ - low_ > tolerance_)) {
        if (count_ == all) break;
        count_ = all;
        shrink_above_ = kInfinity;
      } else {
        shrink_above_ = high_ > 0 ? high_ : kInfinity;
      }
    }
    fit.epochs = std::min(fit.epochs, options_.epochs);
    fit.weights.resize(columns_.size());
    std::ranges::transform(columns_, fit.weights.begin(), &Column::weight);
    fit.bias = static_cast<float>(bias_);
    return fit;
  }

 private:
  double root_mean_square() const {
    double sum = 0;
    for (const idx_t row : active_)
      sum += static_cast<double>(problem_.targets[row]) * static_cast<double>(problem_.targets[row]);
    return std::sqrt(sum / static_cast<double>(active_.size()));
  }

  template <typename Visit>
  void for_entries(idx_t row, const Visit& visit) {
    const Csr& rows = problem_.rows;
    for (std::uint64_t e = rows.offsets[row]; e < rows.offsets[row + 1]; ++e)
      visit(columns_[rows.indices[e]], kValues ? rows.values[e] : 1.0F);
  }

  double score(idx_t row) {
    float sum = 0;
    for_entries(row, [&](const Column& column, float value) { sum += column.weight * value; });
    return static_cast<double>(sum) + bias_;
  }

  void move(idx_t row, double by) {
    const auto step = static_cast<float>(by);
    for_entries(row, [&](Column& column, float value) { column.weight += step * value * column.scale2; });
    if (problem_.bias) bias_ += by;
  }

  void note(double gradient) {
    low_ = std::min(low_, gradient);
    high_ = std::max(high_, gradient);
  }

  /// Best value of one dual variable, the others fixed. False if the row is to be left out.
  bool step(idx_t row) {
    const auto y = static_cast<double>(problem_.targets[row]);
    double& dual = dual_[row];
    const double before = dual;
    if (options_.loss == LinearLoss::kLogistic) {
      const double slope = y * score(row);
      const double share = logistic_share(cost_ * lengths_[row], before / cost_, slope);
      dual = cost_ * share;
      note((dual - before) * lengths_[row]);  // how far the score moves
      move(row, y * (dual - before));
      return true;
    }
    const double ridge = 0.5 / cost_;
    if (options_.loss == LinearLoss::kSquared) {
      const double gradient = score(row) - y + dual * ridge;
      note(gradient);
      dual -= gradient / (lengths_[row] + ridge);
      move(row, dual - before);
      return true;
    }
    const double gradient = y * score(row) - 1 + dual * ridge;
    if (before == 0 && gradient > shrink_above_) return false;
    const double projected = before == 0 ? std::min(gradient, 0.0) : gradient;
    note(projected);
    if (std::abs(projected) > 1e-12) {
      dual = std::max(before - gradient / (lengths_[row] + ridge), 0.0);
      move(row, y * (dual - before));
    }
    return true;
  }

  const LinearProblem& problem_;
  const LinearOptions& options_;
  double cost_;  // C of the papers: 1 / lambda
  std::uint64_t seed_;
  std::vector<Column> columns_;
  double bias_ = 0;
  std::vector<idx_t> active_;  // the first count_ are looked at
  std::size_t count_ = 0;
  std::vector<double> dual_;     // by row
  std::vector<double> lengths_;  // squared, by row
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
