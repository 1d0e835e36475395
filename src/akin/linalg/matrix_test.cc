#include "akin/linalg/matrix.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/rng.h"
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

TEST(Matrix, NormalIsARowsStreamAtAnyThreadCount) {
  for (const int threads : {1, 2, 5}) {
    const Matrix matrix = Matrix::normal(53, 17, 0.3, 7, threads);
    for (std::size_t r = 0; r < matrix.rows(); ++r) {
      Rng rng(7, r);
      for (std::size_t c = 0; c < matrix.stride(); ++c)
        EXPECT_EQ(matrix.row(r)[c], c < 17 ? static_cast<float>(0.3 * rng.normal()) : 0.0f) << r << ", " << c;
    }
  }
}

TEST(Matrix, GatherTakesRows) {
  const Matrix source = Matrix::normal(11, 19, 1, 3);
  const std::vector<std::uint32_t> numbers = {10, 0, 7, 7, 3};
  for (const int threads : {1, 3}) {
    const Matrix rows = Matrix::gather(source, numbers, threads);
    ASSERT_EQ(rows.rows(), numbers.size());
    ASSERT_EQ(rows.cols(), source.cols());
    for (std::size_t r = 0; r < numbers.size(); ++r) {
      for (std::size_t c = 0; c < rows.stride(); ++c) EXPECT_EQ(rows.row(r)[c], source.row(numbers[r])[c]);
    }
  }
  EXPECT_EQ(Matrix::gather(source, {}).rows(), 0u);
}

TEST(Csr, CountsEntriesOfRowsAndColumns) {
  Csr matrix;
  matrix.cols = 5;
  matrix.offsets = {0, 2, 2, 5};
  matrix.indices = {1, 4, 0, 1, 3};
  matrix.values = {1, 1, 1, 1, 1};
  EXPECT_EQ(row_sizes(matrix), (std::vector<std::uint32_t>{2, 0, 3}));
  for (const int threads : {1, 2, 7})
    EXPECT_EQ(column_sizes(matrix, threads), (std::vector<std::uint32_t>{1, 2, 0, 1, 1}));
}

TEST(Matrix, RefusesSizesThatOverflow) {
  constexpr std::size_t kHuge = std::size_t{1} << 62;
  for (const auto& [rows, cols] : std::vector<std::pair<std::size_t, std::size_t>>{
           {kHuge, 1}, {1, kHuge}, {0, kHuge}, {1u << 31, std::size_t{1} << 31}, {3, ~std::size_t{0}}}) {
    EXPECT_THROW(Matrix(rows, cols), Error) << rows << " times " << cols;
  }
  EXPECT_TRUE(Matrix(0, 7).empty());
}

}  // namespace
}  // namespace akin
