#include "akin/models/implicit/logistic_fold_in.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "akin/linalg/kernels.h"
#include "akin/linalg/solve.h"

namespace akin {
namespace {

double softplus(double s) { return s > 0 ? s + std::log1p(std::exp(-s)) : std::log1p(std::exp(s)); }

/// x <- x - (Hessian)^-1 gradient, written to `step` as what is to be subtracted.
void newton_step(const Matrix& matrix, const LogisticTerms& terms, float ridge, std::size_t fixed,
                 const Matrix& centre, const Matrix& x, Matrix& step) {
  const std::size_t n = terms.rows.size(), d = matrix.cols();
  std::vector<float> slopes(n), curvatures(n);
  for (std::size_t k = 0; k < n; ++k) {
    const float s = dot(matrix.row(terms.rows[k]), x.row(0), matrix.stride());
    const float probability = 1 / (1 + std::exp(-s));
    slopes[k] = terms.weights[k] * probability - terms.positives[k];
    curvatures[k] = terms.weights[k] * probability * (1 - probability);
  }
  Matrix hessian(d, d);
  gather_gram(matrix, {terms.rows, {}, curvatures}, hessian);
  std::fill(step[0].begin(), step[0].end(), 0.0f);
  gather_multiply(matrix, {terms.rows, slopes, {}}, nullptr, step.row(0));
  for (std::size_t c = 0; c < d; ++c) {
    step[0][c] += ridge * (x[0][c] - centre[0][c]);
    hessian[c][c] += ridge;
    hessian[std::min(c, fixed)][std::max(c, fixed)] = 0;
  }
  hessian[fixed][fixed] = 1;
  step[0][fixed] = 0;
  cholesky_solve(hessian, step.row(0));
  step[0][fixed] = 0;
}

}  // namespace

double logistic_objective(const Matrix& matrix, const LogisticTerms& terms, float ridge, const Matrix& x0,
                          const Matrix& x) {
  double sum = 0;
  for (std::size_t c = 0; c < x.cols(); ++c)
    sum += 0.5 * ridge * std::pow(static_cast<double>(x[0][c]) - x0[0][c], 2);
  for (std::size_t k = 0; k < terms.rows.size(); ++k) {
    const double s = dot(matrix.row(terms.rows[k]), x.row(0), matrix.stride());
    sum += terms.weights[k] * softplus(s) - terms.positives[k] * s;
  }
  return sum;
}

void logistic_fold_in(const Matrix& matrix, const LogisticTerms& terms, float ridge, std::size_t fixed,
                      Matrix& x) {
  constexpr int kSteps = 30, kHalvings = 12;
  const Matrix centre = x.clone();
  Matrix step(1, x.cols()), next(1, x.cols());
  double loss = logistic_objective(matrix, terms, ridge, centre, x);
  for (int iteration = 0; iteration < kSteps; ++iteration) {
    newton_step(matrix, terms, ridge, fixed, centre, x, step);
    double moved = loss;
    float length = 1;
    for (int halving = 0; halving < kHalvings; ++halving, length /= 2) {
      for (std::size_t c = 0; c < x.cols(); ++c) next[0][c] = x[0][c] - length * step[0][c];
      moved = logistic_objective(matrix, terms, ridge, centre, next);
      if (moved < loss) break;
    }
    if (!(moved < loss)) return;
    std::swap(x, next);
    const bool done = loss - moved < 1e-6 * std::abs(loss);
    loss = moved;
    if (done) return;
  }
}

}  // namespace akin
