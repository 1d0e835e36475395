#include "akin/linalg/csr.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/base/safetensors.h"

namespace akin {

Csr transpose(const Csr& matrix) {
  Csr result;
  result.cols = matrix.rows();
  result.offsets.assign(matrix.cols + 1, 0);
  for (const idx_t column : matrix.indices) ++result.offsets[column + 1];
  for (std::size_t c = 0; c < matrix.cols; ++c) result.offsets[c + 1] += result.offsets[c];
  result.indices.resize(matrix.entries());
  result.values.resize(matrix.entries());
  std::vector<std::uint64_t> next(result.offsets.begin(), result.offsets.end() - 1);
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    for (std::uint64_t e = matrix.offsets[r]; e < matrix.offsets[r + 1]; ++e) {
      const std::uint64_t to = next[matrix.indices[e]]++;
      result.indices[to] = static_cast<idx_t>(r);
      result.values[to] = matrix.values[e];
    }
  }
  return result;
}

Csr select_rows(const Csr& matrix, std::span<const idx_t> rows) {
  Csr result;
  result.cols = matrix.cols;
  for (const idx_t row : rows) {
    const auto columns = matrix.cols_of(row);
    const auto values = matrix.values_of(row);
    result.indices.insert(result.indices.end(), columns.begin(), columns.end());
    result.values.insert(result.values.end(), values.begin(), values.end());
    result.offsets.push_back(result.indices.size());
  }
  return result;
}

std::vector<std::uint32_t> row_sizes(const Csr& matrix) {
  std::vector<std::uint32_t> sizes(matrix.rows());
  for (std::size_t r = 0; r < sizes.size(); ++r) sizes[r] = static_cast<std::uint32_t>(matrix.row_size(r));
  return sizes;
}

std::vector<std::uint32_t> column_sizes(const Csr& matrix, int threads) {
  std::vector<std::vector<std::uint32_t>> counts(static_cast<std::size_t>(resolve_threads(threads)));
  parallel_for(matrix.entries(), threads, [&](std::size_t begin, std::size_t end, int worker) {
    std::vector<std::uint32_t>& own = counts[static_cast<std::size_t>(worker)];
    own.resize(matrix.cols, 0);
    for (std::size_t e = begin; e < end; ++e) ++own[matrix.indices[e]];
  });
  std::vector<std::uint32_t> sizes(matrix.cols, 0);
  for (const std::vector<std::uint32_t>& own : counts) {
    for (std::size_t c = 0; c < own.size(); ++c) sizes[c] += own[c];
  }
  return sizes;
}

void write_csr(TensorWriter& writer, const std::string& name, const Csr& matrix) {
  writer.tensor(name + ".offsets", matrix.offsets);
  writer.tensor(name + ".indices", matrix.indices);
  writer.tensor(name + ".values", matrix.values);
}

namespace {

/// Whether the columns of each row ascend.
bool ascend(const Csr& matrix) {
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    const auto columns = matrix.cols_of(r);
    for (std::size_t e = 1; e < columns.size(); ++e) {
      if (columns[e - 1] >= columns[e]) return false;
    }
  }
  return true;
}

/// Whether each row has each column once at most.
bool differ(const Csr& matrix) {
  std::vector<std::uint32_t> last_row(matrix.cols, 0);  // that had the column, from 1
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    for (const idx_t column : matrix.cols_of(r)) {
      if (last_row[column] == r + 1) return false;
      last_row[column] = static_cast<std::uint32_t>(r + 1);
    }
  }
  return true;
}

}  // namespace

Csr read_csr(const TensorReader& reader, const std::string& name, std::size_t rows, std::size_t cols,
             ColumnOrder order) {
  Csr matrix;
  matrix.cols = cols;
  matrix.offsets = reader.vector<std::uint64_t>(name + ".offsets", rows + 1);
  const auto indices = reader.tensor<idx_t>(name + ".indices");
  matrix.indices.assign(indices.begin(), indices.end());
  matrix.values = reader.vector<float>(name + ".values", matrix.indices.size());
  const auto wrong = [&](const char* what) {
    reader.inconsistent(fmt::format("sparse matrix {}: {}", name, what));
  };
  if (matrix.offsets.front() != 0 || matrix.offsets.back() != matrix.indices.size() ||
      !std::ranges::is_sorted(matrix.offsets))
    wrong("its rows do not follow one another");
  if (!std::ranges::all_of(matrix.indices, [&](idx_t column) { return column < cols; }))
    wrong("a column does not exist");
  if (order == ColumnOrder::kAscending && !ascend(matrix)) wrong("the columns of a row do not ascend");
  if (order == ColumnOrder::kAny && !differ(matrix)) wrong("a row has a column twice");
  return matrix;
}

}  // namespace akin
