#include "akin/linalg/matrix.h"

#include <gtest/gtest.h>

#include "akin/linalg/csr.h"

namespace akin {
namespace {

TEST(Matrix, ResizedKeepsWhatBothShapesHave) {
  const Matrix matrix = Matrix::normal(7, 17, 1, 3);
  const std::pair<std::size_t, std::size_t> shapes[] = {{11, 19}, {5, 13}, {11, 2}, {3, 37}, {7, 17}};
  for (const auto& [rows, cols] : shapes) {
    const Matrix copy = matrix.resized(rows, cols);
    ASSERT_EQ(copy.rows(), rows);
    ASSERT_EQ(copy.cols(), cols);
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < copy.stride(); ++c) {
        const bool kept = r < matrix.rows() && c < std::min(cols, matrix.cols());
        EXPECT_EQ(copy.row(r)[c], kept ? matrix[r][c] : 0.0f) << r << ", " << c;
      }
    }
  }
}

TEST(Csr, CountsEntriesOfRowsAndColumns) {
  Csr matrix;
  matrix.cols = 5;
  matrix.offsets = {0, 2, 2, 5};
  matrix.indices = {1, 4, 0, 1, 3};
  matrix.values = {1, 1, 1, 1, 1};
  EXPECT_EQ(row_sizes(matrix), (std::vector<std::uint32_t>{2, 0, 3}));
  EXPECT_EQ(column_sizes(matrix), (std::vector<std::uint32_t>{1, 2, 0, 1, 1}));
}

}  // namespace
}  // namespace akin
