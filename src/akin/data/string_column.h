// Many strings in one block of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace akin {

class TensorReader;  // base/safetensors.h
class TensorWriter;

/// Like std::string for appending, but large blocks grow by moving pages instead of copying bytes, so that
/// growth never holds them twice, and they ask for huge pages: the kernel's page faults would take longer
/// than parsing the text.
class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(const ByteBuffer& other) { append(other.view()); }
  ByteBuffer(ByteBuffer&& other) noexcept { swap(other); }
  ByteBuffer& operator=(ByteBuffer other) noexcept {
    swap(other);
    return *this;
  }
  ~ByteBuffer() = default;

  const char* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::string_view view() const { return {data_.get(), size_}; }

  /// `text` must not lie in this buffer. Throws std::bad_alloc.
  void append(std::string_view text) {
    if (text.empty()) return;
    if (text.size() > capacity_ - size_) grow(size_ + text.size());
    std::memcpy(data_.get() + size_, text.data(), text.size());
    size_ += text.size();
  }
  /// Room for `bytes` bytes in all.
  void reserve(std::size_t bytes) {
    if (bytes > capacity_) resize_block(bytes);
  }
  void swap(ByteBuffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  struct Free {
    void operator()(char* block) const { std::free(block); }
  };
  void grow(std::size_t needed);
  void resize_block(std::size_t capacity);

  std::unique_ptr<char[], Free> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

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
  /// The rows listed, in that order; what does not exist is empty.
  template <typename Row>
  StringColumn select(const std::vector<Row>& rows) const {
    StringColumn result;
    std::size_t bytes = 0;
    for (const Row row : rows) bytes += get(row).size();
    result.reserve(rows.size(), bytes);
    for (const Row row : rows) result.push_back(get(row));
    return result;
  }
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

/// The type of an attribute. Its values stay texts as they came; the type says how they are read.
struct AttributeType {
  enum class Kind : std::uint8_t {
    kText,      ///< words, such as a title or a description
    kCategory,  ///< one of a few values, such as a brand
    kNumber,    ///< such as a price or a stock
    kDate,      ///< as TimeParser("auto") reads it
    kList,      ///< several values, such as tags, or the levels of a category from general to specific
    kPicture,   ///< path or address of a picture
  };
  Kind kind = Kind::kText;
  std::string separator = "|";  ///< between the elements of a list
  friend bool operator==(const AttributeType&, const AttributeType&) = default;
};

/// Named string columns over the same rows: the attributes of items or users. Well-known names of items are
/// title, brand, category (path from general to specific), price, description, image, tags; of users gender,
/// age, occupation, zip. Any other name is kept as it came. Each column has a type.
class AttributeTable {
 public:
  std::size_t columns() const { return columns_.size(); }
  const std::vector<std::pair<std::string, StringColumn>>& all() const { return columns_; }
  /// nullptr if there is no such column.
  const StringColumn* find(std::string_view name) const;
  /// The column, made if absent.
  StringColumn& column(std::string_view name);
  /// How the values of a column are read; text if there is no such column.
  const AttributeType& type(std::string_view name) const;
  /// The column must be there.
  void set_type(std::string_view name, AttributeType type);
  /// The value, or "" if the column or the row is absent.
  std::string_view get(std::string_view name, std::size_t row) const;
  AttributeTable select(const std::vector<std::uint32_t>& rows) const;
  /// Gives every column `rows` rows.
  void resize(std::size_t rows);

 private:
  std::vector<std::pair<std::string, StringColumn>> columns_;
  std::vector<AttributeType> types_;  // by column
};

void write_attributes(TensorWriter& writer, const std::string& name, const AttributeTable& table);
AttributeTable read_attributes(const TensorReader& reader, const std::string& name, std::size_t rows);

}  // namespace akin
