// The minimizers that learn curvature from gradients alone: L-BFGS, BFGS, nonlinear conjugate gradients.
#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <vector>

#include "akin/optim/descent.h"

namespace akin::internal {
namespace {

using Eigen::VectorXd;

/// The first step of all knows nothing of curvature: x moves by at most 1.
double blind_step(const Point& at) { return std::min(1.0, 1 / at.gradient.norm()); }

/// A step s and the change y of the gradient over it.
struct Pair {
  VectorXd s, y;
  double sy;
  Pair(const Point& from, const Point& to) : s(to.x - from.x), y(to.gradient - from.gradient), sy(s.dot(y)) {}
  /// False where rounding has eaten the curvature, which Wolfe steps have otherwise.
  bool curved() const { return sy > std::numeric_limits<double>::epsilon() * s.norm() * y.norm(); }
};

/// Two loops over the last pairs (Nocedal & Wright alg. 7.4), from (s'y / y'y) I of the newest.
class Lbfgs : public Descent {
 public:
  VectorXd direction(Problem&, const Point& at) override {
    VectorXd q = -at.gradient;
    if (pairs_.empty()) return q;
    std::vector<double> alpha(pairs_.size());
    for (std::size_t i = pairs_.size(); i-- > 0;) {
      alpha[i] = pairs_[i].s.dot(q) / pairs_[i].sy;
      q -= alpha[i] * pairs_[i].y;
    }
    q *= pairs_.back().sy / pairs_.back().y.squaredNorm();
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      const double beta = pairs_[i].y.dot(q) / pairs_[i].sy;
      q += (alpha[i] - beta) * pairs_[i].s;
    }
    return q;
  }
  double first_step(const Point& at, const VectorXd&) const override {
    return pairs_.empty() ? blind_step(at) : 1;
  }
  void moved(const Point& from, const Point& to, double) override {
    Pair pair(from, to);
    if (!pair.curved()) return;
    if (pairs_.size() == kMemory) pairs_.pop_front();
    pairs_.push_back(std::move(pair));
  }
  bool forget() override {
    const bool had = !pairs_.empty();
    pairs_.clear();
    return had;
  }

 private:
  static constexpr std::size_t kMemory = 10;
  std::deque<Pair> pairs_;
};

/// B <- (I - s y' / s'y) B (I - y s' / s'y) + s s' / s'y (Nocedal & Wright eq. 6.17), as a sum of products.
class Bfgs : public Descent {
 public:
  VectorXd direction(Problem&, const Point& at) override {
    if (inverse_.size() == 0) return -at.gradient;
    return -(inverse_ * at.gradient);
  }
  double first_step(const Point& at, const VectorXd&) const override {
    return inverse_.size() == 0 ? blind_step(at) : 1;
  }
  void moved(const Point& from, const Point& to, double) override {
    const Pair pair(from, to);
    if (!pair.curved()) return;
    const auto n = pair.s.size();
    if (inverse_.size() == 0) inverse_ = Eigen::MatrixXd::Identity(n, n) * (pair.sy / pair.y.squaredNorm());
    const VectorXd by = inverse_ * pair.y;
    const double factor = (1 + pair.y.dot(by) / pair.sy) / pair.sy;
    // of 2 h s' and its transpose, so that B stays symmetric to the last bit
    const VectorXd half = by / pair.sy - 0.5 * factor * pair.s;
    for (Eigen::Index j = 0; j < n; ++j) {
      for (Eigen::Index i = 0; i <= j; ++i) {
        inverse_(i, j) -= half[i] * pair.s[j] + half[j] * pair.s[i];
        inverse_(j, i) = inverse_(i, j);
      }
    }
  }
  bool forget() override {
    const bool had = inverse_.size() > 0;
    inverse_.resize(0, 0);
    return had;
  }

 private:
  Eigen::MatrixXd inverse_;
};

/// beta = (y - 2 d y'y / d'y)'g / d'y, not below -1 / (|d| min(0.01, |g_last|)), leads down whatever the line
/// search does.
class ConjugateGradient : public Descent {
 public:
  VectorXd direction(Problem&, const Point& at) override {
    VectorXd next = -at.gradient;
    if (last_.size() > 0) {
      const VectorXd y = at.gradient - gradient_;
      const double dy = last_.dot(y);
      if (dy > 0) {
        const double beta = (y.dot(at.gradient) - 2 * y.squaredNorm() * last_.dot(at.gradient) / dy) / dy;
        const double least = -1 / (last_.norm() * std::min(0.01, gradient_.norm()));
        next += std::max(beta, least) * last_;
      }
    }
    last_ = next;
    gradient_ = at.gradient;
    return next;
  }
  /// As far as would change f by as much, to first order, as the last step did.
  double first_step(const Point& at, const VectorXd& d) const override {
    return last_fall_ == 0 ? blind_step(at) : last_fall_ / at.gradient.dot(d);
  }
  void moved(const Point& from, const Point&, double step) override {
    last_fall_ = step * from.gradient.dot(last_);
  }
  bool forget() override {
    const bool had = last_fall_ != 0;
    last_.resize(0);
    last_fall_ = 0;
    return had;
  }
  double curvature() const override { return 0.1; }

 private:
  VectorXd last_, gradient_;
  double last_fall_ = 0;
};

}  // namespace

std::unique_ptr<Descent> make_lbfgs() { return std::make_unique<Lbfgs>(); }
std::unique_ptr<Descent> make_bfgs() { return std::make_unique<Bfgs>(); }
std::unique_ptr<Descent> make_conjugate_gradient() { return std::make_unique<ConjugateGradient>(); }

}  // namespace akin::internal
