#include "akin/linalg/truncated_svd.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cstring>

#include "akin/base/rng.h"

namespace akin {
namespace {

Csr sparse(const Eigen::MatrixXd& dense) {
  Csr result;
  result.cols = static_cast<std::size_t>(dense.cols());
  for (Eigen::Index r = 0; r < dense.rows(); ++r) {
    for (Eigen::Index c = 0; c < dense.cols(); ++c) {
      if (dense(r, c) == 0) continue;
      result.indices.push_back(static_cast<idx_t>(c));
      result.values.push_back(static_cast<float>(dense(r, c)));
    }
    result.offsets.push_back(result.indices.size());
  }
  return result;
}

Eigen::MatrixXd dense(const Matrix& matrix) {
  Eigen::MatrixXd result(matrix.rows(), matrix.cols());
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    for (std::size_t c = 0; c < matrix.cols(); ++c)
      result(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)) = static_cast<double>(matrix[r][c]);
  }
  return result;
}

/// A seventh of the entries are drawn, the others zero; some columns are larger, so that values differ.
Eigen::MatrixXd random_matrix(Eigen::Index rows, Eigen::Index cols) {
  Rng rng(5);
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(rows, cols);
  for (Eigen::Index r = 0; r < rows; ++r) {
    for (Eigen::Index c = 0; c < cols; ++c) {
      if (rng.below(7) == 0)
        a(r, c) =
            static_cast<double>(static_cast<float>(rng.normal() / (1.0 + 0.1 * static_cast<double>(c))));
    }
  }
  return a;
}

TruncatedSvd svd_of(const Eigen::MatrixXd& a, std::size_t rank, int threads = 1) {
  const Csr by_row = sparse(a);
  return truncated_svd(by_row, transpose(by_row), {.rank = rank, .oversampling = 10, .power_iterations = 8},
                       {.threads = threads});
}

TEST(TruncatedSvd, FindsTheLargestSingularValuesAndTheirSubspace) {
  for (const auto& [rows, cols] : {std::pair<Eigen::Index, Eigen::Index>{211, 97}, {97, 307}, {601, 41}}) {
    const Eigen::MatrixXd a = random_matrix(rows, cols);
    const Eigen::JacobiSVD<Eigen::MatrixXd> exact(a, Eigen::ComputeThinU | Eigen::ComputeThinV);
    const TruncatedSvd svd = svd_of(a, 5);
    for (Eigen::Index k = 0; k < 5; ++k) {
      EXPECT_NEAR(svd.singular_values[static_cast<std::size_t>(k)], exact.singularValues()(k),
                  1e-4 * exact.singularValues()(0));
    }
    const Eigen::MatrixXd v = dense(svd.right), u = dense(svd.left);
    EXPECT_LT((v.transpose() * v - Eigen::MatrixXd::Identity(5, 5)).norm(), 1e-5);
    EXPECT_LT((u - a * v).norm(), 1e-4 * u.norm());
    // A V V^T loses no more than the best matrix of rank 5 does.
    const double best = (a - exact.matrixU().leftCols(5) * exact.singularValues().head(5).asDiagonal() *
                                 exact.matrixV().leftCols(5).transpose())
                            .norm();
    EXPECT_LT((a - u * v.transpose()).norm(), best * (1 + 1e-4));
    EXPECT_GT(best, 0.1);
  }
}

TEST(TruncatedSvd, RecoversAMatrixOfLowRankExactly) {
  Rng rng(3);
  const auto draw = [&] { return rng.normal(); };
  const Eigen::MatrixXd a =
      Eigen::MatrixXd::NullaryExpr(67, 3, draw) * Eigen::MatrixXd::NullaryExpr(3, 53, draw);
  const TruncatedSvd svd = svd_of(a, 7);
  EXPECT_LT((a - dense(svd.left) * dense(svd.right).transpose()).norm(), 1e-5 * a.norm());
  for (std::size_t k = 3; k < 7; ++k) {
    EXPECT_EQ(svd.singular_values[k], 0);
    EXPECT_EQ(dense(svd.right).col(static_cast<Eigen::Index>(k)).norm(), 0);
  }
  EXPECT_GT(svd.singular_values[2], 1);
}

TEST(TruncatedSvd, MoreFactorsThanRowsAreZero) {
  const Eigen::MatrixXd a = random_matrix(7, 31);
  const TruncatedSvd svd = svd_of(a, 11);
  EXPECT_LT((a - dense(svd.left) * dense(svd.right).transpose()).norm(), 1e-5 * a.norm());
  EXPECT_EQ(svd.singular_values[8], 0);
  EXPECT_EQ(svd_of(Eigen::MatrixXd::Zero(5, 3), 2).singular_values[0], 0);
}

TEST(TruncatedSvd, SameBitsAtAnyThreadCount) {
  const Eigen::MatrixXd a = random_matrix(1201, 97);
  const TruncatedSvd expected = svd_of(a, 5);
  for (const int threads : {2, 3, 50}) {
    const TruncatedSvd svd = svd_of(a, 5, threads);
    EXPECT_EQ(svd.singular_values, expected.singular_values);
    EXPECT_EQ(std::memcmp(svd.right.data(), expected.right.data(), 97 * svd.right.stride() * sizeof(float)),
              0);
  }
}

}  // namespace
}  // namespace akin
