#include "akin/linalg/small_product.h"

#include <gtest/gtest.h>

#include <algorithm>

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

TEST(SmallProduct, PartsHaveTheBitsOfTheWhole) {
  const Matrix a = Matrix::normal(37, 29, 1, 1), b = Matrix::normal(29, 70, 1, 2);
  Matrix whole = Matrix::normal(37, 70, 1, 3), parts = whole.clone();
  add_product(as_is(a), 37, 29, b, whole);
  for (std::size_t row = 0; row < 37; row += 11) {
    for (std::size_t column = 0; column < parts.stride(); column += 48) {
      for (std::size_t depth = 0; depth < 29; depth += 13) {
        add_product({{a.row(row) + depth, a.stride(), 1},
                     std::min<std::size_t>(11, 37 - row),
                     std::min<std::size_t>(13, 29 - depth),
                     std::min<std::size_t>(48, parts.stride() - column),
                     b.row(depth) + column,
                     b.stride(),
                     parts.row(row) + column,
                     parts.stride()});
      }
    }
  }
  for (std::size_t r = 0; r < 37; ++r) EXPECT_TRUE(std::ranges::equal(whole[r], parts[r])) << "row " << r;
}

}  // namespace
}  // namespace akin
