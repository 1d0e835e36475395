// Many strings in one block of memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/data/byte_buffer.h"

namespace akin {

class TensorReader;  // base/safetensors.h
class TensorWriter;

/// A column of strings of any bytes, row 0 to size() - 1; a row that was never set is empty. Views are valid
/// until the next change; a text that is set must not be such a view of the same column.
class StringColumn {
 public:
  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  std::string_view operator[](std::size_t row) const {
    return {bytes_.data() + rows_[row].begin, rows_[row].size};
  }
  /// Empty where the row does not exist.
  std::string_view get(std::size_t row) const { return row < size() ? (*this)[row] : std::string_view(); }

  void push_back(std::string_view text) {
    rows_.push_back({bytes_.size(), static_cast<std::uint32_t>(text.size())});
    bytes_.append(text);
  }
  /// Sets one row, growing the column as needed. The old bytes stay until the column is stored.
  void set(std::size_t row, std::string_view text) {
    if (row >= size()) rows_.resize(row + 1);
    rows_[row] = {bytes_.size(), static_cast<std::uint32_t>(text.size())};
    bytes_.append(text);
  }
  void resize(std::size_t rows) { rows_.resize(rows); }
  void reserve(std::size_t rows, std::size_t bytes) {
    rows_.reserve(rows);
    bytes_.reserve(bytes);
  }
  /// Keeps only the rows listed, in that order. Bytes of the others stay until the column is stored.
  void keep_rows(const std::vector<std::uint64_t>& rows);
  /// The rows listed, in that order.
  StringColumn select(const std::vector<std::uint32_t>& rows) const;
  /// Share of rows that are not empty, 0 for an empty column.
  double coverage() const;

 private:
  struct Row {
    std::uint64_t begin = 0;
    std::uint32_t size = 0;  // input lines are at most 1 GiB
  };
  ByteBuffer bytes_;
  std::vector<Row> rows_;
};

/// Stores the column as name.bytes (U8) and name.offsets (U64, rows + 1).
void write_strings(TensorWriter& writer, const std::string& name, const StringColumn& column);
/// Reads it back; it must have `rows` rows. Throws Error(kBadData).
StringColumn read_strings(const TensorReader& reader, const std::string& name, std::size_t rows);

/// Named string columns over the same rows: the attributes of items or users. Well-known names of items are
/// title, brand, category (path from general to specific, levels joined by '|'), price, description, image,
/// tags; of users gender, age, occupation, zip. Any other name is kept as it came.
class AttributeTable {
 public:
  std::size_t columns() const { return columns_.size(); }
  const std::vector<std::pair<std::string, StringColumn>>& all() const { return columns_; }
  /// nullptr if there is no such column.
  const StringColumn* find(std::string_view name) const;
  /// The column, made if absent.
  StringColumn& column(std::string_view name);
  /// The value, or "" if the column or the row is absent.
  std::string_view get(std::string_view name, std::size_t row) const;
  AttributeTable select(const std::vector<std::uint32_t>& rows) const;
  /// Gives every column `rows` rows.
  void resize(std::size_t rows);

 private:
  std::vector<std::pair<std::string, StringColumn>> columns_;
};

void write_attributes(TensorWriter& writer, const std::string& name, const AttributeTable& table);
AttributeTable read_attributes(const TensorReader& reader, const std::string& name, std::size_t rows);

}  // namespace akin
