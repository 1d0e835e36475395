#include "akin/models/fit/nonnegative.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cstring>

#include "akin/linalg/kernels.h"

namespace akin {
namespace {

TEST(Descend, ReachesTheBoundedMinimum) {
  for (const std::size_t d : {1u, 3u, 17u, 31u}) {
    const Matrix gram = ridge_gram(Matrix::normal(2 * d, d, 1, 5), 0.1f, 1);
    const std::size_t bounded = d - d / 3;
    for (std::uint64_t draw = 0; draw < 5; ++draw) {
      const Matrix b = Matrix::normal(1, d, 3, 100 + draw);
      Matrix slope = b.clone(), x = uniform_matrix(1, d, 1, draw);
      descend(gram, bounded, kUntilConverged, slope.row(0), x.row(0));
      // Karush-Kuhn-Tucker: no slope where x may move both ways, none upwards where it is at its bound.
      for (std::size_t k = 0; k < d; ++k) {
        const float exact = b[0][k] - dot(gram.row(k), x.row(0), gram.stride());
        EXPECT_NEAR(slope[0][k], exact, 2e-3);
        if (k < bounded) {
          EXPECT_GE(x[0][k], 0);
        }
        if (k < bounded && x[0][k] == 0) {
          EXPECT_LE(exact, 2e-3);
        } else {
          EXPECT_NEAR(exact, 0, 2e-3);
        }
      }
    }
  }
}

TEST(Descend, LeavesCoordinatesWithoutCurvatureAlone) {
  Matrix gram(3, 3), b(1, 3), x(1, 3);
  gram[0][0] = 2;
  b[0][0] = 4;
  b[0][1] = 5;
  x[0][1] = 7;
  descend(gram, 3, {1, 0}, b.row(0), x.row(0));
  EXPECT_EQ(x[0][0], 2);
  EXPECT_EQ(x[0][1], 7);
  EXPECT_EQ(x[0][2], 0);
}

TEST(RidgeGram, IsTheSumOfProductsAtAnyThreadCount) {
  const Matrix rows = Matrix::normal(9001, 5, 1, 3);
  const Matrix one = ridge_gram(rows, 7, 1), many = ridge_gram(rows, 7, 5);
  Matrix expected(5, 5);
  reference::gram(rows, 0, rows.rows(), expected);
  for (std::size_t r = 0; r < 5; ++r) {
    for (std::size_t c = 0; c < 5; ++c) {
      EXPECT_NEAR(one[r][c], expected[r][c] + (r == c ? 7 : 0), 0.05);
      EXPECT_EQ(one[r][c], many[r][c]);
    }
  }
}

}  // namespace
}  // namespace akin
