#include "akin/linalg/panel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "akin/linalg/eigen.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/solve.h"

namespace akin {
namespace {

constexpr std::size_t kPanelSizes[] = {1, 2, 3, 5, 7, 13, 16, 17, 31, 37, 64, 67, 101, 131};

double tolerance(std::size_t terms) { return 1e-6 * (3 + static_cast<double>(terms)); }

std::vector<idx_t> some_rows(std::size_t n, std::size_t of) {
  std::vector<idx_t> which(n);
  for (std::size_t k = 0; k < n; ++k) which[k] = static_cast<idx_t>((5 + 7 * k) % of);
  return which;
}

TEST(Panel, GatherRowsMatchesReference) {
  for (const std::size_t d : kPanelSizes) {
    SCOPED_TRACE(d);
    const Matrix matrix = Matrix::normal(41, d, 1, 1), numbers = Matrix::normal(2, 64 + d, 1, 2);
    const auto which = some_rows(29, 41);
    const std::span<const float> scales = numbers[0].first(29), none;
    const std::span<const float> columns(numbers.row(1), matrix.stride());
    for (const Gather& gather :
         {Gather{which, none, none}, Gather{which, scales, none}, Gather{which, scales, columns}}) {
      Matrix fast(29, d), slow(29, d);
      gather_rows(matrix, gather, fast);
      reference::gather_rows(matrix, gather, slow);
      for (std::size_t k = 0; k < 29; ++k) {
        for (std::size_t c = 0; c < fast.stride(); ++c)
          ASSERT_NEAR(fast.row(k)[c], slow.row(k)[c], 1e-6 * std::abs(slow.row(k)[c])) << k << ", " << c;
      }
    }
  }
}

TEST(Panel, AddOuterMatchesReference) {
  for (const std::size_t d : kPanelSizes) {
    for (const std::size_t n : {0, 1, 5, 31, 331}) {
      SCOPED_TRACE(::testing::Message() << n << " x " << d);
      const Matrix left = Matrix::normal(337, d, 1, 3), right = Matrix::normal(337, d, 1, 4);
      Matrix fast = Matrix::normal(d, d, 1, 5), slow = fast.clone();
      add_outer(Panel(right, 3, 3 + n), left.row(3), fast);
      reference::add_outer(Panel(right, 3, 3 + n), left.row(3), slow);
      for (std::size_t i = 0; i < d; ++i) {
        for (std::size_t j = i; j < d; ++j)
          ASSERT_NEAR(fast[i][j], slow[i][j], tolerance(n)) << i << ", " << j;
      }
    }
  }
}

TEST(Panel, ColumnsAreASubmatrix) {
  const Matrix rows = Matrix::normal(31, 67, 1, 6), x = Matrix::normal(1, 67, 1, 7),
               weights = Matrix::normal(1, 31, 1, 8);
  for (const auto& [first, count] : {std::pair{0, 16}, {16, 32}, {48, 19}, {64, 3}}) {
    SCOPED_TRACE(first);
    const Panel part = Panel(rows, 2, 31).columns(first, count);
    Matrix gram(count, count), piece(1, count), sums(1, count);
    add_gram(part, gram);
    std::copy_n(x.row(0) + first, count, piece.row(0));
    std::vector<float> products(29, 1.0f);
    subtract_products(part, piece.row(0), products.data());
    weighted_sum(part, weights.row(0), sums.row(0));
    for (std::size_t k = 0; k < 29; ++k)
      EXPECT_NEAR(products[k], 1 - reference::dot(rows.row(k + 2) + first, piece.row(0), count), 1e-5) << k;
    for (std::size_t i = 0; i < piece.cols(); ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < 29; ++k) sum += double{weights[0][k]} * rows[k + 2][first + i];
      EXPECT_NEAR(sums[0][i], sum, 1e-5);
      for (std::size_t j = i; j < piece.cols(); ++j) {
        double product = 0;
        for (std::size_t k = 2; k < 31; ++k) product += double{rows[k][first + i]} * rows[k][first + j];
        EXPECT_NEAR(gram[i][j], product, 1e-4);
      }
    }
  }
}

TEST(Panel, UpperProductsAreDotProductsAndCanBeSolved) {
  for (const std::size_t d : {1, 7, 64, 67}) {
    for (const std::size_t n : {1, 2, 3, 4, 5, 11, 17, 29, 53}) {
      SCOPED_TRACE(::testing::Message() << n << " of " << d);
      Matrix panel = Matrix::normal(n + 5, d, 1, 9);
      for (std::size_t r = n; r < n + 3; ++r) std::fill_n(panel.row(r), panel.stride(), 0.0f);
      // what stood there does not matter
      Matrix products = Matrix::normal(n + 7, n + 7, 1e6, 10), dense(n, n);
      upper_products(panel, n, products);
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = i; j < n; ++j) {
          dense[i][j] = reference::dot(panel.row(i), panel.row(j), d);
          ASSERT_NEAR(products[i][j], dense[i][j], tolerance(d)) << i << ", " << j;
        }
        products[i][i] += 2;
        dense[i][i] += 2;
      }
      const Matrix right = Matrix::normal(1, n, 1, 11);
      Matrix fast = right.clone(), slow = right.clone();
      cholesky_solve(products, n, fast.row(0));
      reference::cholesky_solve(dense, slow.row(0));
      for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(fast[0][i], slow[0][i], 1e-4) << i;
    }
  }
}

TEST(Eigen, BasisTurnsTheMatrixIntoItsEigenvalues) {
  for (const std::size_t d : {1, 2, 7, 31, 67}) {
    SCOPED_TRACE(d);
    Matrix rows = Matrix::normal(2 * d + 1, d, 1, 12), a(d, d), turned(d, d);
    gram(rows, 0, rows.rows(), a);
    const Eigenbasis basis = eigenbasis(a);
    EXPECT_TRUE(std::ranges::is_sorted(basis.values, std::greater<>()));
    const Matrix old = rows.clone();
    std::vector<idx_t> which;  // all, in two parts, neither ascending
    for (std::size_t r = rows.rows() - 1; r > 0; --r) which.push_back(static_cast<idx_t>(r));
    rotate_rows(basis.vectors, which, rows);
    rotate_rows(basis.vectors, std::vector<idx_t>{0}, rows);
    gram(rows, 0, rows.rows(), turned);
    const double bound = 1e-5 * (1 + basis.values[0]);
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < d; ++j) {
        EXPECT_NEAR(turned[i][j], i == j ? basis.values[i] : 0, bound) << i << ", " << j;
        EXPECT_NEAR(dot(basis.vectors.row(i), basis.vectors.row(j), d), i == j, 1e-5) << i << ", " << j;
      }
    }
    EXPECT_NEAR(dot(rows.row(0), rows.row(d), d), dot(old.row(0), old.row(d), d), 1e-4) << "a rotation";
  }
}

}  // namespace
}  // namespace akin
