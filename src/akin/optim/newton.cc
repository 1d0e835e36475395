// The minimizers that use second derivatives: Newton-Raphson and Hessian-free.
#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <vector>

#include "akin/optim/descent.h"

namespace akin::internal {
namespace {

using Eigen::VectorXd;

/// Ever larger dampings, before the gradient itself is the direction.
constexpr int kMostTries = 100;

/// Solves (H + damping I) d = -g with the least damping of 0, 1e-4, 1e-3 ... times H's largest entry that
/// makes the matrix positive definite (Nocedal & Wright alg. 3.3); steepest descent if none does before the
/// numbers overflow.
class Newton : public Descent {
 public:
  VectorXd direction(Problem& problem, const Point& at) override {
    Eigen::MatrixXd matrix = problem.hessian(at);
    const double largest = matrix.cwiseAbs().maxCoeff();
    double damping = 0;
    for (int i = 0; i < kMostTries; ++i) {
      const Eigen::LDLT<Eigen::MatrixXd> factors(matrix);
      const auto& pivots = factors.vectorD();
      if (factors.info() == Eigen::Success && pivots.minCoeff() > kSingular * pivots.maxCoeff())
        return -factors.solve(at.gradient);
      const double more = damping == 0 ? 1e-4 * (largest > 0 ? largest : 1) : 10 * damping;
      matrix.diagonal().array() += more - damping;
      damping = more;
    }
    return -at.gradient;
  }

 private:
  static constexpr double kSingular = 1e-14;
};

/// Minimizes q(d) = g'd + d'(H + damping I) d / 2 by conjugate gradients from the last direction, until q
/// falls too little (Martens 2010, section 4.4: by less than 0.05% an iteration over the last tenth of them).
/// The damping follows how well q foretold f (section 4.1): times 2/3 if f fell by more than 3/4 of it, times
/// 3/2 if by less than 1/4. Where H + damping I is found to be not positive definite, it is damped more and
/// solved again. Without a preconditioner; the line search of minimize() takes the place of his backtracking.
class HessianFree : public Descent {
 public:
  VectorXd direction(Problem& problem, const Point& at) override {
    if (damping_ < 0) {
      const double curvature = at.gradient.dot(problem.product(at, at.gradient)) / at.gradient.squaredNorm();
      damping_ = 0.1 * std::abs(curvature);
    }
    for (int i = 0; i < kMostTries; ++i) {
      if (solve(problem, at)) return d_;
    }
    d_ = -at.gradient;
    product_.setZero(d_.size());
    return d_;
  }
  void moved(const Point& from, const Point& to, double step) override {
    const double foretold = step * (from.gradient.dot(d_) + 0.5 * step * d_.dot(product_));
    if (foretold >= 0) return;
    const double ratio = (to.value - from.value) / foretold;
    if (ratio > 0.75) damping_ *= 2.0 / 3;
    if (ratio < 0.25) damping_ *= 1.5;
  }
  bool forget() override {
    const bool had = d_.size() > 0;
    d_.resize(0);
    return had;
  }

 private:
  static constexpr int kMostIterations = 250;
  static constexpr double kProgress = 5e-4;

  VectorXd damped_product(Problem& problem, const Point& at, const VectorXd& v) const {
    return problem.product(at, v) + damping_ * v;
  }
  double model(const Point& at) const { return at.gradient.dot(d_) + 0.5 * d_.dot(product_); }

  /// d <- the last direction if it still leads down in q, else 0.
  void begin(Problem& problem, const Point& at) {
    if (d_.size() > 0) {
      product_ = damped_product(problem, at, d_);
      if (model(at) < 0) return;
    }
    d_ = VectorXd::Zero(at.x.size());
    product_ = d_;
  }

  /// False, with more damping, if the matrix curves down somewhere.
  bool solve(Problem& problem, const Point& at) {
    begin(problem, at);
    VectorXd residual = at.gradient + product_, p = -residual;
    double squares = residual.squaredNorm();
    std::vector<double> models = {model(at)};
    for (int i = 1; i <= kMostIterations && squares > 0; ++i) {
      const VectorXd bp = damped_product(problem, at, p);
      const double curvature = p.dot(bp) / p.squaredNorm();
      if (!(curvature > 0)) {
        damping_ = curvature < 0 ? damping_ - 2 * curvature : std::max(2 * damping_, 1e-8);
        d_.resize(0);
        return false;
      }
      const double alpha = squares / p.dot(bp);
      d_ += alpha * p;
      product_ += alpha * bp;
      residual += alpha * bp;
      models.push_back(model(at));
      const int window = std::max(10, i / 10);
      if (i >= window && models[i] - models[i - window] > window * kProgress * models[i]) break;
      const double before = squares;
      squares = residual.squaredNorm();
      p = -residual + squares / before * p;
    }
    return true;
  }

  VectorXd d_, product_;  // the direction, and (H + damping I) d
  double damping_ = -1;   // not known yet
};

}  // namespace

std::unique_ptr<Descent> make_newton() { return std::make_unique<Newton>(); }
std::unique_ptr<Descent> make_hessian_free() { return std::make_unique<HessianFree>(); }

}  // namespace akin::internal
