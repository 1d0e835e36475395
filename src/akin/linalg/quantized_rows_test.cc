#include "akin/linalg/quantized_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

std::vector<char> all_of(const Matrix& rows) { return std::vector<char>(rows.rows(), 1); }

/// Whether the list is that of the floats, to the bit; how many rows were scored as floats.
std::size_t expect_same(const Matrix& rows, const Matrix& query, const std::vector<char>& allowed,
                        std::size_t k) {
  std::vector<float> scores(rows.rows());
  multiply(rows, 0, rows.rows(), query.row(0), scores.data());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (allowed[i] == 0) scores[i] = kLowest;
  }
  std::size_t scored = 0;
  EXPECT_EQ(QuantizedRows(rows).top_k(query.row(0), allowed, k, &scored), top_k(scores, k));
  return scored;
}

/// Vectors with biases in the last two columns, as models have them.
Matrix vectors(std::size_t n, std::size_t d) {
  Matrix rows = Matrix::normal(n, d, 0.1, n + d);
  for (std::size_t i = 0; i < n; ++i) {
    rows[i][d - 1] = i % 7 == 3 ? -1e6f : rows[i][d - 1];
    if (d > 1) rows[i][d - 2] *= 100;
  }
  return rows;
}

TEST(QuantizedRows, FindTheSameBestAsFloats) {
  for (const std::size_t d : {1, 2, 3, 17, 65, 66, 67, 131, 1201}) {
    const Matrix rows = vectors(1031, d);
    Matrix query = Matrix::normal(1, d, 1, 5);
    query[0][d - 1] = 1;
    std::vector<char> few(rows.rows(), 0);
    for (std::size_t i = 0; i < few.size(); i += 13) few[i] = 1;
    for (const std::size_t k : {1, 20, 1031, 5000}) {
      SCOPED_TRACE(testing::Message() << d << " columns, k = " << k);
      expect_same(rows, query, all_of(rows), k);
      expect_same(rows, query, few, k);
    }
  }
}

TEST(QuantizedRows, ScoreFewRowsAsFloats) {
  const Matrix rows = vectors(10'007, 129);
  Matrix query = Matrix::normal(1, 129, 1, 5);
  query[0][127] = 0;
  query[0][128] = 1;
  EXPECT_LT(expect_same(rows, query, all_of(rows), 20), 400u);
  // A net that has learned little: what is coded is small beside the 1 of the bias.
  Matrix flat = rows.clone();
  for (std::size_t i = 0; i < flat.rows(); ++i) flat[i][128] = 0;
  scale(1e-3f, query.row(0), 127);
  EXPECT_LT(expect_same(flat, query, all_of(flat), 20), 400u);
}

/// Ties at the end of the list, whole and in the last bits, rows that are zero, huge, tiny, or rounded badly.
TEST(QuantizedRows, OddRowsAndQueries) {
  Matrix query = Matrix::normal(1, 67, 1, 5);
  Matrix rows(613, 67);
  expect_same(rows, query, all_of(rows), 20);
  const Matrix one = Matrix::normal(1, 67, 1, 6);
  for (std::size_t i = 0; i < rows.rows(); ++i) std::ranges::copy(one[0], rows[i].begin());
  expect_same(rows, query, all_of(rows), 20);
  Rng rng(3);
  for (std::size_t i = 0; i < rows.rows(); ++i) {  // scores differ by roundings only
    const std::size_t c = rng.below(67);
    rows[i][c] = std::nextafter(rows[i][c], rng.below(2) == 0 ? 10.0f : -10.0f);
  }
  expect_same(rows, query, all_of(rows), 20);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const float factor = std::pow(10.0f, static_cast<float>(rng.below(29)) - 20);
    for (float& x : rows[i]) x *= factor;
    if (i % 11 == 0) rows[i][i % 65] = 1e3f * factor;  // ruins the scale of its row
  }
  expect_same(rows, query, all_of(rows), 20);
  Matrix small = query.clone();
  scale(1e-30f, small.row(0), 67);
  expect_same(rows, small, all_of(rows), 20);
  expect_same(rows, Matrix(1, 67), all_of(rows), 20);
  query[0][66] = 1e20f;
  expect_same(rows, query, all_of(rows), 20);
  query[0][66] = 1;
  for (const float value : {1e20f, kLowest, std::numeric_limits<float>::quiet_NaN()}) {
    rows[5][7] = value;
    expect_same(rows, query, all_of(rows), 20);
  }
}

TEST(QuantizedRows, BoundsMatchReferenceAndHold) {
  for (const std::size_t width : {1, 3}) {
    constexpr std::size_t kRows = 48;
    Rng rng(width);
    std::vector<QuantizedRows::Codes> codes(kRows * width);
    for (auto& part : codes) {
      for (auto& code : part.of) code = static_cast<std::int8_t>(static_cast<int>(rng.below(255)) - 127);
    }
    QuantizedRows::Query query{
        .codes = {}, .scale = 3e-5f, .first = 0.5f, .second = -2, .norm = 7, .rounding = 1e-2f};
    for (std::size_t c = 0; c < width * 64; ++c)
      query.codes.push_back(static_cast<std::int16_t>(static_cast<int>(rng.below(65535)) - 32767));
    for (auto& code : codes[0].of) code = 127;  // the greatest sum
    for (std::size_t c = 0; c < 64; ++c) query.codes[c] = 32767;
    const Matrix terms = Matrix::normal(4, kRows, 1, 2);
    const QuantizedRows::Terms rows{codes.data(), width,        terms.row(0),
                                    terms.row(1), terms.row(2), terms.row(3)};
    std::vector<float> fast(kRows), slow(kRows);
    score_bounds(rows, query, kRows, fast.data());
    reference::score_bounds(rows, query, kRows, slow.data());
    for (std::size_t i = 0; i < kRows; ++i)
      EXPECT_NEAR(fast[i], slow[i], 1e-5 * (10 + std::abs(slow[i]))) << i;
  }
}

}  // namespace
}  // namespace akin
