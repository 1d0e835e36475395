// What an EventReader finds out about the columns of a file, before and after it reads the events.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/data/readers/event_reader.h"

namespace akin {
namespace {

constexpr std::size_t kSampleRecords = 4000, kSampleBytes = std::size_t{4} << 20;
constexpr std::size_t kMostAhead = std::size_t{64} << 20;

std::string_view cell_of(const std::vector<std::string>& fields, std::size_t column) {
  return column < fields.size() ? std::string_view(fields[column]) : std::string_view();
}

}  // namespace

/// Sets how times and numbers of the file are read, and profiles its columns.
void EventReader::look_ahead(RecordReader& reader) {
  const Dialect dialect = reader.dialect();
  const std::size_t width = columns_.most == kNoColumn ? columns_.header.size() : columns_.most;
  ColumnProfile profile(reader.path(), columns_.header, std::max(width, least_fields_));
  for (const auto* const attributes : {&columns_.item_attributes, &columns_.user_attributes}) {
    for (const auto& [name, column] : *attributes) profile.set_attribute(column, name, builder_.types);
  }
  TimeGuess times;
  DecimalGuess decimals;
  std::size_t records = 0;
  std::uint64_t line = reader.next_line_number();
  std::vector<std::string_view> views;
  for (const std::string& text : reader.look_ahead(kSampleRecords, kSampleBytes)) {
    ++line;
    if (text.empty() || ++records > kSampleRecords) continue;
    const std::vector<std::string> fields = split_line(text, dialect);
    if (fields.size() < least_fields_) continue;  // a part of a record of several lines
    views.assign(fields.begin(), fields.end());
    profile.add(views);
    if (columns_.time != kNoColumn)
      times.add(cell_of(fields, columns_.time),
                [&] { return fmt::format("{}:{}", reader.path(), line - 1); });
    if (columns_.value != kNoColumn) decimals.add(cell_of(fields, columns_.value));
  }
  columns_report_ = profile.reports();
  const bool asks_time = columns_.time != kNoColumn && rules_.time.is_auto();
  const bool asks_decimal = columns_.value != kNoColumn && rules_.decimal == 0;
  if ((asks_time && !times.format()) || (asks_decimal && decimals.open()))
    look_at_whole_file(reader, times, decimals);
  guess_doubt_ = decimal_doubt_ = "";
  time_type_ = "time";
  TimeParser parser = rules_.time;
  if (asks_time) {
    auto format = times.format();
    if (!format && !date_order_.empty() && !times.may_begin_with_year()) {
      format = date_order_;
      guess_doubt_ = fmt::format("{}; {} as in the file before", times.readings(), date_order_);
    }
    if (!format)
      fail(ErrorCode::kUsage, "{}: column '{}': {}", reader.path(), name_of(columns_.time), times.question());
    parser = TimeParser(*format);
    if (*format != "auto") time_type_ = fmt::format("time ({})", *format);
    if (guess_doubt_.empty()) guess_doubt_ = times.doubt();
    if (format->ends_with("-first")) date_order_ = *format;
  }
  const bool semicolons = dialect.delimiter == ";";
  if (asks_decimal) decimal_doubt_ = decimals.doubt(semicolons);
  times_ = TimeColumn(parser);
  note_kinds_met();
  kinds_ = KindColumn(rules_.kinds);
  values_ = ValueColumn(asks_decimal ? decimals.decimal(semicolons) : rules_.decimal == ',' ? ',' : '.');
  failed_ = {};
  records_ = used_ = misfits_ = 0;
}

/// Strikes those of the caller's kinds that the file before had off the list.
void EventReader::note_kinds_met() {
  const std::vector<std::string> unmet = kinds_.unmet();
  std::erase_if(unmet_kinds_,
                [&](const std::string& name) { return std::ranges::find(unmet, name) == unmet.end(); });
}

/// The first lines of a file that is sorted by time may well have no day after the 12th.
void EventReader::look_at_whole_file(RecordReader& reader, TimeGuess& times, DecimalGuess& decimals) const {
  const auto add_cells = [&](const auto& fields, const auto& position) {
    if (fields.size() < least_fields_) return;
    if (columns_.time != kNoColumn) times.add(fields[columns_.time], position);
    if (columns_.value != kNoColumn) decimals.add(fields[columns_.value]);
  };
  std::error_code error;
  // A pipe is read once, and so is what was made from another format: what fits into memory.
  if (reader.of_table() || !std::filesystem::is_regular_file(reader.path(), error)) {
    std::uint64_t line = reader.next_line_number();
    for (const std::string& text : reader.look_ahead(~std::size_t{0}, kMostAhead)) {
      add_cells(split_line(text, reader.dialect()),
                [&] { return fmt::format("{}:{}", reader.path(), line); });
      ++line;
    }
    return;
  }
  ImportReport unused;
  RecordReader again(reader.path(), reader.dialect(), unused, reader.context());
  while (again.next()) {
    add_cells(again.fields(), [&] { return again.position(); });
  }
}

/// Says what a column that is not used may well be.
void EventReader::doubt_disuse(ColumnReport& report) const {
  if (!report.used_as.empty()) return;
  if (columns_.value == kNoColumn && report.type == "truth value") {
    const bool digits = std::ranges::any_of(report.examples, [](const std::string& example) {
      return example.starts_with('0') || example.starts_with('1');
    });
    report.doubts.push_back(fmt::format(
        "it is not used: every event counts as a like; --value {} leaves those out where it is {}",
        shell_word(report.column), digits ? "0" : "false"));
  }
  if (columns_.time == kNoColumn && report.type == "date")
    report.doubts.push_back(
        fmt::format("it looks like times; --time {} reads it", shell_word(report.column)));
}

std::string EventReader::name_of(std::size_t column) const {
  return column < columns_.header.size() ? columns_.header[column] : fmt::format("{}", column + 1);
}

/// Completes the reports of the file at hand by what reading it has shown.
void EventReader::report_columns() {
  const auto report_of = [&](std::size_t column) -> ColumnReport* {
    return column < columns_report_.size() ? &columns_report_[column] : nullptr;
  };
  std::uint64_t reached = records_ - misfits_;
  const auto use = [&](Role role, std::size_t column, std::string_view what, std::string type,
                       std::vector<std::string> doubts) {
    const std::uint64_t looked_at = reached;
    reached -= failed_[role];
    ColumnReport* const report = report_of(column);
    if (report == nullptr) return;
    report->used_as = what;
    report->type = std::move(type);
    report->parsed = looked_at == 0 ? 0 : static_cast<double>(reached) / static_cast<double>(looked_at);
    std::erase(doubts, "");
    report->doubts.insert(report->doubts.end(), doubts.begin(), doubts.end());
  };
  const auto with = [](std::string first, std::vector<std::string> rest) {
    rest.insert(rest.begin(), std::move(first));
    return rest;
  };
  use(kUser, columns_.user, "user", "id", {});
  use(kItem, columns_.item, "item", "id", {});
  use(kValue, columns_.value, "value", "number", with(decimal_doubt_, values_.doubts()));
  use(kTime, columns_.time, "time", time_type_, with(guess_doubt_, times_.doubts()));
  use(kKind, columns_.kind, "kind", "kind", kinds_.doubts());
  use(kPart, columns_.subset, "part", "part", {});
  const auto describe = [&](std::size_t column, std::string used_as) {
    ColumnReport* const report = report_of(column);
    if (report != nullptr) report->used_as = std::move(used_as);
  };
  describe(columns_.text, "review text");
  describe(columns_.summary, "review headline");
  for (const auto& [name, column] : columns_.event_attributes) describe(column, "event attribute " + name);
  for (const auto& [name, column] : columns_.item_attributes) describe(column, "item attribute " + name);
  for (const auto& [name, column] : columns_.user_attributes) describe(column, "user attribute " + name);
  for (ColumnReport& report : columns_report_) {
    if (report.is_filler()) continue;
    doubt_disuse(report);
    if (report.used_as.empty() && builder_.dropped.any() && builder_.dropped(report.column)) {
      report.used_as = "left out";
      report.examples.clear();
    }
    report_.columns.push_back(std::move(report));
    if (report_.columns.back().used_as == "user") user_report_ = report_.columns.size();
    if (report_.columns.back().used_as == "item") item_report_ = report_.columns.size();
  }
  columns_report_.clear();
}

}  // namespace akin
