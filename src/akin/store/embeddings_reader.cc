#include "akin/store/embeddings_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "akin/base/checked_math.h"
#include "akin/base/error.h"
#include "akin/base/file_content.h"
#include "akin/base/io.h"
#include "akin/base/json_text.h"
#include "akin/base/safetensors.h"
#include "akin/data/readers/python_literal.h"
#include "akin/data/readers/text_decode.h"
#include "akin/store/bundle.h"
#include "akin/store/byte_cursor.h"
#include "akin/store/embeddings_file.h"

namespace akin {
namespace {

using nlohmann::json;

constexpr std::size_t kMostDimensions = 1'000'000;

/// The whole text as a number, infinite where it is beyond floats, and NaN where it says so.
std::optional<float> any_number(std::string_view text) {
  float value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || stop != end || error == std::errc::invalid_argument) return std::nullopt;
  // Out of range is what is too large, and what is nearly 0: from_chars does not say which.
  if (error == std::errc::result_out_of_range) return std::strtof(std::string(text).c_str(), nullptr);
  return value;
}

/// The whole text as a finite number.
std::optional<float> number(std::string_view text) {
  const std::optional<float> value = any_number(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

/// Rows of one length, as they come.
class Rows {
 public:
  void add(std::string_view id, std::span<const float> row, const ByteCursor& at, std::size_t line) {
    if (!std::ranges::all_of(row, [](float x) { return std::isfinite(x); }))
      at.bad(fmt::format("the vector of '{}' is not finite", id), line);
    if (ids_.size() > 0 && row.size() != dim_) {
      at.bad(fmt::format("the vector of '{}' has {} numbers, those before it {}", id, row.size(), dim_),
             line);
    }
    dim_ = row.size();
    const std::size_t known = ids_.size();
    if (ids_.add(id) < known) at.bad(fmt::format("'{}' has a vector already", id), line);
    values_.insert(values_.end(), row.begin(), row.end());
  }
  ReadEmbeddings take() {
    ReadEmbeddings result{std::move(ids_), {}};
    result.vectors = Matrix(result.ids.size(), dim_);
    for (std::size_t r = 0; r < result.vectors.rows(); ++r)
      std::copy_n(values_.data() + r * dim_, dim_, result.vectors.row(r));
    return result;
  }
  std::size_t size() const { return ids_.size(); }

 private:
  IdMap ids_;
  std::size_t dim_ = 0;
  std::vector<float> values_;
};

/// Splits off what stands after the last `separator`, and the separator.
std::optional<std::string_view> pop_back(std::string_view& text, char separator) {
  const std::size_t at = text.rfind(separator);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view last = text.substr(at + 1);
  text = text.substr(0, at);
  return last;
}

/// "id x x x" with `dim` numbers at the end, finite or not; false if the line is not such a thing.
bool parse_word_line(std::string_view line, std::size_t dim, std::string_view& id, std::vector<float>& row) {
  while (line.ends_with(' ')) line.remove_suffix(1);
  row.assign(dim, 0);
  for (std::size_t d = dim; d-- > 0;) {
    const auto text = pop_back(line, ' ');
    const auto value = text ? any_number(*text) : std::nullopt;
    if (!value) return false;
    row[d] = *value;
  }
  id = line;
  return !id.empty();
}

struct WordCounts {
  std::size_t rows = 0;
  std::size_t dim = 0;
};
/// The first line of a word2vec file, "rows dim".
std::optional<WordCounts> word2vec_header(std::string_view line) {
  WordCounts counts;
  const char* const end = line.data() + line.size();
  const auto rows = std::from_chars(line.data(), end, counts.rows);
  if (rows.ec != std::errc() || rows.ptr == end || *rows.ptr != ' ') return std::nullopt;
  const auto dim = std::from_chars(rows.ptr + 1, end, counts.dim);
  if (dim.ec != std::errc() || dim.ptr != end || counts.dim == 0) return std::nullopt;
  return counts;
}

ReadEmbeddings read_word2vec_text(ByteCursor& file, const WordCounts& counts) {
  Rows rows;
  std::vector<float> row;
  while (!file.at_end()) {
    const std::size_t at = file.line_number();
    const std::string_view line = file.line();
    std::string_view id;
    if (line.empty()) continue;
    if (!parse_word_line(line, counts.dim, id, row))
      file.bad(fmt::format("this is not an id with {} numbers", counts.dim), at);
    rows.add(id, row, file, at);
  }
  if (rows.size() != counts.rows)
    file.bad(fmt::format("the first line promises {} vectors, there are {}", counts.rows, rows.size()), 1);
  return rows.take();
}

/// Whether an id and its vector look like such. Where an id holds a space, as other programs write it, the
/// vector begins too early: its numbers are letters, and bytes of numbers stand in the next id.
bool is_plausible(std::string_view id, std::span<const float> row) {
  constexpr float kLargest = 1e12F;
  return is_utf8(id) && std::ranges::none_of(id, [](char c) { return c >= 0 && c < ' '; }) &&
         std::ranges::all_of(row, [](float x) { return std::abs(x) < kLargest; });
}

/// Some programs end each vector with a newline, others do not; the first vector tells.
ReadEmbeddings read_word2vec_binary(ByteCursor& file, const WordCounts& counts) {
  constexpr std::string_view kSpaces =
      "; an id with white space makes such a file unreadable: write it with %20, or the vectors as text";
  Rows rows;
  std::vector<float> row(counts.dim);
  const std::size_t bytes = counts.dim * sizeof(float);
  bool newlines = false;
  for (std::size_t r = 0; r < counts.rows; ++r) {
    const std::size_t line = file.line_number();
    const std::string id(file.until(' '));
    const std::string_view numbers = file.take(bytes);
    if (id.empty() || numbers.size() < bytes)
      file.bad(fmt::format("the file ends before vector {} of {}{}", r + 1, counts.rows, kSpaces), line);
    std::memcpy(row.data(), numbers.data(), bytes);
    const bool newline = !file.at_end() && file.peek() == '\n';
    if (r == 0) newlines = newline;
    const bool ended = newline == newlines || (newlines && file.at_end());
    if (!ended || (!newlines && !is_plausible(id, row)))
      file.bad(fmt::format("vector {} is not valid{}", r + 1, kSpaces), line);
    rows.add(id, row, file, line);
    if (newline) file.take(1);
  }
  if (!file.at_end()) file.bad(fmt::format("bytes are left after the last vector{}", kSpaces), 1);
  return rows.take();
}

ReadEmbeddings read_word2vec(ByteCursor& file, const WordCounts& counts) {
  if (counts.dim > kMostDimensions)
    file.bad(
        fmt::format("vectors of {} numbers are promised; at most {} are read", counts.dim, kMostDimensions),
        1);
  file.line();
  std::string_view id;
  std::vector<float> row;
  const bool text = counts.rows == 0 || parse_word_line(file.peek_line(), counts.dim, id, row);
  return text ? read_word2vec_text(file, counts) : read_word2vec_binary(file, counts);
}

/// A field in quotes, of which the first is passed already; quotes are doubled, line ends may stand in it.
std::string quoted(ByteCursor& file, std::size_t line) {
  std::string id(file.until('"'));
  while (!file.at_end() && file.peek() == '"') {
    id += file.take(1);
    id += file.until('"');
  }
  if (file.at_end() || file.peek() != ',') file.bad("a quoted id must end with a quote and a comma", line);
  file.take(1);
  return id;
}

ReadEmbeddings read_csv(ByteCursor& file) {
  if (const auto other = not_text(file.head())) fail(ErrorCode::kBadData, "{}: {}", file.path(), *other);
  Rows rows;
  file.line();  // the header
  std::vector<float> row;
  while (!file.at_end()) {
    const std::size_t at = file.line_number();
    std::string id;
    if (file.peek() == '"') {
      file.take(1);
      id = quoted(file, at);
    } else {
      if (file.peek_line().find(',') == std::string_view::npos) {
        if (file.line().empty()) continue;
        file.bad("an id, a comma and numbers are expected", at);
      }
      id = file.until(',');
    }
    row.clear();
    for (std::string_view rest = file.line();;) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const auto value = number(rest.substr(0, comma));
      if (!value) file.bad(fmt::format("'{}' is not a finite number", rest.substr(0, comma)), at);
      row.push_back(*value);
      if (comma == rest.size()) break;
      rest.remove_prefix(comma + 1);
    }
    rows.add(id, row, file, at);
  }
  if (rows.size() == 0)
    file.bad("there are no vectors; a line for column names, then id,x,x,... are expected", 1);
  return rows.take();
}

/// Takes a JSON array of texts from a parser; anything else, and more than `most`, ends the parsing.
class IdList : public nlohmann::json_sax<json> {
 public:
  explicit IdList(std::size_t most) : most_(most) {}
  std::vector<std::string> ids;

  bool null() override { return false; }
  bool boolean(bool) override { return false; }
  bool number_integer(number_integer_t) override { return false; }
  bool number_unsigned(number_unsigned_t) override { return false; }
  bool number_float(number_float_t, const string_t&) override { return false; }
  bool string(string_t& text) override {
    if (!inside_ || ids.size() == most_) return false;
    ids.push_back(std::move(text));
    return true;
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return false; }
  bool key(string_t&) override { return false; }
  bool end_object() override { return false; }
  bool start_array(std::size_t) override { return !std::exchange(inside_, true); }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const json::exception&) override { return false; }

 private:
  std::size_t most_;
  bool inside_ = false;
};

std::vector<std::string> read_id_list(const std::string& path, std::size_t rows) {
  constexpr std::size_t kLargest = std::size_t{1} << 30;
  IdList list(rows);
  if (!json::sax_parse(read_text(path, kLargest), &list) || list.ids.size() != rows)
    fail(ErrorCode::kBadData, "{}: this is not a JSON array of {} ids, one for each vector", path, rows);
  return std::move(list.ids);
}

struct NpyArray {
  std::size_t rows, dim;
  bool is_double;  ///< else of floats
};

/// What the header of a NumPy file says: a Python dict of exactly descr, fortran_order and shape
/// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
NpyArray parse_npy_header(const ByteCursor& file, std::string_view text) {
  const auto no_header = [&]() {
    fail(ErrorCode::kBadData, "{}: the NumPy header is not that of an array", file.path());
  };
  const std::optional<std::string> as_json = python_literal_to_json(text);
  const json header = as_json ? json::parse(*as_json, nullptr, /*allow_exceptions=*/false) : json();
  if (!header.is_object() || header.size() != 3 || !header.contains("descr") ||
      !header.contains("fortran_order") || !header["fortran_order"].is_boolean() ||
      !header.contains("shape") || !header["shape"].is_array())
    no_header();
  const json &descr = header["descr"], &shape = header["shape"];
  const bool is_double = descr == "<f8";
  const bool two = shape.size() == 2 && shape[0].is_number_unsigned() && shape[1].is_number_unsigned();
  if ((descr != "<f4" && !is_double) || header["fortran_order"] == true || !two) {
    fail(ErrorCode::kBadData,
         "{}: only arrays of (items, dimensions) float32 or float64 in C order are read ('descr' '<f4' or "
         "'<f8'); "
         "this one has 'descr' {}, 'fortran_order' {} and 'shape' {}; save a.astype('<f4', order='C')",
         file.path(), descr.dump(-1, ' ', true, json::error_handler_t::replace),
         header["fortran_order"].dump(), shape.dump(-1, ' ', true, json::error_handler_t::replace));
  }
  return {shape[0].get<std::size_t>(), shape[1].get<std::size_t>(), is_double};
}

/// Reads the header, after which the numbers begin.
NpyArray read_npy_header(ByteCursor& file) {
  constexpr std::size_t kPrelude =
      10;  // mark, version, two bytes of the header's length: four from version 2 on
  constexpr std::size_t kLongestHeader = std::size_t{1} << 20;
  std::string prelude(file.take(kPrelude));
  if (prelude.size() == kPrelude && (prelude[6] < 1 || prelude[6] > 3 || prelude[7] != 0)) {
    fail(ErrorCode::kBadData, "{}: is a NumPy file of version {}.{}; versions 1.0, 2.0 and 3.0 are read",
         file.path(), static_cast<unsigned char>(prelude[6]), static_cast<unsigned char>(prelude[7]));
  }
  const bool is_long = prelude.size() == kPrelude && prelude[6] > 1;
  if (is_long) prelude += file.take(2);
  std::size_t length = 0;
  for (std::size_t i = prelude.size(); i-- > 8;)
    length = 256 * length + static_cast<unsigned char>(prelude[i]);
  const std::string header(file.take(std::min(length, kLongestHeader)));
  if (prelude.size() < kPrelude + (is_long ? 2 : 0) || header.empty() || header.size() < length)
    fail(ErrorCode::kBadData, "{}: the NumPy header is cut off", file.path());
  return parse_npy_header(file, header);
}

/// The row's numbers as floats; what no float holds becomes infinite.
void take_row(std::string_view bytes, bool is_double, std::vector<float>& row) {
  if (!is_double) {
    std::memcpy(row.data(), bytes.data(), bytes.size());
    return;
  }
  for (std::size_t d = 0; d < row.size(); ++d) {
    double value = 0;
    std::memcpy(&value, bytes.data() + d * sizeof value, sizeof value);
    constexpr double kLargest = std::numeric_limits<float>::max();
    row[d] = std::abs(value) > kLargest ? std::numeric_limits<float>::infinity() : static_cast<float>(value);
  }
}

ReadEmbeddings read_npy(ByteCursor& file) {
  const auto [rows, dim, is_double] = read_npy_header(file);
  const std::size_t size = is_double ? sizeof(double) : sizeof(float);
  const auto bytes = checked_product({rows, dim, size});
  if (dim == 0 || dim > kMostDimensions || !bytes)
    fail(ErrorCode::kBadData, "{}: vectors cannot have the shape ({}, {}); at most {} dimensions are read",
         file.path(), rows, dim, kMostDimensions);
  if (const auto left = file.left(); left && *left != *bytes)
    fail(ErrorCode::kBadData, "{}: {} bytes of data do not make ({}, {}) {}", file.path(), *left, rows, dim,
         is_double ? "doubles" : "floats");
  const std::vector<std::string> ids = read_id_list(file.path() + ".ids.json", rows);
  Rows result;
  std::vector<float> row(dim);
  for (std::size_t r = 0; r < rows; ++r) {
    const std::string_view numbers = file.take(dim * size);
    if (numbers.size() < dim * size)
      fail(ErrorCode::kBadData, "{}: the data end in row {} of {}", file.path(), r + 1, rows);
    take_row(numbers, is_double, row);
    result.add(ids[r], row, file, r + 1);
  }
  if (!file.at_end()) fail(ErrorCode::kBadData, "{}: bytes are left after the last row", file.path());
  return result.take();
}

ReadEmbeddings read_safetensors(const std::string& path) {
  const TensorReader reader(path);
  if (reader.has("vectors")) {
    IdMap ids = read_ids(reader, "ids");
    Matrix vectors = read_matrix(reader, "vectors", ids.size());
    return {std::move(ids), std::move(vectors)};
  }
  Bundle bundle = load_bundle(path);
  if (bundle.model->embedding_dim() == 0)
    fail(ErrorCode::kBadData, "{}: model {} has no item vectors", path, bundle.entry->name);
  Matrix vectors = item_embedding(bundle);
  return {std::move(bundle.dataset.items), std::move(vectors)};
}

}  // namespace

ReadEmbeddings read_embeddings(const std::string& path) {
  ByteCursor file(path);
  if (file.head().starts_with("\x93NUMPY")) return read_npy(file);
  if (is_safetensors(file.head())) return read_safetensors(path);
  if (file.at_end()) fail(ErrorCode::kBadData, "{}: the file is empty", path);
  if (const auto counts = word2vec_header(file.peek_line())) return read_word2vec(file, *counts);
  return read_csv(file);
}

MatchedItems match_items(const ReadEmbeddings& embeddings, const IdMap& items, const std::string& source) {
  MatchedItems result;
  result.items.vectors = Matrix(items.size(), embeddings.vectors.cols());
  result.items.given.resize(items.size());
  result.items.source = source;
  for (idx_t r = 0; r < embeddings.ids.size(); ++r) {
    const std::string_view id = embeddings.ids.id(r);
    auto item = items.find(id);
    if (!item) item = items.find(unescaped_word(id));
    if (!item || result.items.given[*item]) {
      ++result.unknown;
      continue;
    }
    if (is_zero(embeddings.vectors[r])) continue;  // how a bundle says that an item has no vector
    std::ranges::copy(embeddings.vectors[r], result.items.vectors.row(*item));
    result.items.given[*item] = 1;
    ++result.matched;
  }
  if (result.matched == 0) {
    fail(ErrorCode::kBadData, "{}: none of its {} ids is an item of the data set", source, result.unknown);
  }
  return result;
}

}  // namespace akin
