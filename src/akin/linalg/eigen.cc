#include "akin/linalg/eigen.h"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

#include "akin/base/error.h"

namespace akin {

Eigenbasis eigenbasis(const Matrix& symmetric) {
  if (!all_finite(symmetric)) fail(ErrorCode::kBadData, "eigenvectors: an entry is not finite");
  const std::size_t d = symmetric.rows();
  const auto n = static_cast<Eigen::Index>(d);
  Eigen::MatrixXd dense(n, n);
  for (std::size_t r = 0; r < d; ++r) {
    for (std::size_t c = 0; c < d; ++c)
      dense(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)) =
          static_cast<double>(symmetric[r][c]);
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(dense);
  Eigenbasis basis{Matrix(d, d), std::vector<float>(d)};
  for (std::size_t k = 0; k < d; ++k) {
    const auto column = static_cast<Eigen::Index>(d - 1 - k);  // eigenvalues ascend
    basis.values[k] = static_cast<float>(solver.eigenvalues()(column));
    const Eigen::VectorXd vector = solver.eigenvectors().col(column);
    Eigen::Index largest = 0;
    vector.cwiseAbs().maxCoeff(&largest);
    const double sign = vector(largest) < 0 ? -1 : 1;
    for (std::size_t c = 0; c < d; ++c)
      basis.vectors[k][c] = static_cast<float>(sign * vector(static_cast<Eigen::Index>(c)));
  }
  return basis;
}

}  // namespace akin
