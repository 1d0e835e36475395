#include "akin/linalg/pca.h"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

std::vector<float> mean_row(const Matrix& points) {
  std::vector<double> sums(points.cols(), 0);
  for (std::size_t r = 0; r < points.rows(); ++r) {
    for (std::size_t c = 0; c < points.cols(); ++c) sums[c] += static_cast<double>(points[r][c]);
  }
  std::vector<float> mean(points.cols());
  const auto n = static_cast<double>(std::max<std::size_t>(points.rows(), 1));
  std::ranges::transform(sums, mean.begin(), [n](double sum) { return static_cast<float>(sum / n); });
  return mean;
}

Matrix centred(const Matrix& points, const std::vector<float>& mean) {
  Matrix result = points.clone();
  for (std::size_t r = 0; r < result.rows(); ++r) {
    for (std::size_t c = 0; c < result.cols(); ++c) result[r][c] -= mean[c];
  }
  return result;
}

/// Float sums only within blocks of rows, so that the error does not grow with n.
Eigen::MatrixXd covariance(const Matrix& points) {
  constexpr std::size_t kBlock = 256;
  const auto d = static_cast<Eigen::Index>(points.cols());
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(d, d);
  Matrix block(points.cols(), points.cols());
  for (std::size_t begin = 0; begin < points.rows(); begin += kBlock) {
    gram(points, begin, std::min(points.rows(), begin + kBlock), block);
    for (Eigen::Index r = 0; r < d; ++r) {
      for (Eigen::Index c = 0; c < d; ++c)
        sum(r, c) += static_cast<double>(block[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)]);
    }
  }
  return sum / static_cast<double>(points.rows());
}

/// Eigenvectors are known up to their sign: the one whose largest entry is positive, for results that repeat.
double sign_of(const Eigen::VectorXd& vector) {
  Eigen::Index largest = 0;
  vector.cwiseAbs().maxCoeff(&largest);
  return vector(largest) < 0 ? -1 : 1;
}

}  // namespace

Pca pca(const Matrix& points, std::size_t k) {
  if (!all_finite(points)) fail(ErrorCode::kBadData, "principal components: a value is not finite");
  Pca result{Matrix(points.rows(), k), Matrix(k, points.cols()), mean_row(points), std::vector<double>(k, 0),
             0};
  if (points.empty()) return result;
  const Matrix offsets = centred(points, result.mean);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance(offsets));
  result.total_variance = std::max(0.0, solver.eigenvalues().sum());
  for (std::size_t c = 0; c < std::min(k, points.cols()); ++c) {
    const auto column = static_cast<Eigen::Index>(points.cols() - 1 - c);  // eigenvalues ascend
    result.variances[c] = std::max(0.0, solver.eigenvalues()(column));
    const Eigen::VectorXd vector = solver.eigenvectors().col(column);
    const double sign = sign_of(vector);
    for (std::size_t j = 0; j < points.cols(); ++j)
      result.components[c][j] = static_cast<float>(sign * vector(static_cast<Eigen::Index>(j)));
    for (std::size_t r = 0; r < points.rows(); ++r)
      result.points[r][c] = dot(offsets.row(r), result.components.row(c), offsets.stride());
  }
  return result;
}

}  // namespace akin
