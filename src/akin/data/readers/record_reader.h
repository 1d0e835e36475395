// Delimited text as records of fields.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/base/io.h"
#include "akin/data/builder.h"
#include "akin/data/readers/file_cut.h"

namespace akin {

/// Where a record stands.
struct RecordPlace {
  std::string_view path;
  std::uint64_t line = 0;    ///< its first, from 1
  std::string text() const;  ///< "path:line"
};

/// How fields are separated.
struct Dialect {
  std::string delimiter = ",";  ///< any text; empty = runs of spaces and tabs
  bool quotes = false;          ///< fields may stand in double quotes (RFC 4180)
};

/// The fields of one line; a quote that is not closed on the line ends with it.
/// For looking at a file's first lines.
std::vector<std::string> split_line(std::string_view line, const Dialect& dialect);

/// Reports how far a file is read: of its bytes on the disk, so that compressed files have an end too.
void report_reading(const LineReader& lines, const Context& context);

/// Reads records from a file of any compression. Blank lines are skipped. With quotes on, a field that starts
/// with '"' runs to the closing one, "" inside stands for one quote, and delimiters and line ends inside
/// belong to the field (a line end becomes "\n"); text after the closing quote is kept as it is. A quote after a
/// backslash that cannot be the closing one (\" and more text) is a quote of the field, and so are all such from
/// there on. A record of
/// over 1,000 lines or 16 MiB, or one whose closing quote on a later line is followed by more text, has lost
/// its closing quote: its first line is rejected and reading continues with the second.
///
/// Lines and bytes are added to the report, progress is reported and a wish to stop obeyed every few thousand
/// lines. Errors: as LineReader.
class RecordReader {
 public:
  RecordReader(const std::string& path, Dialect dialect, ImportReport& report, const Context& context);
  /// The same of a table that another format was turned into (table_stream.h); null = of the file itself.
  RecordReader(std::unique_ptr<InputStream> table, const std::string& path, ImportReport& report,
               const Context& context);

  /// Moves to the next record; false at the end.
  bool next();
  /// Collective: leaves each rank of the context its share of the records to come, those of rank 0 first. What cannot
  /// be read from the middle (FileCut) is all left to rank 0. Lines and bytes are added to the report of rank 0.
  void share();
  /// Fields of the record; views are valid until the next call of next() or peek().
  std::span<const std::string_view> fields() const { return fields_; }
  /// The first lines still to come, at most `count`; they stay to be read.
  std::vector<std::string> peek(std::size_t count);
  /// The same without a copy; no more than come to `most_bytes` bytes. Valid until the next call of next().
  const std::deque<std::string>& look_ahead(std::size_t count, std::size_t most_bytes);
  /// Leaves out the next lines.
  void skip_lines(std::size_t count);
  void set_dialect(Dialect dialect);
  const Dialect& dialect() const { return dialect_; }
  const Context& context() const { return context_; }
  /// Records to come, judged by the length of the first lines; 0 if that is not known (compressed files).
  std::uint64_t estimate();
  /// "path:line" of the record's first line.
  std::string position() const { return place().text(); }
  RecordPlace place() const { return {lines_.path(), record_line_}; }
  /// Number of the line that next() will begin at, from 1.
  std::uint64_t next_line_number() const { return lines_.line_number() - waiting_.size() + 1; }
  /// Number of the record's first line, from 1.
  std::uint64_t line() const { return record_line_; }
  const std::string& path() const { return lines_.path(); }
  /// Whether another format was turned into the text that is read, so that the file itself is none.
  bool of_table() const { return of_table_; }

 private:
  /// How far a rank's share is read, to be compared with where the next one begins.
  struct Reached {
    std::uint64_t line = 0;
    std::uint64_t backslashes = 0;
  };
  void start_at(std::uint64_t line, std::uint64_t line_at_offset, std::uint64_t offset);
  Reached scan(const FileCut& cut, const Reached& from) const;
  Reached begin_of_share(const FileCut& cut) const;
  std::optional<std::string_view> next_line();
  bool split(std::string_view line);
  void split_long_delimiter(std::string_view line);
  void split_blanks(std::string_view line);
  bool split_quoted(std::string_view line);
  bool reject_open_quote(std::uint64_t first_line, std::size_t first_line_size);
  bool append_line();
  void put_back_all_but_first(std::size_t first_line_size);
  void tick();

  bool of_table_ = false;
  LineReader lines_;
  Dialect dialect_;
  ImportReport& report_;
  const Context& context_;
  std::deque<std::string> waiting_;  // lines read ahead, to be served first
  std::string current_;              // the line last taken from waiting_
  std::vector<std::string_view> fields_;
  std::string raw_;    // quoted record: its lines as they came
  std::string clean_;  // quoted record: its fields without quotes, one after another
  std::vector<std::size_t> ends_;
  bool backslashes_ = false;  // the file escapes quotes by backslashes
  std::uint64_t record_line_ = 0;
  std::uint64_t end_line_ = ~std::uint64_t{0};  // where another rank's records begin
  bool counts_lines_ = true;
  std::uint64_t file_bytes_ = 0;  // 0 = unknown, for estimate()
  std::uint64_t lines_reported_ = 0;
  std::uint64_t bytes_reported_ = 0;
  unsigned lines_to_tick_ = 0;
};

}  // namespace akin
