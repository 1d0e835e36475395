#include "akin/models/implicit/als_solver.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "akin/linalg/kernels.h"

namespace akin::als {
namespace {

using Dense = Eigen::MatrixXd;

Dense dense(const Matrix& matrix) {
  Dense result(matrix.rows(), matrix.cols());
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    for (std::size_t c = 0; c < matrix.cols(); ++c)
      result(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)) = double{matrix[r][c]};
  }
  return result;
}

/// A row with n entries against a side of 151 rows.
struct Case {
  std::size_t factors;
  std::size_t n;
  bool turned;
};

class RowSolverTest : public testing::TestWithParam<Case> {
 protected:
  static constexpr std::size_t kRows = 151;
  RowSolverTest() : fixed_(Matrix::normal(kRows, GetParam().factors, 1, 3)), x_(1, GetParam().factors) {
    // Components of very different size, as the factors of real data have
    for (std::size_t r = 0; r < kRows; ++r) {
      for (std::size_t c = 0; c < fixed_.cols(); ++c) fixed_[r][c] /= static_cast<float>(1 + c);
    }
    std::vector<float> eigenvalues;
    if (GetParam().turned) {
      rotate_to_eigenbasis(fixed_, 1, eigenvalues);
      side_ = std::make_unique<FixedSide>(fixed_, eigenvalues);
    } else {
      side_ = std::make_unique<FixedSide>(fixed_, 1);
    }
    EXPECT_EQ(side_->is_diagonal(), GetParam().turned || GetParam().factors == 1);
    std::vector<std::uint32_t> counts(kRows);
    for (std::size_t k = 0; k < GetParam().n; ++k) {
      which_.push_back(static_cast<idx_t>(11 * k % kRows));
      values_.push_back(static_cast<float>(1 + k % 3));
      ++counts[which_.back()];
    }
    side_->set_spread(counts);
    const Dense y = dense(fixed_);
    Eigen::VectorXd weights = Eigen::VectorXd::Zero(kRows);
    for (std::size_t k = 0; k < which_.size(); ++k)
      weights(which_[k]) = double{objective_.alpha} * double{values_[k]};
    preference_ = (weights.array() > 0).cast<double>();
    confidence_ = weights.array() + 1;
    ridge_ = double{objective_.regularization} * std::sqrt(static_cast<double>(GetParam().n));
    system_ = y.transpose() * confidence_.asDiagonal() * y + ridge_ * Dense::Identity(y.cols(), y.cols());
    solution_ = system_.llt().solve(y.transpose() * (confidence_.array() * preference_.array()).matrix());
  }
  Entries entries() const { return {which_, values_}; }
  Eigen::VectorXd x() const { return dense(x_).row(0).transpose(); }
  double error() const { return (x() - solution_).norm() / solution_.norm(); }
  double loss(const Eigen::VectorXd& x) const {
    const Eigen::ArrayXd lack = (preference_ - dense(fixed_) * x).array();
    return (confidence_.array() * lack.square()).sum() + ridge_ * x.squaredNorm();
  }

  const Objective objective_{2, 0.3f, 0.5f, false};
  Matrix fixed_;
  Matrix x_;
  std::unique_ptr<FixedSide> side_;
  std::vector<idx_t> which_;
  std::vector<float> values_;
  Eigen::VectorXd confidence_, preference_, solution_;
  Dense system_;
  double ridge_ = 0;
};

TEST_P(RowSolverTest, SolveIsTheDenseSolution) {
  RowSolver solver(*side_, objective_);
  x_[0][0] = 100;  // where it starts does not matter
  solver.solve(entries(), x_.row(0));
  EXPECT_LT(error(), 2e-5);
  const Matrix once = x_.clone();
  solver.solve(entries(), x_.row(0));
  EXPECT_TRUE(std::ranges::equal(x_[0], once[0])) << "scratch memory that was used before";
}

TEST_P(RowSolverTest, EachStepOfConjugateGradientComesNearer) {
  double last = loss(Eigen::VectorXd::Zero(solution_.size()));
  const double best = loss(solution_);
  for (const int steps : {1, 2, 3, 5}) {
    std::ranges::fill(x_[0], 0.0f);
    RowSolver(*side_, objective_).improve(entries(), steps, x_.row(0));
    EXPECT_LE(loss(x()), last * (1 + 1e-6)) << steps << " steps";
    last = loss(x());
  }
  EXPECT_LT(last - best, 0.01 * (loss(Eigen::VectorXd::Zero(solution_.size())) - best));
  RowSolver(*side_, objective_).improve(entries(), 300, x_.row(0));
  EXPECT_LT(error(), 1e-4);
}

TEST_P(RowSolverTest, PassesOverBlocksLowerTheLossToItsMinimum) {
  RowSolver solver(*side_, objective_);
  double last = loss(Eigen::VectorXd::Zero(solution_.size()));
  for (int epoch = 0; epoch < 60; ++epoch) {
    solver.descend(entries(), 16, x_.row(0));
    EXPECT_LE(loss(x()), last * (1 + 1e-6)) << "epoch " << epoch;
    last = loss(x());
  }
  EXPECT_LT(error(), 1e-3);
  if (GetParam().factors > 16) return;
  std::ranges::fill(x_[0], 0.0f);
  solver.descend(entries(), 16, x_.row(0));
  EXPECT_LT(error(), 2e-5) << "one block is all there is";
}

TEST_P(RowSolverTest, BlockIsTheOptimumGivenTheOthers) {
  if (GetParam().factors <= 16) return;  // one block: tested above
  for (float& value : x_[0]) value = 0.1f;
  const Eigen::VectorXd before = x();
  RowSolver(*side_, objective_).descend(entries(), 16, x_.row(0));
  // The last block was solved for last: its gradient is zero.
  const Eigen::Index begin = (before.size() - 1) / 16 * 16, count = before.size() - begin;
  const Eigen::VectorXd gradient = system_ * (x() - solution_);
  const Eigen::VectorXd initial = system_ * (before - solution_);
  EXPECT_LT(gradient.tail(count).norm(), 1e-4 * initial.norm());
  EXPECT_GT(initial.tail(count).norm(), 1e-4 * initial.norm());
}

TEST_P(RowSolverTest, MultiplyByInverse) {
  Matrix v = Matrix::normal(1, GetParam().factors, 1, 9);
  const Eigen::VectorXd expected = system_.llt().solve(dense(v).row(0).transpose());
  RowSolver(*side_, objective_).multiply_by_inverse(entries(), v.row(0));
  EXPECT_LT((dense(v).row(0).transpose() - expected).norm(), 2e-5 * expected.norm());
}

TEST_P(RowSolverTest, LossIsTheDenseOne) {
  for (std::size_t k = 0; k < x_.cols(); ++k) x_[0][k] = 0.1f / static_cast<float>(1 + k % 5);
  EXPECT_NEAR(RowSolver(*side_, objective_).loss(entries(), x_.row(0)), loss(x()), 1e-5 * loss(x()));
}

INSTANTIATE_TEST_SUITE_P(Sizes, RowSolverTest,
                         testing::Values(Case{1, 1, true}, Case{7, 3, true}, Case{7, 3, false},
                                         Case{7, 61, true}, Case{7, 61, false}, Case{37, 11, true},
                                         Case{37, 11, false}, Case{37, 36, true}, Case{37, 37, true},
                                         Case{37, 149, true}, Case{37, 149, false}, Case{67, 53, true},
                                         Case{67, 131, false}));

TEST(FixedSide, TurnedRowsHaveADiagonalGramMatrix) {
  Matrix rows = Matrix::normal(5003, 13, 1, 5);                             // more than one part of the sum
  for (std::size_t r = 0; r < rows.rows(); ++r) rows[r][12] = rows[r][11];  // one eigenvalue is zero
  EXPECT_FALSE(FixedSide(rows, 1).is_diagonal());
  const Matrix before = rows.clone();
  std::vector<float> eigenvalues;
  const Matrix basis = rotate_to_eigenbasis(rows, 3, eigenvalues);
  const FixedSide side(rows, 1);
  EXPECT_TRUE(side.is_diagonal());
  EXPECT_EQ(eigenvalues.size(), rows.stride());
  for (std::size_t k = 0; k < 13; ++k) EXPECT_NEAR(side.diagonal()[k], eigenvalues[k], 1e-4 * eigenvalues[0]);
  EXPECT_NEAR(dot(rows.row(1), rows.row(4999), 13), dot(before.row(1), before.row(4999), 13), 1e-4);
  EXPECT_EQ(basis.rows(), 13u);
}

TEST(FixedSide, GramHasTheSameBitsAtAnyThreadCount) {
  const Matrix rows = Matrix::normal(9001, 7, 1, 6);
  const Matrix one = full_gram(rows, 1), three = full_gram(rows, 3);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_TRUE(std::ranges::equal(one[i], three[i]));
}

TEST(Objective, RidgeCountsEntriesOrCells) {
  EXPECT_FLOAT_EQ((Objective{4, 0.5f, 1, false}.ridge(6, 100)), 3);
  EXPECT_FLOAT_EQ((Objective{4, 0.5f, 1, true}.ridge(6, 100)), 0.5f * (6 + 25));
  EXPECT_FLOAT_EQ((Objective{4, 0.5f, 0, true}.ridge(6, 100)), 0.5f);
  EXPECT_FLOAT_EQ((Objective{4, 0.5f, 0.5f, false}.ridge(9, 100)), 1.5f);
}

}  // namespace
}  // namespace akin::als
