#include "akin/encode/whitening.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "akin/linalg/eigen.h"
#include "akin/linalg/row_product.h"

namespace akin {
namespace {

/// Mean of the rows, and their covariance over n, in double precision.
struct Moments {
  std::vector<double> mean;
  std::vector<double> covariance;  // (d, d)
};

Moments moments_of(const Matrix& rows, bool covariance, const Context& context) {
  const std::size_t n = rows.rows(), d = rows.cols();
  Moments result{std::vector<double>(d, 0.0), std::vector<double>(covariance ? d * d : 0, 0.0)};
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c < d; ++c) result.mean[c] += static_cast<double>(rows.row(r)[c]);
  }
  for (double& mean : result.mean) mean /= static_cast<double>(n);
  std::vector<double> centred(d);
  for (std::size_t r = 0; r < n && covariance; ++r) {
    if (r % 1024 == 0) context.check_stop();
    for (std::size_t c = 0; c < d; ++c) centred[c] = static_cast<double>(rows.row(r)[c]) - result.mean[c];
    for (std::size_t i = 0; i < d; ++i) {
      double* const out = result.covariance.data() + i * d;
      for (std::size_t j = 0; j <= i; ++j) out[j] += centred[i] * centred[j];
    }
  }
  for (std::size_t i = 0; i < d && covariance; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const double value = result.covariance[i * d + j] / static_cast<double>(n);
      result.covariance[i * d + j] = result.covariance[j * d + i] = value;
    }
  }
  return result;
}

/// E diag(l)^(-1/2) of the shrunk covariance; directions without any variance become zero.
Matrix whitening_of(const std::vector<double>& covariance, std::size_t d, double shrinkage) {
  double trace = 0, largest = 0;
  for (std::size_t i = 0; i < d; ++i) trace += covariance[i * d + i];
  for (const double value : covariance) largest = std::max(largest, std::abs(value));
  Matrix weights(d, d);
  if (!(largest > 0)) return weights;
  Matrix scaled(d, d);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j)
      scaled.row(i)[j] = static_cast<float>(covariance[i * d + j] / largest);
  }
  const Eigenbasis basis = eigenbasis(scaled);
  const double floor = shrinkage * trace / static_cast<double>(d);
  constexpr double kNoise = 1e-7;  // of the largest: rounding of floats
  for (std::size_t k = 0; k < d; ++k) {
    const double own = static_cast<double>(basis.values[k]) > kNoise * static_cast<double>(basis.values[0])
                           ? static_cast<double>(basis.values[k]) * largest
                           : 0;
    const double value = (1 - shrinkage) * own + floor;
    for (std::size_t c = 0; c < d && value > 0; ++c)
      weights.row(c)[k] = static_cast<float>(static_cast<double>(basis.vectors.row(k)[c]) / std::sqrt(value));
  }
  return weights;
}

}  // namespace

Whitening fit_whitening(const Matrix& rows, bool whiten, float shrinkage, const Context& context) {
  const Moments moments = moments_of(rows, whiten, context);
  Whitening result{{moments.mean.begin(), moments.mean.end()}, {}};
  if (whiten) result.weights = whitening_of(moments.covariance, rows.cols(), static_cast<double>(shrinkage));
  return result;
}

Matrix whitened_rows(Matrix rows, std::span<const float> mean, const Matrix& weights,
                     const Context& context) {
  std::vector<char> known(rows.rows());
  for (std::size_t r = 0; r < rows.rows(); ++r) known[r] = !is_zero(rows[r]);
  for (std::size_t r = 0; r < rows.rows() && !mean.empty(); ++r) {
    for (std::size_t c = 0; c < rows.cols(); ++c) rows.row(r)[c] -= mean[c];
  }
  if (!weights.empty()) rows = multiply_rows(rows, weights, context);
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    if (!known[r]) std::ranges::fill(rows[r], 0.0F);
  }
  normalize_rows(rows);
  return rows;
}

Matrix known_rows(const Matrix& rows, std::span<const idx_t> items) {
  std::vector<idx_t> known;
  std::ranges::copy_if(items, std::back_inserter(known), [&](idx_t item) { return !is_zero(rows[item]); });
  return Matrix::gather(rows, known);
}

}  // namespace akin
