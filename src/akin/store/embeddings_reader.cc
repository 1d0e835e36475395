#include "akin/store/embeddings_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/json_text.h"
#include "akin/base/safetensors.h"
#include "akin/data/readers/text_decode.h"
#include "akin/store/bundle.h"
#include "akin/store/embeddings_file.h"

namespace akin {
namespace {

using nlohmann::json;

/// The bytes of a file and a place in them.
class Cursor {
 public:
  Cursor(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  bool at_end() const { return at_ >= text_.size(); }
  std::size_t left() const { return text_.size() - at_; }
  char peek() const { return text_[at_]; }
  std::string_view take(std::size_t count) {
    const std::string_view part = text_.substr(at_, count);
    lines_ += static_cast<std::size_t>(std::ranges::count(part, '\n'));
    at_ += part.size();
    return part;
  }
  /// Up to the next `end`, which is passed over, or to the end of the file.
  std::string_view until(char end) {
    const std::size_t stop = std::min(text_.find(end, at_), text_.size());
    const std::string_view part = take(stop - at_);
    take(1);
    return part;
  }
  /// The next line, without its end.
  std::string_view line() {
    std::string_view part = until('\n');
    if (part.ends_with('\r')) part.remove_suffix(1);
    return part;
  }
  [[noreturn]] void bad(std::string_view message, std::size_t line) const {
    fail(ErrorCode::kBadData, "{}:{}: {}", path_, line, message);
  }
  std::size_t line_number() const { return lines_ + 1; }

 private:
  std::string_view text_;
  const std::string& path_;
  std::size_t at_ = 0;
  std::size_t lines_ = 0;
};

/// The whole text as a finite number.
std::optional<float> number(std::string_view text) {
  float value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || stop != end || !std::isfinite(value)) return std::nullopt;
  if (error == std::errc::result_out_of_range) return 0.0f;
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

/// Rows of one length, as they come.
class Rows {
 public:
  void add(std::string_view id, std::span<const float> row, const Cursor& at, std::size_t line) {
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

/// "id x x x" with `dim` numbers at the end; false if the line is not such a thing.
bool parse_word_line(std::string_view line, std::size_t dim, std::string_view& id, std::vector<float>& row) {
  while (line.ends_with(' ')) line.remove_suffix(1);
  row.assign(dim, 0);
  for (std::size_t d = dim; d-- > 0;) {
    const auto text = pop_back(line, ' ');
    const auto value = text ? number(*text) : std::nullopt;
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

ReadEmbeddings read_word2vec_text(Cursor file, const WordCounts& counts) {
  Rows rows;
  std::vector<float> row;
  while (!file.at_end()) {
    const std::size_t at = file.line_number();
    const std::string_view line = file.line();
    std::string_view id;
    if (line.empty()) continue;
    if (!parse_word_line(line, counts.dim, id, row))
      file.bad(fmt::format("this is not an id with {} finite numbers", counts.dim), at);
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
ReadEmbeddings read_word2vec_binary(Cursor file, const WordCounts& counts) {
  constexpr std::string_view kSpaces =
      "; an id with white space makes such a file unreadable: write it with %20, or the vectors as text";
  Rows rows;
  std::vector<float> row(counts.dim);
  const std::size_t bytes = counts.dim * sizeof(float);
  bool newlines = false;
  for (std::size_t r = 0; r < counts.rows; ++r) {
    const std::size_t line = file.line_number();
    const std::string_view id = file.until(' ');
    if (id.empty() || file.left() < bytes)
      file.bad(fmt::format("the file ends before vector {} of {}{}", r + 1, counts.rows, kSpaces), line);
    std::memcpy(row.data(), file.take(bytes).data(), bytes);
    const bool newline = !file.at_end() && file.peek() == '\n';
    if (r == 0) newlines = newline;
    const bool ended = newline == newlines || (newlines && file.at_end());
    if (!ended || (!newlines && !is_plausible(id, row)))
      file.bad(fmt::format("vector {} is none{}", r + 1, kSpaces), line);
    rows.add(id, row, file, line);
    if (newline) file.take(1);
  }
  if (!file.at_end())
    file.bad(fmt::format("{} bytes are left after the last vector{}", file.left(), kSpaces), 1);
  return rows.take();
}

ReadEmbeddings read_word2vec(Cursor file, const WordCounts& counts) {
  Cursor first = file;
  std::string_view id;
  std::vector<float> row;
  const bool text = counts.rows == 0 || parse_word_line(first.line(), counts.dim, id, row);
  return text ? read_word2vec_text(file, counts) : read_word2vec_binary(file, counts);
}

/// A field in quotes, of which the first is passed already; quotes are doubled, line ends may stand in it.
std::string quoted(Cursor& file, std::size_t line) {
  std::string id(file.until('"'));
  while (!file.at_end() && file.peek() == '"') {
    id += file.take(1);
    id += file.until('"');
  }
  if (file.at_end() || file.peek() != ',') file.bad("a quoted id must end with a quote and a comma", line);
  file.take(1);
  return id;
}

ReadEmbeddings read_csv(Cursor file) {
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
      Cursor ahead = file;
      if (ahead.line().find(',') == std::string_view::npos) {
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

std::vector<std::string> read_id_list(const std::string& path) {
  const json list = parse_json(read_file(path), path);
  const auto is_text = [](const json& entry) { return entry.is_string(); };
  if (!list.is_array() || !std::ranges::all_of(list, is_text))
    fail(ErrorCode::kBadData, "{}: this is not a JSON array of ids", path);
  return list.get<std::vector<std::string>>();
}

/// The number after `key` in the header of a NumPy file, from `after` on.
std::optional<std::size_t> npy_number(std::string_view header, std::size_t& at) {
  while (at < header.size() && (header[at] == ' ' || header[at] == ',' || header[at] == '(')) ++at;
  std::size_t value = 0;
  const char* const end = header.data() + header.size();
  const auto [stop, error] = std::from_chars(header.data() + std::min(at, header.size()), end, value);
  if (error != std::errc()) return std::nullopt;
  at = static_cast<std::size_t>(stop - header.data());
  return value;
}

ReadEmbeddings read_npy(const std::string& content, const std::string& path) {
  constexpr std::string_view kShape = "'shape': ";
  const auto byte = [&](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(content[i]));
  };
  const bool long_header = content.size() > 12 && content[6] > 1;
  const std::size_t begin = long_header ? 12 : 10;
  if (content.size() < begin) fail(ErrorCode::kBadData, "{}: the NumPy header is cut off", path);
  std::size_t length = byte(8) + 256 * byte(9);
  if (long_header) length += 65536 * byte(10);
  if (content.size() < begin + length) fail(ErrorCode::kBadData, "{}: the NumPy header is cut off", path);
  const std::string_view header = std::string_view(content).substr(begin, length);
  std::size_t at = std::min(header.find(kShape), header.size() - 1) + kShape.size();
  const auto rows = npy_number(header, at), dim = npy_number(header, at);
  if (header.find("'<f4'") == std::string_view::npos || header.find("False") == std::string_view::npos ||
      !rows || !dim) {
    fail(ErrorCode::kBadData, "{}: only arrays of (items, dimensions) float32 in C order are read", path);
  }
  const std::size_t data = begin + length;
  if (*dim == 0 || (content.size() - data) / sizeof(float) / *dim != *rows ||
      (content.size() - data) % (sizeof(float) * *dim) != 0) {
    fail(ErrorCode::kBadData, "{}: {} bytes of data do not make ({}, {}) floats", path, content.size() - data,
         *rows, *dim);
  }
  const std::vector<std::string> ids = read_id_list(ids_file(path));
  if (ids.size() != *rows)
    fail(ErrorCode::kBadData, "{}.ids.json: {} ids for {} vectors", path, ids.size(), *rows);
  Rows result;
  std::vector<float> row(*dim);
  const Cursor cursor(content, path);
  for (std::size_t r = 0; r < *rows; ++r) {
    std::memcpy(row.data(), content.data() + data + r * *dim * sizeof(float), *dim * sizeof(float));
    result.add(ids[r], row, cursor, r + 1);
  }
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

/// Eight bytes for the length of a header of less than a terabyte, and the header.
bool is_safetensors(std::string_view content) {
  return content.size() > 8 && content[8] == '{' && content.substr(5, 3) == std::string_view("\0\0\0", 3);
}

}  // namespace

ReadEmbeddings read_embeddings(const std::string& path) {
  const std::string content = read_file(path);
  if (content.starts_with("\x93NUMPY")) return read_npy(content, path);
  if (is_safetensors(content)) return read_safetensors(path);
  Cursor file(content, path);
  if (file.at_end()) fail(ErrorCode::kBadData, "{}: the file is empty", path);
  Cursor body = file;
  if (const auto counts = word2vec_header(body.line())) return read_word2vec(body, *counts);
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
