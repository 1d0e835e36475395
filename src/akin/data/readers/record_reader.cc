#include "akin/data/readers/record_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <utility>

namespace akin {
namespace {

constexpr unsigned kTickLines = 1 << 14;
constexpr std::size_t kMostRecordLines = 1000;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Whether the quote at `quote` in a quoted field that begins at `begin` belongs to the field because of a backslash
/// before it. `backslashes`: quotes are known to be escaped so; set where this one shows it.
bool is_escaped(std::string_view text, std::size_t begin, std::size_t quote, std::string_view delimiter,
                bool& backslashes) {
  std::size_t first = quote;
  while (first > begin && text[first - 1] == '\\') --first;
  if ((quote - first) % 2 == 0) return false;
  const auto ends_field = [&](std::size_t at) {
    return at >= text.size() || text.compare(at, delimiter.size(), delimiter) == 0;
  };
  const bool doubled = quote + 1 < text.size() && text[quote + 1] == '"';
  backslashes = backslashes || (doubled ? ends_field(quote + 2) : !ends_field(quote + 1));
  return backslashes;
}

/// Bytes to come, or 0 where that is not known beforehand.
std::uint64_t plain_size(const std::string& path) {
  if (path == "-" || path.ends_with(".gz") || path.ends_with(".zst")) return 0;
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

}  // namespace

void report_reading(const LineReader& lines, const Context& context) {
  const SourcePosition source = lines.source_position();
  context.report({"reading", source.total > 0 ? source.done : lines.bytes_read(), source.total, "bytes"});
}

RecordReader::RecordReader(const std::string& path, Dialect dialect, ImportReport& report,
                           const Context& context)
    : lines_(path, LineReader::kLongestRecord),
      report_(report),
      context_(context),
      file_bytes_(plain_size(path)),
      lines_to_tick_(kTickLines) {
  set_dialect(std::move(dialect));
}

RecordReader::RecordReader(std::unique_ptr<InputStream> table, const std::string& path, ImportReport& report,
                           const Context& context)
    : of_table_(table != nullptr),
      lines_(table ? LineReader(display_name(path), std::move(table), LineReader::kLongestRecord, 0)
                   : LineReader(path, LineReader::kLongestRecord)),
      report_(report),
      context_(context),
      file_bytes_(plain_size(path)),
      lines_to_tick_(kTickLines) {}

void RecordReader::set_dialect(Dialect dialect) { dialect_ = std::move(dialect); }

std::uint64_t RecordReader::estimate() {
  constexpr std::size_t kLinesLookedAt = 25;
  std::uint64_t bytes = 0, lines = 0;
  for (const std::string& line : peek(kLinesLookedAt)) {
    bytes += line.size() + 1;
    ++lines;
  }
  if (lines == 0) return 0;
  constexpr double kMargin = 1.125;  // a little too much costs nothing, a little too few a copy of everything
  const double per_line = static_cast<double>(bytes) / static_cast<double>(lines);
  return static_cast<std::uint64_t>(kMargin * static_cast<double>(file_bytes_) / per_line);
}

std::string RecordPlace::text() const { return fmt::format("{}:{}", path, line); }

std::vector<std::string> RecordReader::peek(std::size_t count) {
  while (waiting_.size() < count) {
    const auto line = lines_.next();
    if (!line) break;
    waiting_.emplace_back(*line);
  }
  return {waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(count, waiting_.size()))};
}

const std::deque<std::string>& RecordReader::look_ahead(std::size_t count, std::size_t most_bytes) {
  std::size_t bytes = 0;
  for (const std::string& line : waiting_) bytes += line.size();
  while (waiting_.size() < count && bytes < most_bytes) {
    const auto line = lines_.next();
    if (!line) break;
    bytes += line->size();
    waiting_.emplace_back(*line);
  }
  return waiting_;
}

void RecordReader::skip_lines(std::size_t count) {
  for (std::size_t i = 0; i < count && next_line(); ++i) continue;
}

std::optional<std::string_view> RecordReader::next_line() {
  if (waiting_.empty()) {
    const auto line = lines_.next();
    record_line_ = lines_.line_number();
    return line;
  }
  current_ = std::move(waiting_.front());
  waiting_.pop_front();
  record_line_ = lines_.line_number() - waiting_.size();
  return current_;
}

bool RecordReader::next() {
  for (;;) {
    if (next_line_number() >= end_line_) {
      tick();
      return false;
    }
    const auto line = next_line();
    if (!line || --lines_to_tick_ == 0) tick();
    if (!line) return false;
    if (!line->empty() && split(*line)) return true;
  }
}

void RecordReader::tick() {
  lines_to_tick_ = kTickLines;
  if (counts_lines_) {
    report_.lines += lines_.line_number() - std::exchange(lines_reported_, lines_.line_number());
    report_.bytes += lines_.bytes_read() - std::exchange(bytes_reported_, lines_.bytes_read());
  }
  context_.check_stop();
  report_reading(lines_, context_);
}

/// False if the record was rejected.
bool RecordReader::split(std::string_view line) {
  fields_.clear();
  if (dialect_.delimiter.size() != 1) {
    if (dialect_.quotes && line.find('"') != std::string_view::npos) return split_quoted(line);
    dialect_.delimiter.empty() ? split_blanks(line) : split_long_delimiter(line);
    return !fields_.empty();
  }
  const char delimiter = dialect_.delimiter.front();
  const bool quotes = dialect_.quotes;
  const char* at = line.data();
  const char* const end = at + line.size();
  for (;;) {
    if (quotes && at < end && *at == '"') return split_quoted(line);
    const auto* const stop =
        static_cast<const char*>(std::memchr(at, delimiter, static_cast<std::size_t>(end - at)));
    if (stop == nullptr) break;
    fields_.emplace_back(at, stop - at);
    at = stop + 1;
  }
  fields_.emplace_back(at, end - at);
  return true;
}

void RecordReader::split_long_delimiter(std::string_view line) {
  const std::string_view delimiter = dialect_.delimiter;
  for (;;) {
    const std::size_t stop = line.find(delimiter);
    fields_.push_back(line.substr(0, stop));
    if (stop == std::string_view::npos) return;
    line.remove_prefix(stop + delimiter.size());
  }
}

void RecordReader::split_blanks(std::string_view line) {
  const char* at = line.data();
  const char* const end = at + line.size();
  for (;;) {
    while (at < end && is_blank(*at)) ++at;
    if (at == end) return;
    const char* const begin = at;
    while (at < end && !is_blank(*at)) ++at;
    fields_.emplace_back(begin, at - begin);
  }
}

/// Splits a record with quoted fields, reading on while a quote is open. Fields are copied to clean_.
bool RecordReader::split_quoted(std::string_view line) {
  const std::string_view delimiter = dialect_.delimiter;
  raw_.assign(line);
  const std::size_t first_line_size = raw_.size();
  const std::uint64_t first_line = record_line_;
  clean_.clear();
  ends_.clear();
  std::size_t extra_lines = 0;
  for (std::size_t at = 0;;) {
    bool open = at < raw_.size() && raw_[at] == '"';
    if (open) ++at;
    while (open) {
      const std::size_t quote = raw_.find('"', at);
      if (quote == std::string::npos) {
        clean_.append(raw_, at);
        at = raw_.size();
        if (++extra_lines < kMostRecordLines && append_line()) continue;
        return reject_open_quote(first_line, first_line_size);
      }
      if (is_escaped(raw_, at, quote, delimiter, backslashes_)) {
        clean_.append(raw_, at, quote - at - 1);
        clean_ += '"';
        at = quote + 1;
        continue;
      }
      clean_.append(raw_, at, quote - at);
      at = quote + 1;
      open = at < raw_.size() && raw_[at] == '"';
      if (open) {
        clean_ += '"';
        ++at;
      } else if (extra_lines > 0 && at < raw_.size() && raw_.compare(at, delimiter.size(), delimiter) != 0) {
        // The quote that seems to close a field opens one of a later line: `"a` and then `b,"c"`.
        return reject_open_quote(first_line, first_line_size);
      }
    }
    const std::size_t stop = std::min(raw_.find(delimiter, at), raw_.size());
    clean_.append(raw_, at, stop - at);
    ends_.push_back(clean_.size());
    if (stop == raw_.size()) break;
    at = stop + delimiter.size();
  }
  record_line_ = first_line;
  fields_.clear();
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    fields_.emplace_back(clean_.data() + begin, end - begin);
    begin = end;
  }
  return true;
}

/// Rejects the record's first line and gives the others back; returns false.
bool RecordReader::reject_open_quote(std::uint64_t first_line, std::size_t first_line_size) {
  record_line_ = first_line;
  put_back_all_but_first(first_line_size);
  report_.rejections.add("a quote is not closed", [&] { return position(); });
  return false;
}

/// Adds the next line to the record being read; false at the end of the file.
bool RecordReader::append_line() {
  const auto line = next_line();
  if (!line) return false;
  if (raw_.size() + line->size() > LineReader::kLongestRecord) {  // it stays to be read
    waiting_.emplace_front(*line);
    return false;
  }
  raw_ += '\n';
  raw_ += *line;
  return true;
}

/// Gives the record's lines after its first back, to be read as records of their own.
void RecordReader::put_back_all_but_first(std::size_t first_line_size) {
  std::size_t end = raw_.size();
  while (end > first_line_size) {  // every '\n' of raw_ joins two lines
    const std::size_t newline = raw_.rfind('\n', end - 1);
    waiting_.emplace_front(raw_, newline + 1, end - newline - 1);
    end = newline;
  }
}

std::vector<std::string> split_line(std::string_view line, const Dialect& dialect) {
  std::vector<std::string> fields;
  const auto find_end = [&](std::size_t from) {
    return std::min(
        dialect.delimiter.empty() ? line.find_first_of(" \t", from) : line.find(dialect.delimiter, from),
        line.size());
  };
  const std::size_t step = std::max<std::size_t>(1, dialect.delimiter.size());
  bool backslashes = false;
  for (std::size_t at = 0;;) {
    std::string field;
    if (dialect.quotes && at < line.size() && line[at] == '"') {
      const std::size_t begin = at + 1;
      for (++at; at < line.size(); ++at) {
        if (line[at] == '"' && is_escaped(line, begin, at, dialect.delimiter, backslashes)) {
          field.back() = '"';
          continue;
        }
        if (line[at] == '"' && (at + 1 == line.size() || line[at + 1] != '"')) break;
        if (line[at] == '"') ++at;
        field += line[at];
      }
      at = std::min(at + 1, line.size());
    }
    const std::size_t stop = find_end(at);
    field.append(line.substr(at, stop - at));
    if (!dialect.delimiter.empty() || !field.empty()) fields.push_back(std::move(field));
    if (stop == line.size()) return fields;
    at = stop + step;
  }
}

}  // namespace akin
