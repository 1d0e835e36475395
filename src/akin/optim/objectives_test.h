// Functions whose minima are known, and the fixture of tests that every method must pass.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "akin/base/rng.h"
#include "akin/optim/minimize.h"

namespace akin::minimize_test {

using Doubles = std::vector<double>;
using In = std::span<const double>;
using Out = std::span<double>;

/// sum over pairs (x, y) of 100 (y - x^2)^2 + (1 - x)^2 (Rosenbrock 1960), lowest at 1 everywhere.
inline Objective rosenbrock() {
  return {.value_and_gradient =
              [](In x, Out g) {
                double sum = 0;
                for (std::size_t i = 0; i < x.size(); i += 2) {
                  const double gap = x[i + 1] - x[i] * x[i], rest = 1 - x[i];
                  sum += 100 * gap * gap + rest * rest;
                  g[i] = -400 * gap * x[i] - 2 * rest;
                  g[i + 1] = 200 * gap;
                }
                return sum;
              },
          .hessian =
              [](In x, Out h) {
                const std::size_t n = x.size();
                for (std::size_t i = 0; i < n; i += 2) {
                  h[i * n + i] = 1200 * x[i] * x[i] - 400 * x[i + 1] + 2;
                  h[i * n + i + 1] = h[(i + 1) * n + i] = -400 * x[i];
                  h[(i + 1) * n + i + 1] = 200;
                }
              }};
}

/// A mean log loss of n points with labels from a made-up weight vector, plus 0.005 |w|^2.
class Logistic {
 public:
  Logistic(std::size_t n, std::size_t d) : n_(n), d_(d), points_(n * d), labels_(n) {
    Rng rng(11);
    Doubles truth(d);
    for (double& w : truth) w = rng.normal();
    for (std::size_t i = 0; i < n; ++i) {
      double z = 0;
      for (std::size_t j = 0; j < d; ++j) {
        points_[i * d + j] = rng.normal();
        z += truth[j] * points_[i * d + j];
      }
      labels_[i] = rng.uniform() < sigmoid(z) ? 1 : 0;
    }
  }
  Objective objective() const {
    return {.value_and_gradient = [this](In w, Out g) { return loss(w, g); },
            .hessian =
                [this](In w, Out h) {
                  for (std::size_t k = 0; k < d_; ++k) {
                    Doubles unit(d_, 0);
                    unit[k] = 1;
                    product(w, unit, h.subspan(k * d_, d_));
                  }
                },
            .hessian_vector = [this](In w, In v, Out hv) { product(w, v, hv); }};
  }

 private:
  static constexpr double kRidge = 0.01;
  static double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }
  double dot(std::size_t i, In w) const {
    double sum = 0;
    for (std::size_t j = 0; j < d_; ++j) sum += points_[i * d_ + j] * w[j];
    return sum;
  }
  double loss(In w, Out g) const {
    double sum = 0;
    for (std::size_t j = 0; j < d_; ++j) {
      sum += kRidge / 2 * w[j] * w[j];
      g[j] = kRidge * w[j];
    }
    const double part = 1 / static_cast<double>(n_);
    for (std::size_t i = 0; i < n_; ++i) {
      const double z = dot(i, w);
      sum += part * (std::log1p(std::exp(-std::abs(z))) + std::max(z, 0.0) - labels_[i] * z);
      for (std::size_t j = 0; j < d_; ++j) g[j] += part * (sigmoid(z) - labels_[i]) * points_[i * d_ + j];
    }
    return sum;
  }
  void product(In w, In v, Out hv) const {
    for (std::size_t j = 0; j < d_; ++j) hv[j] = kRidge * v[j];
    for (std::size_t i = 0; i < n_; ++i) {
      const double p = sigmoid(dot(i, w));
      const double weight = p * (1 - p) * dot(i, v) / static_cast<double>(n_);
      for (std::size_t j = 0; j < d_; ++j) hv[j] += weight * points_[i * d_ + j];
    }
  }

  std::size_t n_, d_;
  Doubles points_, labels_;
};

/// (x - 1)' A (x - 1) / 2 with A = Q diag Q, eigenvalues from 1 to `condition`, Q a reflection.
class Bowl {
 public:
  Bowl(std::size_t n, double condition) : mirror_(n), eigenvalues_(n) {
    Rng rng(5);
    double squares = 0;
    for (double& value : mirror_) {
      value = rng.normal();
      squares += value * value;
    }
    for (double& value : mirror_) value /= std::sqrt(squares);
    for (std::size_t i = 0; i < n; ++i)
      eigenvalues_[i] = std::pow(condition, static_cast<double>(i) / static_cast<double>(n - 1));
  }
  Objective objective() const {
    return {.value_and_gradient =
                [this](In x, Out g) {
                  Doubles away(x.begin(), x.end());
                  for (double& value : away) value -= 1;
                  multiply(away, g);
                  double sum = 0;
                  for (std::size_t i = 0; i < x.size(); ++i) sum += away[i] * g[i] / 2;
                  return sum;
                },
            .hessian =
                [this](In x, Out h) {
                  for (std::size_t k = 0; k < x.size(); ++k) {
                    Doubles unit(x.size(), 0);
                    unit[k] = 1;
                    multiply(unit, h.subspan(k * x.size(), x.size()));
                  }
                },
            .hessian_vector = [this](In, In v, Out hv) { multiply(v, hv); }};
  }

 private:
  Doubles reflected(In v) const {
    double along = 0;
    for (std::size_t i = 0; i < v.size(); ++i) along += mirror_[i] * v[i];
    Doubles result(v.begin(), v.end());
    for (std::size_t i = 0; i < v.size(); ++i) result[i] -= 2 * along * mirror_[i];
    return result;
  }
  void multiply(In v, Out out) const {
    Doubles inner = reflected(v);
    for (std::size_t i = 0; i < v.size(); ++i) inner[i] *= eigenvalues_[i];
    std::ranges::copy(reflected(inner), out.begin());
  }
  Doubles mirror_, eigenvalues_;
};

class MethodTest : public testing::TestWithParam<const char*> {
 protected:
  MinimizeMethod method() const { return minimize_method(GetParam()); }
  MinimizeResult run(const Objective& objective, Doubles& x, double tolerance = 1e-9) const {
    const MinimizeOptions options{method(), 1000, tolerance};
    return minimize(objective, x, options, {});
  }
};

inline auto every_method() {
  return testing::Values("lbfgs", "bfgs", "conjugate-gradient", "newton", "hessian-free");
}
/// Its name without what a test's name may not have.
inline std::string test_name(const testing::TestParamInfo<const char*>& method) {
  std::string name = method.param;
  std::erase(name, '-');
  return name;
}

}  // namespace akin::minimize_test
