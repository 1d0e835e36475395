// What the minimizers share: the counted and checked objective, the search along a line, and their interface.
#pragma once

#include <Eigen/Core>
#include <memory>
#include <optional>
#include <string_view>

#include "akin/optim/minimize.h"

namespace akin::internal {

/// Where a minimizer stands.
struct Point {
  Eigen::VectorXd x, gradient;
  double value = 0;
};

/// An objective whose calls are counted and whose results are checked. Each call may throw Error(kCancelled).
class Problem {
 public:
  Problem(const Objective& objective, std::string_view method, const Context& context)
      : objective_(objective), method_(method), context_(context) {}

  /// The value may be NaN or +infinity, outside the domain. Throws Error(kBadData) if it is -infinity, or if
  /// the gradient of a finite value is not finite.
  Point at(Eigen::VectorXd x);
  /// H v, by (g(x + h v) - g(x)) / h if the objective does not give it, with |h v| = 1.5e-8 (1 + |x|); h is
  /// negative where x + h v lies outside the domain.
  Eigen::VectorXd product(const Point& point, const Eigen::VectorXd& v);
  Eigen::MatrixXd hessian(const Point& point);

  std::string_view method() const { return method_; }
  int evaluations() const { return evaluations_; }
  int products() const { return products_; }

 private:
  const Objective& objective_;
  std::string_view method_;
  const Context& context_;
  int evaluations_ = 0;
  int products_ = 0;
};

/// One method: the direction of the next step, from what it remembers of the last ones.
class Descent {
 public:
  virtual ~Descent() = default;
  virtual Eigen::VectorXd direction(Problem& problem, const Point& at) = 0;
  /// How far along the direction to try first.
  virtual double first_step(const Point&, const Eigen::VectorXd&) const { return 1; }
  /// Learns from the step that was taken: to = from + step direction.
  virtual void moved(const Point&, const Point&, double) {}
  /// Forgets the past; false if there was none.
  virtual bool forget() { return false; }
  /// c of the second Wolfe condition.
  virtual double curvature() const { return 0.9; }
};

std::unique_ptr<Descent> make_lbfgs();
std::unique_ptr<Descent> make_bfgs();
std::unique_ptr<Descent> make_conjugate_gradient();
std::unique_ptr<Descent> make_newton();
std::unique_ptr<Descent> make_hessian_free();

struct LineSearch {
  double first_step;
  double curvature;  ///< c of the second Wolfe condition
};
struct LineStep {
  Point point;
  double step;
};
/// The point x + step d that meets the strong Wolfe conditions (minimize.h), or else the lowest one found;
/// none if no lower one was. `d` leads down: gradient'd < 0. Throws Error(kBadData) if every point on the way
/// was NaN.
std::optional<LineStep> search_line(Problem& problem, const Point& from, const Eigen::VectorXd& d,
                                    const LineSearch& options);

}  // namespace akin::internal
