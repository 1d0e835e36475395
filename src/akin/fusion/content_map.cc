#include "akin/fusion/content_map.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/row_product.h"

namespace akin {
namespace {

constexpr int kMostIterations = 200;
constexpr double kTolerance = 1e-3;  // of the first residual

/// Column by column, the sums over the rows of a_r b_r.
std::vector<double> column_products(const Matrix& a, const Matrix& b) {
  std::vector<double> sums(a.cols(), 0.0);
  for (std::size_t r = 0; r < a.rows(); ++r) {
    for (std::size_t c = 0; c < a.cols(); ++c)
      sums[c] += static_cast<double>(a.row(r)[c]) * static_cast<double>(b.row(r)[c]);
  }
  return sums;
}

/// y <- y + x diag(alpha)
void add_columns(Matrix& y, const Matrix& x, std::span<const float> alpha) {
  for (std::size_t r = 0; r < y.rows(); ++r) {
    for (std::size_t c = 0; c < y.cols(); ++c) y.row(r)[c] += alpha[c] * x.row(r)[c];
  }
}

/// (X^T X + lambda I) P
Matrix normal_product(const Csr& x, const Csr& transposed, const Matrix& p, float lambda,
                      const Context& context) {
  Matrix result = multiply_rows(transposed, multiply_rows(x, p, context), context);
  for (std::size_t r = 0; r < p.rows(); ++r) axpy(lambda, p.row(r), result.row(r), p.stride());
  return result;
}

Matrix conjugate_gradients(const Csr& x, const Matrix& y, float lambda, const Context& context) {
  const Csr transposed = transpose(x);
  Matrix solution(x.cols, y.cols());
  Matrix residual = multiply_rows(transposed, y, context);
  Matrix direction = residual.clone();
  std::vector<double> squares = column_products(residual, residual);
  const std::vector<double> first = squares;
  std::vector<float> alpha(y.cols()), minus(y.cols());
  for (int iteration = 0; iteration < kMostIterations; ++iteration) {
    context.check_stop();
    const Matrix product = normal_product(x, transposed, direction, lambda, context);
    const std::vector<double> curvature = column_products(direction, product);
    for (std::size_t c = 0; c < alpha.size(); ++c) {
      const bool moves = curvature[c] > 0 && squares[c] > kTolerance * kTolerance * first[c];
      alpha[c] = moves ? static_cast<float>(squares[c] / curvature[c]) : 0;
      minus[c] = -alpha[c];
    }
    if (std::ranges::all_of(alpha, [](float step) { return step == 0; })) break;
    add_columns(solution, direction, alpha);
    add_columns(residual, product, minus);
    const std::vector<double> now = column_products(residual, residual);
    for (std::size_t r = 0; r < direction.rows(); ++r) {
      for (std::size_t c = 0; c < alpha.size(); ++c) {
        const double beta = squares[c] > 0 ? now[c] / squares[c] : 0;
        direction.row(r)[c] = residual.row(r)[c] + static_cast<float>(beta) * direction.row(r)[c];
      }
    }
    squares = now;
  }
  return solution;
}

}  // namespace

ContentMap ContentMap::fit(const Csr& contents, const Matrix& targets, std::span<const idx_t> items,
                           float regularization, const Context& context) {
  std::vector<idx_t> known;
  for (const idx_t item : items) {
    if (contents.row_size(item) > 0) known.push_back(item);
  }
  if (known.empty()) fail(ErrorCode::kBadData, "map: no item with events has content to map from");
  const Csr x = select_rows(contents, known);
  Matrix y = Matrix::gather(targets, known);
  std::vector<double> sums(y.cols(), 0.0);
  for (std::size_t r = 0; r < y.rows(); ++r) {
    for (std::size_t c = 0; c < y.cols(); ++c) sums[c] += static_cast<double>(y.row(r)[c]);
  }
  ContentMap map;
  for (const double sum : sums) map.mean_.push_back(static_cast<float>(sum / static_cast<double>(y.rows())));
  for (std::size_t r = 0; r < y.rows(); ++r) {
    for (std::size_t c = 0; c < y.cols(); ++c) y.row(r)[c] -= map.mean_[c];
  }
  map.weights_ = conjugate_gradients(x, y, regularization, context);
  return map;
}

Matrix ContentMap::map(const Csr& contents, const Context& context) const {
  Matrix result = multiply_rows(contents, weights_, context);
  for (std::size_t r = 0; r < result.rows(); ++r) {
    for (std::size_t c = 0; c < result.cols() && contents.row_size(r) > 0; ++c) result.row(r)[c] += mean_[c];
  }
  return result;
}

void ContentMap::write(TensorWriter& writer, const std::string& prefix) const {
  write_matrix(writer, prefix + ".weights", weights_);
  writer.tensor(prefix + ".mean", mean_);
}

ContentMap ContentMap::read(const TensorReader& reader, const std::string& prefix, std::size_t inputs) {
  ContentMap map;
  map.weights_ = read_matrix(reader, prefix + ".weights", inputs);
  map.mean_ = reader.vector<float>(prefix + ".mean", map.weights_.cols());
  return map;
}

}  // namespace akin
