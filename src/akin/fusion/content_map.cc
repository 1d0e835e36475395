#include "akin/fusion/content_map.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/row_product.h"

namespace akin {
namespace {

constexpr idx_t kNone = 0xFFFFFFFF;
constexpr std::uint32_t kFewestItems = 2;  // that have a dimension
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

/// Sums of the columns, divided by the number of rows.
std::vector<float> column_means(const Matrix& rows) {
  std::vector<double> sums(rows.cols(), 0.0);
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    for (std::size_t c = 0; c < rows.cols(); ++c) sums[c] += static_cast<double>(rows.row(r)[c]);
  }
  std::vector<float> means;
  for (const double sum : sums)
    means.push_back(static_cast<float>(sum / static_cast<double>(std::max<std::size_t>(rows.rows(), 1))));
  return means;
}

std::vector<float> column_means(const Csr& rows) {
  std::vector<double> sums(rows.cols, 0.0);
  for (std::size_t e = 0; e < rows.entries(); ++e)
    sums[rows.indices[e]] += static_cast<double>(rows.values[e]);
  std::vector<float> means;
  for (const double sum : sums) means.push_back(static_cast<float>(sum / static_cast<double>(rows.rows())));
  return means;
}

/// weights^T means, of a row for each weight of `means`.
std::vector<float> map_row(const Matrix& weights, std::span<const float> means) {
  std::vector<double> sums(weights.cols(), 0.0);
  for (std::size_t r = 0; r < weights.rows(); ++r) {
    for (std::size_t c = 0; c < weights.cols(); ++c)
      sums[c] += static_cast<double>(means[r]) * static_cast<double>(weights.row(r)[c]);
  }
  return {sums.begin(), sums.end()};
}

/// Rows x minus their mean, which nobody writes down: they would no longer be sparse.
struct CentredRows {
  const Csr& x;
  Csr transposed = transpose(x);
  std::vector<float> means = column_means(x);

  /// (X^T X + lambda I) P = x^T x P - n means (means^T P) + lambda P
  Matrix normal_product(const Matrix& p, float lambda, const Context& context) const {
    Matrix result = multiply_rows(transposed, multiply_rows(x, p, context), context);
    const std::vector<float> mean_product = map_row(p, means);
    const auto n = static_cast<float>(x.rows());
    for (std::size_t r = 0; r < p.rows(); ++r) {
      axpy(lambda, p.row(r), result.row(r), p.stride());
      axpy(-n * means[r], mean_product.data(), result.row(r), p.cols());
    }
    return result;
  }
};

/// Of centred targets y.
Matrix conjugate_gradients(const CentredRows& rows, const Matrix& y, float lambda, const Context& context) {
  Matrix solution(rows.x.cols, y.cols());
  Matrix residual = multiply_rows(rows.transposed, y, context);
  Matrix direction = residual.clone();
  std::vector<double> squares = column_products(residual, residual);
  const std::vector<double> first = squares;
  std::vector<float> alpha(y.cols()), minus(y.cols());
  for (int iteration = 0; iteration < kMostIterations; ++iteration) {
    context.check_stop();
    const Matrix product = rows.normal_product(direction, lambda, context);
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

void ContentMap::set_dimensions(std::vector<idx_t> dimensions, std::size_t inputs) {
  dimensions_ = std::move(dimensions);
  row_of_.assign(inputs, kNone);
  for (std::size_t r = 0; r < dimensions_.size(); ++r) row_of_[dimensions_[r]] = static_cast<idx_t>(r);
}

Csr ContentMap::select(const Csr& contents) const {
  AKIN_ASSERT(contents.cols == inputs());
  Csr result;
  result.cols = dimensions_.size();
  result.offsets.reserve(contents.offsets.size());
  for (std::size_t r = 0; r < contents.rows(); ++r) {
    for (std::uint64_t e = contents.offsets[r]; e < contents.offsets[r + 1]; ++e) {
      const idx_t row = row_of_[contents.indices[e]];
      if (row == kNone) continue;
      result.indices.push_back(row);
      result.values.push_back(contents.values[e]);
    }
    result.offsets.push_back(result.indices.size());
  }
  return result;
}

ContentMap ContentMap::fit(const Csr& contents, const Matrix& targets, float regularization,
                           const Context& context) {
  const std::vector<std::uint32_t> items_with = column_sizes(contents);
  std::vector<idx_t> dimensions;
  for (idx_t d = 0; d < items_with.size(); ++d) {
    if (items_with[d] >= kFewestItems) dimensions.push_back(d);
  }
  ContentMap map;
  map.set_dimensions(std::move(dimensions), contents.cols);
  const Csr selected = map.select(contents);
  std::vector<idx_t> known;
  for (idx_t row = 0; row < selected.rows(); ++row) {
    if (selected.row_size(row) > 0) known.push_back(row);
  }
  if (known.empty())
    fail(ErrorCode::kBadData,
         "map: no two items with events have any content in common, so that there is nothing to map from");
  const Csr x = select_rows(selected, known);
  Matrix y = Matrix::gather(targets, known);
  map.bias_ = column_means(y);
  for (std::size_t r = 0; r < y.rows(); ++r) {
    for (std::size_t c = 0; c < y.cols(); ++c) y.row(r)[c] -= map.bias_[c];
  }
  const CentredRows rows{x};
  map.weights_ = conjugate_gradients(rows, y, regularization, context);
  const std::vector<float> at_mean = map_row(map.weights_, rows.means);
  for (std::size_t c = 0; c < map.bias_.size(); ++c) map.bias_[c] -= at_mean[c];
  return map;
}

Matrix ContentMap::map(const Csr& contents, const Context& context) const {
  const Csr selected = select(contents);
  Matrix result = multiply_rows(selected, weights_, context);
  for (std::size_t r = 0; r < result.rows(); ++r) {
    for (std::size_t c = 0; c < result.cols() && selected.row_size(r) > 0; ++c) result.row(r)[c] += bias_[c];
  }
  return result;
}

void ContentMap::write(TensorWriter& writer, const std::string& prefix) const {
  writer.tensor(prefix + ".dimensions", dimensions_);
  write_matrix(writer, prefix + ".weights", weights_);
  writer.tensor(prefix + ".bias", bias_);
}

ContentMap ContentMap::read(const TensorReader& reader, const std::string& prefix, std::size_t inputs) {
  ContentMap map;
  const std::vector<idx_t> dimensions =
      reader.vector<idx_t>(prefix + ".dimensions", reader.shape(prefix + ".dimensions").at(0));
  for (std::size_t r = 0; r < dimensions.size(); ++r) {
    if (dimensions[r] >= inputs || (r > 0 && dimensions[r] <= dimensions[r - 1]))
      reader.inconsistent(fmt::format("{}.dimensions has {} in row {}, of {} dimensions in ascending order",
                                      prefix, dimensions[r], r, inputs));
  }
  map.set_dimensions(dimensions, inputs);
  map.weights_ = read_matrix(reader, prefix + ".weights", dimensions.size());
  map.bias_ = reader.vector<float>(prefix + ".bias", map.weights_.cols());
  return map;
}

}  // namespace akin
