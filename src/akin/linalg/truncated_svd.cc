#include "akin/linalg/truncated_svd.h"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

/// rows^T rows: float sums only within blocks of fixed size, whose double sums are added in order.
Eigen::MatrixXd products(const Matrix& rows, const Context& context) {
  constexpr std::size_t kBlock = 512;
  const std::size_t blocks = (rows.rows() + kBlock - 1) / kBlock, wave = 16;
  const auto n = static_cast<Eigen::Index>(rows.cols());
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(n, n);
  std::vector<Matrix> parts(std::min(blocks, wave));
  for (std::size_t first = 0; first < blocks; first += wave) {
    const std::size_t count = std::min(wave, blocks - first);
    parallel_for(
        count, context.threads,
        [&](std::size_t begin, std::size_t end, int) {
          for (std::size_t b = begin; b < end; ++b) {
            if (parts[b].empty()) parts[b] = Matrix(rows.cols(), rows.cols());
            const std::size_t from = (first + b) * kBlock;
            gram(rows, from, std::min(rows.rows(), from + kBlock), parts[b]);
          }
        },
        1);
    for (std::size_t b = 0; b < count; ++b) {
      for (Eigen::Index r = 0; r < n; ++r) {
        for (Eigen::Index c = 0; c < n; ++c)
          sum(r, c) +=
              static_cast<double>(parts[b][static_cast<std::size_t>(r)][static_cast<std::size_t>(c)]);
      }
    }
  }
  return sum;
}

/// rows <- rows * right
void rotate(Matrix& rows, const Eigen::MatrixXd& right, const Context& context) {
  Matrix factors(static_cast<std::size_t>(right.rows()), static_cast<std::size_t>(right.cols()));
  for (Eigen::Index r = 0; r < right.rows(); ++r) {
    for (Eigen::Index c = 0; c < right.cols(); ++c)
      factors[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] = static_cast<float>(right(r, c));
  }
  AKIN_ASSERT(factors.rows() == rows.cols() && factors.stride() <= rows.stride());
  parallel_for(rows.rows(), context.threads, [&](std::size_t begin, std::size_t end, int) {
    Matrix line(1, rows.cols());
    for (std::size_t r = begin; r < end; ++r) {
      std::fill_n(line.row(0), line.stride(), 0.0f);
      weighted_sum(factors, rows.row(r), line.row(0));
      std::copy_n(line.row(0), rows.stride(), rows.row(r));
    }
  });
}

/// Makes the columns orthonormal without changing their span, up to directions that are noise. One round is
/// enough between steps of the power iteration, three are exact.
void orthonormalize(Matrix& rows, int rounds, const Context& context) {
  for (int round = 0; round < rounds; ++round) {
    context.check_stop();
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(products(rows, context));
    const double largest = solver.eigenvalues().maxCoeff();
    if (!(largest > 0)) return;
    const Eigen::VectorXd lengths = solver.eigenvalues().cwiseMax(1e-7 * largest).cwiseSqrt();
    rotate(rows, solver.eigenvectors() * lengths.cwiseInverse().asDiagonal(), context);
    if (solver.eigenvalues().minCoeff() > 0.999 * largest) return;
  }
}

/// sparse * dense
Matrix multiply_sparse(const Csr& sparse, const Matrix& dense, const Context& context) {
  Matrix result(sparse.rows(), dense.cols());
  const auto body = [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r)
      gather_multiply(dense, {sparse.cols_of(r), sparse.values_of(r), {}}, nullptr, result.row(r));
  };
  parallel_for(sparse.rows(), context.threads, body, 64);
  return result;
}

/// The first columns of `from`, their signs as TruncatedSvd says; columns of zero singular values stay zero.
void take_columns(const Matrix& from, const std::vector<double>& values, const std::vector<float>& signs,
                  Matrix& to) {
  const std::size_t count = std::min(from.cols(), to.cols());
  for (std::size_t r = 0; r < from.rows(); ++r) {
    for (std::size_t c = 0; c < count; ++c) {
      if (values[c] > 0) to[r][c] = signs[c] * from[r][c];
    }
  }
}

std::vector<float> signs_of(const Matrix& rows) {
  std::vector<float> largest(rows.cols(), 0);
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    for (std::size_t c = 0; c < rows.cols(); ++c) {
      if (std::abs(rows[r][c]) > std::abs(largest[c])) largest[c] = rows[r][c];
    }
  }
  for (float& value : largest) value = value < 0 ? -1.0f : 1.0f;
  return largest;
}

}  // namespace

TruncatedSvd truncated_svd(const Csr& a, const Csr& transposed, const SvdOptions& options,
                           const Context& context) {
  const std::size_t width = std::min({options.rank + options.oversampling, a.rows(), a.cols});
  TruncatedSvd svd{Matrix(a.rows(), options.rank), Matrix(a.cols, options.rank),
                   std::vector<double>(options.rank, 0.0)};
  if (width == 0) return svd;
  Matrix v = Matrix::normal(a.cols, width, 1, context.seed, context.threads);
  const auto rounds = static_cast<std::uint64_t>(std::max(1, options.power_iterations));
  for (std::uint64_t k = 0; k < rounds; ++k) {
    context.check_stop();
    Matrix u = multiply_sparse(a, v, context);
    orthonormalize(u, 1, context);
    v = multiply_sparse(transposed, u, context);
    orthonormalize(v, k + 1 == rounds ? 4 : 1, context);
    context.report({.phase = "power iteration", .done = k + 1, .total = rounds, .unit = "iterations"});
  }
  Matrix u = multiply_sparse(a, v, context);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(products(u, context));
  const Eigen::MatrixXd descending = solver.eigenvectors().rowwise().reverse();
  rotate(u, descending, context);
  rotate(v, descending, context);
  std::vector<double> values(width);
  for (std::size_t k = 0; k < width; ++k) {
    const double square = solver.eigenvalues()(static_cast<Eigen::Index>(width - 1 - k));
    values[k] = square > 1e-10 * solver.eigenvalues().maxCoeff() ? std::sqrt(square) : 0;
  }
  const std::vector<float> signs = signs_of(v);
  take_columns(u, values, signs, svd.left);
  take_columns(v, values, signs, svd.right);
  std::copy_n(values.begin(), std::min(width, options.rank), svd.singular_values.begin());
  return svd;
}

}  // namespace akin
