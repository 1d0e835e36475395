#include "akin/linalg/small_product.h"

#include <gtest/gtest.h>

namespace akin {
namespace {

TEST(SmallProduct, IsTheReferenceForAllShapes) {
  for (const std::size_t rows : {1, 2, 5, 6, 7, 13, 64}) {
    for (const std::size_t inner : {1, 3, 17, 64}) {
      for (const std::size_t n : {1, 8, 16, 17, 40, 64}) {
        const Matrix a = Matrix::normal(rows, inner, 1, 1), a_t = Matrix::normal(inner, rows, 1, 2);
        const Matrix b = Matrix::normal(inner, n, 1, 3);
        for (const StridedMatrix factor : {as_is(a), transposed(a_t)}) {
          Matrix c = Matrix::normal(rows, n, 1, 4), expected = c.clone();
          add_product(factor, rows, inner, b, c);
          reference::add_product(factor, rows, inner, b, expected);
          for (std::size_t i = 0; i < rows; ++i) {
            for (std::size_t j = 0; j < n; ++j)
              ASSERT_NEAR(c[i][j], expected[i][j], 1e-4) << rows << inner << n;
            for (std::size_t j = n; j < c.stride(); ++j) ASSERT_EQ(c.row(i)[j], 0) << "padding";
          }
        }
      }
    }
  }
}

TEST(SmallProduct, LeavesOtherRowsAlone) {
  const Matrix a = Matrix::normal(8, 4, 1, 1), b = Matrix::normal(4, 5, 1, 2);
  Matrix c = Matrix::normal(8, 5, 1, 3);
  const Matrix before = c.clone();
  add_product(as_is(a), 3, 4, b, c);
  for (std::size_t j = 0; j < 5; ++j) {
    EXPECT_NE(c[2][j], before[2][j]);
    EXPECT_EQ(c[3][j], before[3][j]);
  }
}

}  // namespace
}  // namespace akin
