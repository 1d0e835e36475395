// Sparse matrices by row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace akin {

class TensorReader;  // base/safetensors.h
class TensorWriter;

/// Dense index of a user or item.
using idx_t = std::uint32_t;

/// A compressed sparse row matrix of shape (rows(), cols). Row r's entries are cols_of(r), values_of(r).
struct Csr {
  std::size_t cols = 0;
  std::vector<std::uint64_t> offsets = {0};  ///< rows + 1
  std::vector<idx_t> indices;                ///< column of each entry
  std::vector<float> values;                 ///< as long as indices

  std::size_t rows() const { return offsets.size() - 1; }
  std::size_t entries() const { return indices.size(); }
  std::size_t row_size(std::size_t r) const { return offsets[r + 1] - offsets[r]; }
  std::span<const idx_t> cols_of(std::size_t r) const { return {indices.data() + offsets[r], row_size(r)}; }
  std::span<const float> values_of(std::size_t r) const { return {values.data() + offsets[r], row_size(r)}; }
};

/// The transpose; entries of each new row are in order of their old row. Cost: O(entries + rows + cols).
Csr transpose(const Csr& matrix);
/// Row r of the result is row `rows[r]` of `matrix`.
Csr select_rows(const Csr& matrix, std::span<const idx_t> rows);

/// Entries of each row, and of each column; the latter takes 4 cols bytes per thread,
/// which are as for parallel_for().
std::vector<std::uint32_t> row_sizes(const Csr& matrix);
std::vector<std::uint32_t> column_sizes(const Csr& matrix, int threads = 1);

/// Stores under name.offsets, name.indices, name.values; the matrix must outlive the writer.
void write_csr(TensorWriter& writer, const std::string& name, const Csr& matrix);
/// How the columns of each row stand in a stored matrix; none stands twice.
enum class ColumnOrder { kAscending, kAny };
/// Reads it back and checks offsets, column numbers and their order. Throws Error(kBadData).
Csr read_csr(const TensorReader& reader, const std::string& name, std::size_t rows, std::size_t cols,
             ColumnOrder order);

}  // namespace akin
