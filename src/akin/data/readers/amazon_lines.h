// Lines of JSON objects, or of Python dicts, with everything that is wrong with them counted.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "akin/base/io.h"
#include "akin/data/builder.h"

namespace akin {

/// Reads one file of one JSON object a line. A line that is not JSON is tried as a Python literal, so that
/// there is one path for both; blank lines are skipped; any other line is counted in report.rejections.
/// report.lines and report.bytes grow as lines are read, and progress is reported every few thousand lines.
class ObjectLines {
 public:
  ObjectLines(const std::string& path, ImportReport& report, const Context& context);

  /// Collective, before the first line: leaves each rank of the context its share of the lines, as RecordReader::share().
  void share();
  /// The object of the next usable line, valid until the next call, or nullopt at the end. Throws as
  /// LineReader::next does, Error(kBadData) for an unusable line if rejections are strict, Error(kCancelled).
  std::optional<simdjson::dom::object> next();
  /// Counts the line last returned as unusable.
  void reject(std::string_view reason);

 private:
  /// SUCCESS, or why `line` is neither JSON nor a Python literal.
  simdjson::error_code parse(std::string_view line);
  void count_line();

  LineReader reader_;
  std::uint64_t end_line_ = ~std::uint64_t{0};  // where another rank's lines begin
  ImportReport& report_;
  const Context& context_;
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
  std::string converted_;  // JSON of a Python literal
  std::uint64_t bytes_counted_ = 0;
};

}  // namespace akin
