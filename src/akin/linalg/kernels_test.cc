#include "akin/linalg/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "akin/linalg/solve.h"

namespace akin {
namespace {

// Around and beyond every vector width and unrolling.
constexpr std::size_t kSizes[] = {1, 2, 3, 5, 7, 13, 16, 17, 31, 37, 64, 67, 101, 131};

void expect_near_rows(std::span<const float> got, std::span<const float> expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(got[i], expected[i], tolerance * (1 + std::abs(expected[i]))) << "at " << i;
  }
}

/// The padding of every row is still zero.
void expect_clean_padding(const Matrix& matrix) {
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    for (std::size_t c = matrix.cols(); c < matrix.stride(); ++c)
      ASSERT_EQ(matrix.row(r)[c], 0) << r << ", " << c;
  }
}

TEST(Kernels, DotAxpyAndScaleMatchReference) {
  for (const std::size_t n : kSizes) {
    SCOPED_TRACE(n);
    // One element beyond n on each side shows reads and writes out of range.
    const Matrix a = Matrix::normal(1, n + 1, 1, 1);
    const Matrix b = Matrix::normal(1, n + 1, 1, 2);
    EXPECT_NEAR(dot(a.row(0), b.row(0), n), reference::dot(a.row(0), b.row(0), n), 1e-5 * (1 + std::sqrt(n)));
    EXPECT_NEAR(dot(a.row(0) + 1, b.row(0), n), reference::dot(a.row(0) + 1, b.row(0), n),
                1e-5 * (1 + std::sqrt(n)));
    Matrix fast = b.clone(), slow = b.clone();
    axpy(-1.5f, a.row(0), fast.row(0), n);
    reference::axpy(-1.5f, a.row(0), slow.row(0), n);
    expect_near_rows(fast[0], slow[0], 1e-6);
    EXPECT_EQ(fast[0][n], b[0][n]);
    scale(-3, fast.row(0), n);
    for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(fast[0][i], -3 * slow[0][i], 1e-5);
    EXPECT_EQ(fast[0][n], b[0][n]);
  }
}

TEST(Kernels, FindAtLeastFindsTheFirst) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::size_t n : kSizes) {
    for (const std::size_t at : {std::size_t{0}, n / 3, n / 2, n - 1, n}) {
      std::vector<float> x(n + 1, 1.0F);
      x[n] = 9;  // beyond the end
      if (at < n) x[at] = 2;
      if (at > 0 && n > 1) x[at / 2] = at / 2 == at ? x[at / 2] : nan;
      EXPECT_EQ(find_at_least(x.data(), n, 2.0F), at) << n;
      EXPECT_EQ(find_at_least(x.data() + 1, n - 1, 2.0F), at == 0 ? n - 1 : at - 1) << n;
    }
  }
}

TEST(Kernels, MultiplyMatchesReference) {
  for (const std::size_t d : {1, 13, 64, 67}) {
    const Matrix items = Matrix::normal(23, d, 1, 3);
    for (const std::size_t n_users : {1, 2, 3, 5, 7}) {
      SCOPED_TRACE(::testing::Message() << d << " x " << n_users);
      const Matrix users = Matrix::normal(n_users, d, 1, 4);
      for (const auto& [begin, end] :
           {std::pair{0, 23}, std::pair{2, 19}, std::pair{5, 6}, std::pair{7, 7}}) {
        const std::size_t n = static_cast<std::size_t>(end - begin), out_stride = n + 2;
        std::vector<float> fast(n_users * out_stride, -7), slow(n_users * out_stride, -7);
        multiply(items, begin, end, users, fast.data(), out_stride);
        reference::multiply(items, begin, end, users, slow.data(), out_stride);
        expect_near_rows(fast, slow, 1e-5);
        std::vector<float> one(n + 1, -7);
        multiply(items, begin, end, users.row(n_users - 1), one.data());
        expect_near_rows({one.data(), n}, {slow.data() + (n_users - 1) * out_stride, n}, 1e-5);
        EXPECT_EQ(one[n], -7);
      }
    }
  }
}

TEST(Kernels, MultiplyMatchesReferenceOverSeveralTiles) {
  for (const std::size_t d : {3, 67, 521, 5003}) {
    SCOPED_TRACE(d);
    const Matrix items = Matrix::normal(d < 67 ? 601 : 131, d, 1, 3), users = Matrix::normal(5, d, 1, 4);
    std::vector<float> fast(5 * items.rows(), -7), slow(fast);
    multiply(items, 0, items.rows(), users, fast.data(), items.rows());
    reference::multiply(items, 0, items.rows(), users, slow.data(), items.rows());
    expect_near_rows(fast, slow, 1e-5 * std::sqrt(d));
  }
}

TEST(Kernels, EqualRowsGetEqualScoresWhereverTheyStand) {
  // Ties decide ranks, so they must not depend on blocks and remainders.
  for (const std::size_t d : {7, 67}) {
    const Matrix one = Matrix::normal(1, d, 1, 3);
    Matrix items(47, d), users(11, d);
    for (std::size_t r = 0; r < items.rows(); ++r) std::ranges::copy(one[0], items[r].begin());
    for (std::size_t r = 0; r < users.rows(); ++r) std::ranges::copy(one[0], users[r].begin());
    std::vector<float> out(11 * 47);
    multiply(items, 0, 47, users, out.data(), 47);
    for (const float score : out) ASSERT_EQ(score, out[0]);
  }
}

TEST(Kernels, GramMatchesReference) {
  for (const std::size_t d : kSizes) {
    for (const std::size_t n : {0, 1, 3, 4, 7, 29}) {
      SCOPED_TRACE(::testing::Message() << n << " x " << d);
      const Matrix rows = Matrix::normal(31, d, 1, 5);
      Matrix fast = Matrix::normal(d, d, 1, 6), slow(d, d);  // what stood there before is overwritten
      gram(rows, 1, 1 + n, fast);
      reference::gram(rows, 1, 1 + n, slow);
      for (std::size_t i = 0; i < d; ++i) expect_near_rows(fast[i], slow[i], 1e-5);
      expect_clean_padding(fast);
    }
  }
}

TEST(Kernels, WeightedSumMatchesReference) {
  for (const std::size_t d : kSizes) {
    SCOPED_TRACE(d);
    const Matrix rows = Matrix::normal(11, d, 1, 7);
    const Matrix weights = Matrix::normal(1, 11, 1, 8);
    Matrix fast = Matrix::normal(1, d, 1, 9), slow = fast.clone();
    weighted_sum(rows, weights.row(0), fast.row(0));
    reference::weighted_sum(rows, weights.row(0), slow.row(0));
    expect_near_rows(fast[0], slow[0], 1e-5);
    expect_clean_padding(fast);
  }
}

TEST(Kernels, GatheredProductsMatchReference) {
  const std::vector<idx_t> all = {12, 0, 3, 3, 7, 1, 12, 5, 11, 2, 9};
  const Matrix numbers = Matrix::normal(2, all.size(), 1, 10);
  for (const std::size_t d : kSizes) {
    const Matrix rows = Matrix::normal(13, d, 1, 11);
    const Matrix x = Matrix::normal(1, d, 1, 12);
    for (const std::size_t n : {0, 1, 3, 4, 5, 11}) {
      SCOPED_TRACE(::testing::Message() << n << " x " << d);
      const std::span<const idx_t> which(all.data(), n);
      for (const RowTerms& terms :
           {RowTerms{which, numbers[0].first(n), numbers[1].first(n)},
            RowTerms{which, {}, numbers[1].first(n)}, RowTerms{which, numbers[0].first(n), {}}}) {
        Matrix fast = Matrix::normal(1, d, 1, 13), slow = fast.clone();
        gather_multiply(rows, terms, x.row(0), fast.row(0));
        reference::gather_multiply(rows, terms, x.row(0), slow.row(0));
        expect_near_rows(fast[0], slow[0], 1e-4);
        expect_clean_padding(fast);
      }
      Matrix fast = Matrix::normal(d, d, 1, 14), slow = fast.clone();
      gather_gram(rows, {which, {}, numbers[1].first(n)}, fast);
      reference::gather_gram(rows, {which, {}, numbers[1].first(n)}, slow);
      for (std::size_t i = 0; i < d; ++i) expect_near_rows(fast[i].subspan(i), slow[i].subspan(i), 1e-5);
      expect_clean_padding(fast);
    }
  }
}

TEST(Solve, CholeskyMatchesElimination) {
  for (const std::size_t d : kSizes) {
    SCOPED_TRACE(d);
    const Matrix rows = Matrix::normal(2 * d + 3, d, 1, 15);
    Matrix a(d, d), b = Matrix::normal(1, d, 1, 16);
    gram(rows, 0, rows.rows(), a);
    for (std::size_t i = 0; i < d; ++i) a[i][i] += 1;
    Matrix slow = b.clone();
    reference::cholesky_solve(a, slow.row(0));
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < i; ++j) a[i][j] = 1e3f;  // never read
    }
    cholesky_solve(a, b.row(0));
    expect_near_rows(b[0], slow[0], 1e-4);
    expect_clean_padding(b);
  }
}

TEST(Solve, SingularSystemGivesAFiniteSolution) {
  const Matrix rows = Matrix::normal(3, 17, 100, 17);  // rank 3 of 17
  Matrix a(17, 17), b(1, 17);
  gram(rows, 0, 3, a);
  const Matrix before = a.clone();
  for (std::size_t i = 0; i < 17; ++i) b[0][i] = rows[0][i];  // in the range: a solution exists
  cholesky_solve(a, b.row(0));
  ASSERT_TRUE(all_finite(b));
  for (std::size_t i = 0; i < 17; ++i) {
    EXPECT_NEAR(reference::dot(before.row(i), b.row(0), 17), rows[0][i], 2) << "of values around 100";
  }
}

TEST(Solve, NotANumberStaysVisible) {
  Matrix a(2, 2), b(1, 2);
  a[0][0] = a[1][1] = 1;
  a[0][1] = std::nanf("");
  b[0][0] = b[0][1] = 1;
  cholesky_solve(a, b.row(0));
  EXPECT_FALSE(all_finite(b));
}

TEST(Kernels, GatherEnergyMatchesReference) {
  for (const std::size_t d : {1, 13, 64, 67, 128, 521}) {
    // the last is more than the cache is thought to hold
    for (const std::size_t n : {0, 1, 7, 8, 9, 31, 131}) {
      SCOPED_TRACE(::testing::Message() << n << " x " << d);
      const Matrix rows = Matrix::normal(137, d, 1, 5), x = Matrix::normal(1, d, 1, 6),
                   w = Matrix::normal(1, 131, 1, 7);
      std::vector<idx_t> which(n);
      for (std::size_t k = 0; k < n; ++k) which[k] = static_cast<idx_t>(29 * k % 137);
      const RowTerms terms{which, {}, w[0].first(n)};
      const float expected = reference::gather_energy(rows, terms, x.row(0));
      EXPECT_NEAR(gather_energy(rows, terms, x.row(0)), expected, 1e-4 * static_cast<double>(d * (n + 1)));
    }
  }
}

}  // namespace
}  // namespace akin
