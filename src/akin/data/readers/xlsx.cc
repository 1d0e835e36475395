// Format xlsx: a sheet of an Excel workbook as a table of events.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "akin/base/error.h"
#include "akin/data/readers/delimited.h"
#include "akin/data/readers/table_stream.h"
#include "akin/data/readers/workbook.h"
#include "akin/data/readers/xml_reader.h"

namespace akin {
namespace {

constexpr std::size_t kMostRows = 1 << 20, kMostColumns = 1 << 14;  // Excel's own limits
constexpr std::size_t kLongestCell = std::size_t{1} << 20;

/// Where a cell is, from 0.
struct Place {
  std::size_t column = 0, row = 0;
};

/// "AB12" -> column 27, row 11; nullopt for anything else.
std::optional<Place> place_of(std::string_view name) {
  std::size_t column = 0, letters = 0, row = 0;
  for (; letters < name.size() && name[letters] >= 'A' && name[letters] <= 'Z' && column <= kMostColumns;
       ++letters)
    column = 26 * column + static_cast<std::size_t>(name[letters] - 'A') + 1;
  const auto [stop, error] = std::from_chars(name.data() + letters, name.data() + name.size(), row);
  const bool whole = error == std::errc() && stop == name.data() + name.size();
  if (!whole || column == 0 || column > kMostColumns || row == 0 || row > kMostRows) return std::nullopt;
  return Place{column - 1, row - 1};
}

/// Reads the cells of a sheet, row by row, as lines of csv: the header first, then row r as line r.
class SheetTable : public TableStream, private XmlHandler {
 public:
  SheetTable(const std::string& path, const std::string& sheet, ImportReport& report)
      : archive_(path),
        workbook_(read_workbook(archive_)),
        sheet_(workbook_.sheet(sheet, archive_.path())),
        where_(fmt::format("{}: {}", archive_.path(), sheet_.part)),
        report_(report),
        stream_(archive_.open(sheet_.part)),
        xml_(*stream_, *this, where_) {}

  SourcePosition position() const override { return stream_->position(); }

 protected:
  bool produce(std::string& text) override {
    text_ = &text;
    while (text.empty()) {
      if (ended_) return false;
      ended_ = !xml_.next();
      if (ended_) note();
    }
    return true;
  }

 private:
  void start(std::string_view name, const char** attributes) override {
    if (name == "row") {
      const std::string_view number = xml_attribute(attributes, "r");
      if (number.empty()) return begin_row(rows_begun_ + 1);
      const auto place = place_of("A" + std::string(number));
      if (!place || place->row < rows_begun_) bad(fmt::format("row '{}' cannot stand here", number));
      begin_row(place->row + 1);
    } else if (name == "c") {
      begin_cell(attributes);
    } else if (name == "v" || name == "t") {
      inside_ = !phonetic_;
    } else if (name == "rPh") {
      phonetic_ = true;
    }
  }
  void end(std::string_view name) override {
    if (name == "v" || name == "t") inside_ = false;
    if (name == "rPh") phonetic_ = false;
    if (name == "c" && column_) end_cell();
    if (name == "row") end_row();
  }
  void text(std::string_view piece) override {
    if (!inside_) return;
    if (value_.size() + piece.size() > kLongestCell)
      bad(fmt::format("a cell in row {} is too long", rows_begun_));
    value_ += piece;
  }

  void begin_row(std::size_t number) {
    if (number > kMostRows) bad("too many rows");
    rows_begun_ = number;
    row_.clear();
    next_column_ = 0;
  }

  void begin_cell(const char** attributes) {
    const std::string_view name = xml_attribute(attributes, "r");
    Place place{next_column_, 0};
    if (!name.empty()) {
      const auto found = place_of(name);
      if (!found) bad(fmt::format("there is no cell '{}'", name.substr(0, 20)));
      place = *found;
    }
    if (place.column >= kMostColumns || rows_begun_ == 0) bad("too many cells");
    column_ = place.column;
    next_column_ = place.column + 1;
    type_ = xml_attribute(attributes, "t");
    style_ = xml_attribute(attributes, "s");
    value_.clear();
  }

  void end_cell() {
    if (row_.size() <= *column_) row_.resize(*column_ + 1);
    row_[*column_] = cell_text();
    column_.reset();
  }

  std::string cell_text() {
    if (type_ == "s") {
      std::size_t index = 0;
      const auto [stop, error] = std::from_chars(value_.data(), value_.data() + value_.size(), index);
      if (value_.empty()) return "";
      if (error != std::errc() || index >= workbook_.strings.size())
        bad(fmt::format("row {} names text number '{}', which is not there", rows_begun_,
                        value_.substr(0, 20)));
      return workbook_.strings[index];
    }
    if (type_ == "b") return value_ == "1" ? "true" : value_ == "0" ? "false" : value_;
    if (type_ == "e") {
      ++errors_;  // #N/A, #DIV/0!
      return "";
    }
    if (type_ == "str" || type_ == "inlineStr" || type_ == "d") return value_;
    return numeric_text();
  }

  std::string numeric_text() const {
    double number = 0;
    const auto [stop, error] = std::from_chars(value_.data(), value_.data() + value_.size(), number);
    if (error != std::errc() || stop != value_.data() + value_.size()) return value_;
    std::size_t style = 0;
    std::from_chars(style_.data(), style_.data() + style_.size(), style);
    const NumberStyle shown =
        style < workbook_.styles.size() ? workbook_.styles[style] : NumberStyle::kNumber;
    if (shown == NumberStyle::kNumber) return number_text(number);
    const std::string date = date_text(number, shown, workbook_.since_1904);
    return date.empty() ? number_text(number) : date;
  }

  /// The header is the first row with two cells; titles stand above it.
  void end_row() {
    while (!row_.empty() && row_.back().empty()) row_.pop_back();
    const auto filled = std::ranges::count_if(row_, [](const std::string& cell) { return !cell.empty(); });
    if (!width_) {
      if (filled < 2) {
        skipped_ += filled > 0 ? 1 : 0;
        return;
      }
      width_ = row_.size();
      append_csv_line(*text_, row_);
      return;
    }
    if (row_.empty()) return;
    if (row_.size() < *width_) row_.resize(*width_);
    for (; lines_ + 1 < rows_begun_; ++lines_) *text_ += '\n';
    append_csv_line(*text_, row_);
    ++lines_;
  }

  void note() {
    if (skipped_ > 0)
      report_.notes.push_back(
          fmt::format("{}: {} rows above the header are left out", archive_.path(), skipped_));
    if (errors_ > 0)
      report_.notes.push_back(fmt::format("{}: {} cells hold errors such as #N/A and are read as empty",
                                          archive_.path(), errors_));
  }

  [[noreturn]] void bad(std::string_view what) const { fail(ErrorCode::kBadData, "{}: {}", where_, what); }

  ZipArchive archive_;
  Workbook workbook_;
  Workbook::Sheet sheet_;
  std::string where_;
  ImportReport& report_;
  std::unique_ptr<InputStream> stream_;
  XmlReader xml_;
  std::string* text_ = nullptr;  // that produce() fills
  std::vector<std::string> row_;
  std::size_t rows_begun_ = 0, next_column_ = 0;
  std::size_t lines_ = 0;              // that were written after the header
  std::optional<std::size_t> column_;  // of the cell being read
  std::optional<std::size_t> width_;   // of the header
  std::string type_, style_, value_;
  std::uint64_t skipped_ = 0, errors_ = 0;
  bool inside_ = false, phonetic_ = false, ended_ = false;
};

void read_xlsx(const ImportRequest& request, DatasetBuilder& builder, ImportReport& report,
               const Context& context) {
  read_event_tables(request, open_xlsx_table, builder, report, context);
}

}  // namespace

std::unique_ptr<TableStream> open_xlsx_table(const std::string& path, const std::string& sheet,
                                             ImportReport& report) {
  return std::make_unique<SheetTable>(path, sheet, report);
}

Format xlsx_format() {
  std::vector<FormatOption> options = table_options();
  options.insert(options.begin(), {"sheet", "name of the sheet; default: the first"});
  return {"xlsx", "a sheet of an Excel workbook with a header row; columns are recognized as those of csv",
          std::move(options), read_xlsx};
}

}  // namespace akin
