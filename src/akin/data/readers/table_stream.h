// Tables of other formats as the text of a csv file, so that one reader looks for columns and reports about them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/base/io.h"
#include "akin/data/builder.h"
#include "akin/data/readers/layout.h"
#include "akin/data/readers/readers.h"

namespace akin {

/// A stream of text that is made piece by piece: lines of fields with commas between, the first of them a header.
/// Line n after it is record n of the source, empty where that could not be used, so that positions are right.
class TableStream : public InputStream {
 public:
  std::size_t read(std::span<char> buffer) final;

 protected:
  /// Appends more lines to `text`; false at the end.
  virtual bool produce(std::string& text) = 0;

 private:
  std::string text_;
  std::size_t at_ = 0;
};

/// Appends the fields as one line of csv; line ends inside a field become blanks.
void append_csv_line(std::string& text, std::span<const std::string> fields);

/// How append_csv_line()'s text is to be read.
LayoutHints table_hints();

/// Whether a text begins as JSON objects do, which no table of delimited text does.
bool begins_as_json(std::string_view head);

/// Opens a file of one format as a table; rejected records go to the report. `sheet` is that of a workbook,
/// "" = the first.
using OpenTable = std::unique_ptr<TableStream> (*)(const std::string& path, const std::string& sheet,
                                                   ImportReport& report);

/// JSON objects: one a line, one after another, or all in one array. Objects in objects give fields such as
/// user.id; lists of texts and numbers are joined by '|', other lists stay JSON. Fields are those of the first
/// 10,000 objects; others are counted in a note. Rejected: what is no JSON object. Throws
/// Error(kBadData) for a damaged array.
std::unique_ptr<TableStream> open_json_table(const std::string& path, const std::string& sheet,
                                             ImportReport& report);

/// A sheet of a workbook of Excel (xlsx). The header is the first row with at least two cells; line n is row n of the
/// sheet. Numbers that are shown as dates become dates. Throws Error(kBadData) for a damaged workbook,
/// Error(kUsage) for an unknown sheet.
std::unique_ptr<TableStream> open_xlsx_table(const std::string& path, const std::string& sheet,
                                             ImportReport& report);

/// The file as a table if its content is JSON or xlsx (the first sheet); null if it is text. Pipes, which can be read but once, are text.
std::unique_ptr<TableStream> open_if_table(const std::string& path, ImportReport& report);

/// Reads events as format csv does, from files that `open` opens (csv.cc).
void read_event_tables(const ImportRequest& request, OpenTable open, DatasetBuilder& builder,
                       ImportReport& report, const Context& context);
/// The options of format csv but those of delimited text.
std::vector<FormatOption> table_options();

}  // namespace akin
