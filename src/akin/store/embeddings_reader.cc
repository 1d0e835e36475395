#include "akin/store/embeddings_reader.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "akin/base/byte_cursor.h"
#include "akin/base/checked_math.h"
#include "akin/base/error.h"
#include "akin/base/file_content.h"
#include "akin/base/io.h"
#include "akin/base/json_text.h"
#include "akin/base/safetensors.h"
#include "akin/data/npy.h"
#include "akin/store/bundle.h"
#include "akin/store/embedding_rows.h"
#include "akin/store/embeddings_file.h"
#include "akin/store/word_vector_files.h"

namespace akin {
namespace {

using nlohmann::json;

/// The whole text as a finite number.
std::optional<float> number(std::string_view text) {
  const std::optional<float> value = any_number(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
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
  EmbeddingRows rows;
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
        file.bad("an id, a comma and numbers are expected, or an id and numbers with blanks between", at);
      }
      id = file.until(',');
    }
    row.clear();
    for (std::string_view rest = file.line();;) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const auto value = number(rest.substr(0, comma));
      if (!value) file.bad(fmt::format("'{}' is not a finite number", start_of(rest.substr(0, comma))), at);
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

ReadEmbeddings read_array(ByteCursor& file) {
  const NpyHeader header = read_npy_header(file);
  const bool is_double = header.descr == "<f8";
  if ((header.descr != "<f4" && !is_double) || header.fortran_order || header.shape.size() != 2) {
    fail(ErrorCode::kBadData,
         "{}: only arrays of (items, dimensions) float32 or float64 in C order are read ('descr' '<f4' or "
         "'<f8'); "
         "this one has {}; save a.astype('<f4', order='C')",
         file.path(), header.text);
  }
  const std::size_t rows = header.shape[0], dim = header.shape[1];
  const std::size_t size = is_double ? sizeof(double) : sizeof(float);
  const auto bytes = checked_product({rows, dim, size});
  if (dim == 0 || dim > kMostEmbeddingNumbers || !bytes)
    fail(ErrorCode::kBadData, "{}: vectors cannot have the shape ({}, {}); at most {} dimensions are read",
         file.path(), rows, dim, kMostEmbeddingNumbers);
  if (const auto left = file.left(); left && *left != *bytes)
    fail(ErrorCode::kBadData, "{}: {} bytes of data do not make ({}, {}) {}", file.path(), *left, rows, dim,
         is_double ? "doubles" : "floats");
  const std::string ids_path = file.path() + ".ids.json";
  if (!std::filesystem::exists(ids_path)) {
    fail(ErrorCode::kNotFound,
         "{}: no such file; a NumPy array needs the ids of its rows there, as a JSON array (gensim has them "
         "in the "
         "file beside its arrays; export both in Python: model.wv.save_word2vec_format('vectors.txt'))",
         ids_path);
  }
  const std::vector<std::string> ids = read_id_list(ids_path, rows);
  EmbeddingRows result;
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
  if (file.head().starts_with("\x93NUMPY")) return read_array(file);
  if (is_safetensors(file.head())) return read_safetensors(path);
  if (file.at_end()) fail(ErrorCode::kBadData, "{}: the file is empty", path);
  if (is_word_vectors(file)) return read_word_vector_file(file);
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
