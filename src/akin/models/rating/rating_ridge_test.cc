#include "akin/models/rating/rating_ridge.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "akin/base/rng.h"

namespace akin {
namespace {

constexpr std::size_t kRows = 23, kFactors = 5;
constexpr float kMean = 3.25f;

using Side = RatingRidge::Side;

/// Rows of the other side in the layout: of items to solve for a user, of users to solve for an item.
Matrix other_rows(Side side, bool biases) {
  const Matrix factors = Matrix::normal(kRows, kFactors, 0.7, 5);
  if (!biases) return factors.clone();
  Matrix rows(kRows, kFactors + 2);
  Rng rng(6);
  for (std::size_t r = 0; r < kRows; ++r) {
    std::copy_n(factors.row(r), kFactors, rows.row(r));
    const auto bias = static_cast<float>(0.3 * rng.normal());
    rows[r][kFactors] = side == Side::kUser ? 1 : kMean + bias;
    rows[r][kFactors + 1] = side == Side::kUser ? bias : 1;
  }
  return rows;
}

struct Row {
  std::vector<idx_t> rows = {2, 3, 5, 7, 11, 13, 17, 19};
  std::vector<float> values = {1, 5, 2, 4, 4, 3, 5, 1};
};

RatingLayout layout_of(bool biases) { return {biases, biases ? kMean : 0}; }

/// The closed form over [x, b], in double precision: (A^T A + D)^-1 A^T t, A = [rows, 1].
std::vector<float> closed_form(Side side, const Matrix& fixed, bool biases, const RatingPenalty& penalty) {
  const Row row;
  const auto n = static_cast<Eigen::Index>(row.rows.size());
  const Eigen::Index f = kFactors, d = biases ? f + 1 : f;
  Eigen::MatrixXd a(n, d);
  Eigen::VectorXd t(n);
  for (Eigen::Index k = 0; k < n; ++k) {
    const auto other = fixed[row.rows[static_cast<std::size_t>(k)]];
    for (Eigen::Index c = 0; c < f; ++c) a(k, c) = other[static_cast<std::size_t>(c)];
    t(k) = row.values[static_cast<std::size_t>(k)];
    if (!biases) continue;
    a(k, f) = 1;
    t(k) -= side == Side::kUser ? kMean + other[kFactors + 1] : other[kFactors];
  }
  Eigen::VectorXd ridge = Eigen::VectorXd::Constant(d, penalty.factors);
  if (biases) ridge(f) = penalty.bias;
  ridge *= std::pow(static_cast<double>(n), penalty.count_power);
  const Eigen::MatrixXd system = a.transpose() * a + Eigen::MatrixXd(ridge.asDiagonal());
  const Eigen::VectorXd x = system.llt().solve(a.transpose() * t);
  std::vector<float> result;
  for (Eigen::Index c = 0; c < f; ++c) result.push_back(static_cast<float>(x(c)));
  if (!biases) return result;
  const auto bias = static_cast<float>(x(f));
  if (side == Side::kUser) {
    result.insert(result.end(), {kMean + bias, 1});
  } else {
    result.insert(result.end(), {1, bias});
  }
  return result;
}

template <typename Body>
void for_all_kinds(const Body& body) {
  for (const Side side : {Side::kUser, Side::kItem}) {
    for (const bool biases : {true, false}) {
      for (const float power : {0.0f, 0.5f, 1.0f}) {
        SCOPED_TRACE(::testing::Message()
                     << "items " << (side == Side::kItem) << ", biases " << biases << ", power " << power);
        body(side, biases, RatingPenalty{0.2f, 0.1f, power, 0});
      }
    }
  }
}

TEST(RatingRidge, SolveIsTheClosedForm) {
  const Row row;
  for_all_kinds([&](Side side, bool biases, const RatingPenalty& penalty) {
    const Matrix fixed = other_rows(side, biases);
    RatingRidge ridge(side, fixed, layout_of(biases), penalty);
    Matrix x(1, fixed.cols());
    for (int again = 0; again < 2; ++again) {  // scratch memory is left as it must be
      ridge.solve(row.rows, row.values, x.row(0));
      const auto expected = closed_form(side, fixed, biases, penalty);
      for (std::size_t c = 0; c < expected.size(); ++c)
        EXPECT_NEAR(x[0][c], expected[c], 1e-4) << "column " << c;
    }
  });
}

TEST(RatingRidge, ConjugateGradientArrivesThere) {
  const Row row;
  for_all_kinds([&](Side side, bool biases, const RatingPenalty& penalty) {
    const Matrix fixed = other_rows(side, biases);
    RatingRidge ridge(side, fixed, layout_of(biases), penalty);
    Matrix x(1, fixed.cols());
    if (biases) x[0][kFactors + (side == Side::kUser ? 0 : 1)] = 0.5f;  // a start that is not zero
    double previous = ridge.loss(row.rows, row.values, x.row(0));
    for (int step = 0; step < 12; ++step) {
      ridge.improve(row.rows, row.values, 1 + step % 3, x.row(0));
      const double loss = ridge.loss(row.rows, row.values, x.row(0));
      EXPECT_LE(loss, previous + 1e-4);
      previous = loss;
    }
    const auto expected = closed_form(side, fixed, biases, penalty);
    for (std::size_t c = 0; c < expected.size(); ++c)
      EXPECT_NEAR(x[0][c], expected[c], 1e-3) << "column " << c;
  });
}

TEST(RatingRidge, LossIsTheObjective) {
  const Row row;
  const Matrix fixed = other_rows(Side::kUser, true);
  const RatingRidge ridge(Side::kUser, fixed, layout_of(true), {0.2f, 0.1f, 0.5f, 0.3f});
  Matrix x(1, kFactors + 2);
  Rng rng(8);
  for (float& value : x[0]) value = static_cast<float>(rng.normal());
  x[0][kFactors + 1] = 1;
  double expected = 0, squares = 0, absolutes = 0;
  for (std::size_t k = 0; k < row.rows.size(); ++k) {
    double score = 0;
    for (std::size_t c = 0; c < kFactors + 2; ++c) score += double{fixed[row.rows[k]][c]} * x[0][c];
    expected += std::pow(row.values[k] - score, 2);
  }
  for (std::size_t c = 0; c < kFactors; ++c) {
    squares += double{x[0][c]} * x[0][c];
    absolutes += std::abs(x[0][c]);
  }
  const double bias = x[0][kFactors] - kMean;
  expected += std::sqrt(8.0) * (0.2 * squares + 2 * 0.3 * absolutes + 0.1 * bias * bias);
  EXPECT_NEAR(ridge.loss(row.rows, row.values, x.row(0)), expected, 1e-4 * expected);
}

TEST(RatingRidge, AbsolutePenaltyGivesTheOptimumWithExactZeros) {
  const Row row;
  for (const Side side : {Side::kUser, Side::kItem}) {
    const Matrix fixed = other_rows(side, true);
    RatingRidge ridge(side, fixed, layout_of(true), {0.05f, 0.1f, 1, 0.1f});
    Matrix x(1, kFactors + 2);
    ridge.solve(row.rows, row.values, x.row(0));
    const double best = ridge.loss(row.rows, row.values, x.row(0));
    std::size_t zeros = 0;
    for (std::size_t c = 0; c < kFactors; ++c) zeros += x[0][c] == 0 ? 1 : 0;
    EXPECT_GT(zeros, 0u);
    EXPECT_LT(zeros, kFactors);
    const std::size_t bias = kFactors + (side == Side::kUser ? 0 : 1);
    for (std::size_t c = 0; c < kFactors + 2; ++c) {  // no entry could be better
      if (c >= kFactors && c != bias) continue;
      for (const float move : {-1e-2f, 1e-2f}) {
        const float value = x[0][c];
        x[0][c] = value + move;
        EXPECT_GT(ridge.loss(row.rows, row.values, x.row(0)), best) << "column " << c;
        x[0][c] = value;
      }
    }
  }
}

}  // namespace
}  // namespace akin
