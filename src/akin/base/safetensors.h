// The one container of akin: data sets, models and embeddings are safetensors files, so that Python reads
// them too.
//
// Layout (https://github.com/huggingface/safetensors): 8 bytes little-endian header length, a JSON header
// {"name": {"dtype", "shape", "data_offsets"}, ..., "__metadata__": {string: string}}, then the tensors'
// bytes. akin adds to the metadata: "akin.format" (version), "akin.kind" (what the file is) and
// "akin.checksum" (XXH3-64 over header and data, taken with the checksum's own digits as zeros).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "akin/base/communicator.h"
#include "akin/base/safetensors_header.h"

namespace akin {

/// The safetensors name of a C++ element type, such as "F32".
template <typename T>
constexpr std::string_view dtype_name() {
  if constexpr (std::is_same_v<T, float>) return "F32";
  if constexpr (std::is_same_v<T, double>) return "F64";
  if constexpr (std::is_same_v<T, std::int32_t>) return "I32";
  if constexpr (std::is_same_v<T, std::int64_t>) return "I64";
  if constexpr (std::is_same_v<T, std::uint32_t>) return "U32";
  if constexpr (std::is_same_v<T, std::uint64_t>) return "U64";
  if constexpr (std::is_same_v<T, std::uint8_t>) return "U8";
}

/// Collects tensors and metadata, then writes them at once. Spans given
/// to tensor() must stay valid until write().
class TensorWriter {
 public:
  /// `kind` says what the file is, such as "dataset" or "model".
  explicit TensorWriter(std::string_view kind);

  void meta(const std::string& key, std::string value) { metadata_[key] = std::move(value); }
  /// A one-dimensional tensor.
  template <typename T>
  void tensor(const std::string& name, std::span<const T> values) {
    add(name, dtype_name<T>(), {values.size()}, {values.data(), values.size_bytes(), values.size_bytes(), 1});
  }
  template <typename T>
  void tensor(const std::string& name, const std::vector<T>& values) {
    tensor(name, std::span<const T>(values));
  }
  /// A one-dimensional tensor whose values the writer keeps.
  template <typename T>
  void tensor(const std::string& name, std::vector<T>&& values) {
    auto owned = std::make_shared<std::vector<T>>(std::move(values));
    tensor(name, std::span<const T>(*owned));
    owned_.push_back(owned);
  }
  /// A tensor of any shape, row-major; `values` holds as many elements as the shape says.
  template <typename T>
  void tensor(const std::string& name, std::span<const T> values, std::vector<std::size_t> shape) {
    add(name, dtype_name<T>(), std::move(shape),
        {values.data(), values.size_bytes(), values.size_bytes(), 1});
  }
  /// A (rows, cols) tensor whose rows start `stride` elements apart; the padding is not written.
  template <typename T>
  void tensor(const std::string& name, const T* data, std::size_t rows, std::size_t cols,
              std::size_t stride) {
    add(name, dtype_name<T>(), {rows, cols}, {data, cols * sizeof(T), stride * sizeof(T), rows});
  }

  using Visit = std::function<void(const char* data, std::size_t bytes)>;
  /// A one-dimensional tensor of `size` elements of type T that is not in memory as a whole: `pieces` shows it to the
  /// visitor one piece after the other, the same each time it is called, which is several times.
  template <typename T>
  void tensor_in_pieces(const std::string& name, std::size_t size,
                        std::function<void(const Visit& visit)> pieces) {
    add(name, dtype_name<T>(), {size}, {nullptr, size * sizeof(T), size * sizeof(T), 1, std::move(pieces)});
  }

  /// Collective. What was given as the float tensor `name` is this rank's part of one of that shape: the parts of all
  /// ranks, one after the other. The first rank shows and writes them in pieces, and never holds all.
  void divide(const std::string& name, std::vector<std::size_t> shape, const Communicator& ranks);

  /// A hash, as hexadecimal digits, of the metadata and tensors whose names begin with `prefix`,
  /// which itself does not count.
  std::string hash(std::string_view prefix) const;
  /// Writes the file atomically. Throws Error(kIo); Error(kBadData) before anything is written if a float is not
  /// finite, since TensorReader would refuse the file: naming `path`, the tensor and its row, and with `advice`.
  /// Collective: the first of several ranks writes; the others' pieces are asked for as often as its own.
  void write(const std::string& path, std::string_view advice = {},
             const Communicator& ranks = alone()) const;

 private:
  struct Rows {  // `count` rows of `bytes` bytes, `stride` bytes apart
    const void* data;
    std::size_t bytes;
    std::size_t stride;
    std::size_t count;
    std::function<void(const Visit&)> pieces = {};  // in place of `data`
  };
  struct Entry {
    std::string name;
    std::string_view dtype;
    std::vector<std::size_t> shape;
    Rows rows;
  };
  void add(const std::string& name, std::string_view dtype, std::vector<std::size_t> shape, Rows rows);
  void check_finite(const std::string& path, std::string_view advice) const;
  static void visit(const Rows& rows, const Visit& visitor);
  std::string header(std::string_view checksum) const;

  std::map<std::string, std::string> metadata_;
  std::vector<Entry> entries_;
  std::vector<std::shared_ptr<void>> owned_;
};

class InputStream;  // base/io.h

/// What kind of akin file `path` is, such as "dataset", by its header alone; "" for other files, standard
/// input, and what cannot be read.
std::string file_kind(const std::string& path);

/// A checked safetensors file in memory. Throws Error(kBadData) on anything that is not exactly as it should
/// be: truncation, wrong sizes, overlapping tensors, a wrong checksum (files of other programs have none).
///
/// A right checksum says that nothing was damaged, not that it is true: whoever reads a tensor or a number
/// that sizes memory, counts a loop or indexes anything gives its bounds here, or checks them.
class TensorReader {
 public:
  enum class Access {
    kRead,  ///< the whole file is read into memory
    kMap,  ///< a plain file stays where it is, and takes memory only while the system has some to spare: for readers
           ///< that copy a part of it. Nobody may cut it short meanwhile.
  };
  explicit TensorReader(const std::string& path, Access access = Access::kRead);

  const std::string& path() const { return path_; }
  /// Throws Error(kBadData) unless the file is an akin file of this kind
  /// and of a format version this akin knows.
  void expect_kind(std::string_view kind) const;

  const std::map<std::string, std::string>& metadata() const { return header_.metadata; }
  bool has_meta(const std::string& key) const { return header_.metadata.contains(key); }
  /// Throws Error(kBadData) if absent.
  const std::string& meta(const std::string& key) const;
  /// The metadata value as a whole number in [min, max]. Throws Error(kBadData).
  std::int64_t meta_int(const std::string& key, std::int64_t min, std::int64_t max) const;

  bool has(const std::string& name) const { return header_.tensors.contains(name); }
  std::vector<std::string> names() const;
  /// Throws Error(kBadData) if absent.
  const std::vector<std::size_t>& shape(const std::string& name) const;
  /// All elements in row-major order; valid as long as the reader. Throws Error(kBadData) on absence, another
  /// type, and floats that are not finite.
  template <typename T>
  std::span<const T> tensor(const std::string& name) const {
    const std::span<const char> bytes = raw(name, dtype_name<T>(), alignof(T));
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  /// The same of a one-dimensional tensor, which must hold `size` elements.
  template <typename T>
  std::span<const T> tensor(const std::string& name, std::size_t size) const {
    const auto values = tensor<T>(name);
    check_vector(name, size);
    return values;
  }
  /// A copy of it.
  template <typename T>
  std::vector<T> vector(const std::string& name, std::size_t size) const {
    const auto values = tensor<T>(name, size);
    return {values.begin(), values.end()};
  }
  /// The same of values that must all be in [low, high].
  template <typename T>
  std::vector<T> vector_in(const std::string& name, std::size_t size, T low, T high) const {
    std::vector<T> values = vector<T>(name, size);
    for (std::size_t i = 0; i < size; ++i) {
      if (!(values[i] >= low && values[i] <= high))
        out_of_range(name, i, static_cast<double>(values[i]), static_cast<double>(low),
                     static_cast<double>(high));
    }
    return values;
  }
  /// The same of numbers of rows of something that has `limit` of them.
  std::vector<std::uint32_t> indices(const std::string& name, std::size_t size, std::size_t limit) const;
  /// Throws Error(kBadData): the file is whole, but what it says cannot be.
  [[noreturn]] void inconsistent(const std::string& what) const;

 private:
  std::span<const char> raw(const std::string& name, std::string_view dtype, std::size_t alignment) const;
  const TensorEntry& entry(const std::string& name) const;
  void read_data(InputStream& stream, std::size_t header_size);
  bool map_data(std::size_t header_size);
  /// Checks the header's ranges; returns how many bytes the data section has.
  std::size_t check_layout() const;
  void check_finite(const std::string& name, const TensorEntry& entry) const;
  void check_checksum(std::string_view header) const;
  [[noreturn]] void damaged(const std::string& what) const;
  void check_vector(const std::string& name, std::size_t expected) const;
  [[noreturn]] void out_of_range(const std::string& name, std::size_t at, double value, double low,
                                 double high) const;

  std::string path_;
  std::vector<std::uint64_t> storage_;  // the data section, aligned for every element type
  std::shared_ptr<const void> map_;     // or the file that it is in
  std::span<const char> data_;
  SafetensorsHeader header_;
};

}  // namespace akin
