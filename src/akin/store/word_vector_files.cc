#include "akin/store/word_vector_files.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "akin/base/error.h"
#include "akin/data/readers/text_decode.h"
#include "akin/store/embedding_rows.h"

namespace akin {
namespace {

constexpr std::string_view kBlanks = " \t";

void trim_end(std::string_view& text) { text = text.substr(0, text.find_last_not_of(kBlanks) + 1); }

/// The last field of a line and the blanks before it, taken off; nullopt if nothing stands before the field.
std::optional<std::string_view> pop_field(std::string_view& line) {
  const std::size_t at = line.find_last_of(kBlanks);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view field = line.substr(at + 1);
  line = line.substr(0, at);
  trim_end(line);
  return field;
}

/// How many numbers stand at the end of the line, finite or not; the first field is never one.
std::size_t numbers_at_end(std::string_view line) {
  trim_end(line);
  std::size_t count = 0;
  for (auto field = pop_field(line); field && any_number(*field) && !line.empty(); field = pop_field(line))
    ++count;
  return count;
}

/// "id x x x" with `dim` numbers at the end, finite or not; else what is wrong with the line.
std::optional<std::string> parse_line(std::string_view line, std::size_t dim, std::string_view& id,
                                      std::vector<float>& row) {
  trim_end(line);
  row.assign(dim, 0);
  for (std::size_t d = dim; d-- > 0;) {
    const auto text = pop_field(line);
    if (!text || line.empty()) return fmt::format("it has {} only", dim - 1 - d);
    const auto value = any_number(*text);
    if (!value) {
      const std::size_t colon = text->find(':');
      const bool sparse = colon != std::string_view::npos && any_number(text->substr(0, colon)) &&
                          any_number(text->substr(colon + 1));
      return fmt::format(
          "'{}' is not a number{}", start_of(*text),
          sparse ? "; sparse vectors of index:number are not read, write all numbers of each" : "");
    }
    row[d] = *value;
  }
  id = line;
  return std::nullopt;
}

/// Rows and dimensions; a GloVe file does not say its rows.
struct Counts {
  std::optional<std::size_t> rows;
  std::size_t dim = 0;
};

/// The first line of a word2vec file, "rows dim".
std::optional<Counts> word2vec_header(std::string_view line) {
  std::size_t rows = 0, dim = 0;
  const char* const end = line.data() + line.size();
  const auto first = std::from_chars(line.data(), end, rows);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ' ') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, dim);
  if (second.ec != std::errc() || second.ptr != end || dim == 0) return std::nullopt;
  return Counts{rows, dim};
}

ReadEmbeddings read_text(ByteCursor& file, const Counts& counts) {
  EmbeddingRows rows;
  std::vector<float> row;
  bool one_more = counts.rows.has_value();  // number in every line than the first line promises
  while (!file.at_end()) {
    const std::size_t at = file.line_number();
    const std::string_view line = file.line();
    std::string_view id;
    if (line.empty()) continue;
    if (const auto problem = parse_line(line, counts.dim, id, row))
      file.bad(fmt::format("this is not an id with {} numbers: {}", counts.dim, *problem), at);
    rows.add(id, row, file, at);
    one_more = one_more && numbers_at_end(line) == counts.dim + 1;
  }
  if (one_more && rows.size() > 0) {
    file.bad(fmt::format(
                 "the first line promises {} numbers each, and every line has {}; if ids end in a space and "
                 "a number, write the space as %20",
                 counts.dim, counts.dim + 1),
             1);
  }
  if (counts.rows && rows.size() != *counts.rows)
    file.bad(fmt::format("the first line promises {} vectors, there are {}", *counts.rows, rows.size()), 1);
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
ReadEmbeddings read_binary(ByteCursor& file, std::size_t count, std::size_t dim) {
  constexpr std::string_view kSpaces =
      "; an id with white space makes such a file unreadable: write it with %20, or the vectors as text";
  EmbeddingRows rows;
  std::vector<float> row(dim);
  const std::size_t bytes = dim * sizeof(float);
  bool newlines = false;
  for (std::size_t r = 0; r < count; ++r) {
    const std::size_t line = file.line_number();
    const std::string id(file.until(' '));
    const std::string_view numbers = file.take(bytes);
    if (id.empty() || numbers.size() < bytes)
      file.bad(fmt::format("the file ends before vector {} of {}{}", r + 1, count, kSpaces), line);
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

/// Whether the first bytes after the line of counts can only be a text, though its first line is damaged: floats
/// have other bytes too. Of a few bytes it must have the characters of numbers.
bool begins_as_text(std::string_view head) {
  head.remove_prefix(std::min(head.find('\n') + 1, head.size()));
  constexpr std::size_t kEnough = 64;
  const auto is_control = [](char c) { return c >= 0 && c < ' ' && c != '\t' && c != '\n' && c != '\r'; };
  const auto of_numbers = [](char c) {
    return std::string_view(" \t\r\n0123456789.:+-e").find(c) != std::string_view::npos;
  };
  std::string_view whole = head;  // a character may be cut off at the end
  while (!whole.empty() && !is_utf8(whole) && head.size() - whole.size() < 3) whole.remove_suffix(1);
  return !head.empty() && is_utf8(whole) && std::ranges::none_of(head, is_control) &&
         (head.size() >= kEnough ||
          std::ranges::count_if(head, of_numbers) * 2 >= static_cast<std::ptrdiff_t>(head.size()));
}

}  // namespace

std::optional<float> any_number(std::string_view text) {
  float value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || stop != end || error == std::errc::invalid_argument) return std::nullopt;
  // Out of range is what is too large, and what is nearly 0: from_chars does not say which.
  if (error == std::errc::result_out_of_range) return std::strtof(std::string(text).c_str(), nullptr);
  return value;
}

std::string_view start_of(std::string_view text) {
  constexpr std::size_t kShown = 40;
  return text.substr(0, kShown);
}

bool is_word_vectors(ByteCursor& file) {
  const std::string_view line = file.peek_line();
  return word2vec_header(line) || numbers_at_end(line) >= 2;
}

ReadEmbeddings read_word_vector_file(ByteCursor& file) {
  const std::string_view first = file.peek_line();
  const auto header = word2vec_header(first);
  const Counts counts = header ? *header : Counts{std::nullopt, numbers_at_end(first)};
  if (counts.dim > kMostEmbeddingNumbers)
    file.bad(fmt::format("vectors of {} numbers are promised; at most {} are read", counts.dim,
                         kMostEmbeddingNumbers),
             1);
  if (!header) return read_text(file, counts);
  const std::string head(file.head());
  file.line();
  std::string_view id;
  std::vector<float> row;
  const bool text =
      *counts.rows == 0 || !parse_line(file.peek_line(), counts.dim, id, row) || begins_as_text(head);
  return text ? read_text(file, counts) : read_binary(file, *counts.rows, counts.dim);
}

}  // namespace akin
