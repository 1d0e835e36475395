#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/optim/descent.h"

namespace akin::internal {
namespace {

constexpr double kDecrease = 1e-4;    // of the first Wolfe condition
constexpr double kApproximate = 0.1;  // delta of its approximate form
constexpr double kNoise = 1e-12;      // part of |f| that is rounding
constexpr int kMostExpansions = 40;
constexpr int kMostSections = 60;

/// A point of the line, with phi(step) = f(from + step d).
struct Trial {
  double step = 0;
  double slope = 0;  // phi'(step)
  Point point;
  double value() const { return point.value; }
  bool finite() const { return std::isfinite(point.value); }
};

/// Minimum of the cubic through two values and slopes (Nocedal & Wright eq. 3.59), kept off both ends.
double between(const Trial& a, const Trial& b) {
  const double width = b.step - a.step;
  if (!b.finite()) return a.step + 0.1 * width;
  const double d1 = a.slope + b.slope - 3 * (a.value() - b.value()) / (a.step - b.step);
  const double square = d1 * d1 - a.slope * b.slope;
  double part = 0.5;
  if (square >= 0) {
    const double d2 = std::copysign(std::sqrt(square), width);
    part = 1 - (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
  }
  return a.step + width * (std::isfinite(part) ? std::clamp(part, 0.1, 0.9) : 0.5);
}

class Search {
 public:
  Search(Problem& problem, const Point& from, const Eigen::VectorXd& d, const LineSearch& options)
      : problem_(problem),
        from_(from),
        d_(d),
        options_(options),
        slope_(from.gradient.dot(d)),
        noise_(kNoise * std::abs(from.value)) {}

  std::optional<LineStep> run() {
    Trial last{0, slope_, from_};
    double step = options_.first_step;
    for (int i = 0; i < kMostExpansions; ++i) {
      Trial next = trial(step);
      if (!low_enough(next) || (i > 0 && higher(next, last)))
        return section(std::move(last), std::move(next));
      if (flat_enough(next)) return taken(std::move(next));
      if (next.slope >= 0) return section(std::move(next), std::move(last));
      last = std::move(next);
      step *= 4;
    }
    return taken(std::move(last));
  }

 private:
  Trial trial(double step) {
    Trial result{step, 0, problem_.at(from_.x + step * d_)};
    if (result.finite()) {
      result.slope = result.point.gradient.dot(d_);
      saw_number_ = saw_number_ || result.point.x != from_.x;
    } else {
      saw_nan_ = saw_nan_ || std::isnan(result.value());
    }
    return result;
  }

  bool low_enough(const Trial& t) const {
    if (!t.finite()) return false;
    if (t.value() <= from_.value + kDecrease * t.step * slope_) return true;
    return t.value() <= from_.value + noise_ && t.slope <= (2 * kApproximate - 1) * slope_;
  }
  bool flat_enough(const Trial& t) const { return std::abs(t.slope) <= -options_.curvature * slope_; }
  /// Beyond what rounding explains.
  bool higher(const Trial& a, const Trial& b) const { return a.value() > b.value() + noise_; }

  /// Narrows an interval whose end `low` is low enough and leads down towards `other`.
  std::optional<LineStep> section(Trial low, Trial other) {
    for (int i = 0; i < kMostSections; ++i) {
      const double step = between(low, other);
      if (step == low.step || step == other.step) break;
      Trial middle = trial(step);
      if (!low_enough(middle) || higher(middle, low)) {
        other = std::move(middle);
        continue;
      }
      if (flat_enough(middle)) return taken(std::move(middle));
      if (middle.slope * (other.step - low.step) >= 0) other = std::move(low);
      low = std::move(middle);
    }
    return taken(std::move(low));
  }

  std::optional<LineStep> taken(Trial t) const {
    if (t.point.x != from_.x) return LineStep{std::move(t.point), t.step};
    if (saw_nan_ && !saw_number_) {
      fail(ErrorCode::kBadData,
           "{}: the objective is NaN at every point tried from where it is {}; check its domain, or bound x",
           problem_.method(), from_.value);
    }
    return std::nullopt;
  }

  Problem& problem_;
  const Point& from_;
  const Eigen::VectorXd& d_;
  const LineSearch options_;
  const double slope_, noise_;
  bool saw_number_ = false, saw_nan_ = false;
};

}  // namespace

std::optional<LineStep> search_line(Problem& problem, const Point& from, const Eigen::VectorXd& d,
                                    const LineSearch& options) {
  return Search(problem, from, d, options).run();
}

}  // namespace akin::internal
