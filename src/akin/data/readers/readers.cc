#include "akin/data/readers/readers.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>

#include "akin/base/atomic_file.h"
#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/rank_talk.h"
#include "akin/base/text.h"
#include "akin/data/pseudonyms.h"
#include "akin/data/readers/amazon.h"
#include "akin/data/readers/delimited.h"
#include "akin/data/readers/file_names.h"
#include "akin/data/readers/options.h"
#include "akin/data/session_rows.h"

namespace akin {
namespace {

/// Throws Error(kUsage) for an option the format does not have; dashes in names become underscores.
ImportRequest checked(const Format& format, const ImportRequest& request) {
  if (request.files.empty()) fail(ErrorCode::kUsage, "import {}: name at least one file", format.name);
  ImportRequest result = request;
  result.options.clear();
  for (const auto& [name, text] : request.options) {
    std::string key = name;
    std::ranges::replace(key, '-', '_');
    if (std::ranges::find(format.options, key, &FormatOption::name) == format.options.end()) {
      std::vector<std::string> names;
      for (const FormatOption& option : format.options) names.emplace_back(option.name);
      fail(ErrorCode::kUsage, "format {} has no option '{}'{}; it has: {}", format.name, name,
           did_you_mean(key, names), names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
    }
    result.options[key] = text;
  }
  return result;
}

/// ": 4 times 'no user' (first e.csv:2), ...", the most frequent reasons first.
std::string reasons_text(const ImportReport& report) {
  std::vector<Rejections::Reason> reasons = report.rejections.reasons();
  std::ranges::stable_sort(reasons, std::ranges::greater{}, &Rejections::Reason::count);
  std::string why;
  for (const Rejections::Reason& reason : reasons) {
    const std::string value =
        reason.values.empty() || reason.values[0].empty() ? "" : fmt::format(": '{}'", reason.values[0]);
    why +=
        fmt::format("{}{} times '{}'{}", why.empty() ? ": " : ", ", reason.count, reason.text,
                    reason.positions.empty() ? "" : fmt::format(" (first {}{})", reason.positions[0], value));
  }
  return why;
}

/// Which kinds of events are not known, and what to do about them; "" = none.
std::string kinds_text(const ImportReport& report) {
  std::string text;
  for (const ColumnReport& column : report.columns) {
    if (column.used_as != "kind") continue;
    for (const std::string& doubt : column.doubts) text += "; " + doubt;
  }
  return text;
}

/// Says why nothing could be used.
[[noreturn]] void fail_empty(const std::string& file, const ImportReport& report) {
  fail(ErrorCode::kBadData, "{}: not one usable event among {} lines{}{}; is the format right?", file,
       report.lines, reasons_text(report), kinds_text(report));
}

/// A file most of whose lines say nothing was most likely read wrongly: better no data set than one of the rest.
void check_most_was_used(const std::string& file, std::string_view format, const ImportReport& report) {
  constexpr std::string_view kAdvice =
      "; is the format right? --dry-run shows what each column is taken for, --accept-rejected imports the "
      "rest";
  for (const TableCount& table : report.tables) {
    if (table.rejected > table.used) {
      fail(ErrorCode::kBadData, "{}: {} of {} lines cannot be used{}{}{}", table.file, table.rejected,
           table.used + table.rejected, reasons_text(report), kinds_text(report), kAdvice);
    }
  }
  const std::uint64_t rejected = report.rejections.total() - report.rejections.unwanted();
  if (rejected > report.lines / 2) {
    fail(ErrorCode::kBadData, "{}: {} of {} lines cannot be used as format {}{}{}{}", file, rejected,
         report.lines, format, reasons_text(report), kinds_text(report), kAdvice);
  }
}

/// Data that hardly any model can learn from.
void note_little_variety(const Dataset& data, ImportReport& report) {
  const std::uint64_t events = report.events;
  if (data.n_users() == 1 && events > 1)
    report.notes.push_back(fmt::format("all events are of one user, '{}'; is another column the user's?",
                                       printable(data.users.id(0))));
  if (data.n_event_items() == 1 && events > 1)
    report.notes.push_back(fmt::format("all events are of one item, '{}'; is another column the item's?",
                                       printable(data.items.id(0))));
  constexpr std::size_t kFew = 20;
  if (events < kFew) return;
  if (data.n_users() == events)
    report.notes.push_back(
        "every event has a user of its own, so that nothing can be learned; is another column the user's?");
  if (data.n_event_items() == events)
    report.notes.push_back(
        "every event has an item of its own, so that nothing can be learned; is another column the item's?");
}

/// Examples, doubts and notes show what the files hold, which may be ids anywhere.
void hide_quotes(ImportReport& report) {
  for (ColumnReport& column : report.columns) {
    column.examples.clear();
    for (std::string& doubt : column.doubts) doubt = without_quoted(doubt);
  }
  for (std::string& note : report.notes) note = without_quoted(note);
}

/// Only one process could read them.
void check_no_pipes(const ImportRequest& request) {
  for (const std::string& file : request.files) {
    std::error_code error;
    if (file != "-" && !std::filesystem::is_fifo(file, error) &&
        !std::filesystem::is_character_file(file, error))
      continue;
    fail(ErrorCode::kUsage,
         "{}: several processes cannot read a pipe; write it to a file, or start akin without mpirun",
         display_name(file));
  }
}

/// Reads the key if there is one, so that a wrong one is refused before the files are read. Else one must be
/// possible.
void read_key(const std::string& path, std::optional<Pseudonyms>& pseudonyms) {
  namespace fs = std::filesystem;
  if (path == "-") fail(ErrorCode::kUsage, "name a file for the key; it cannot be standard input");
  std::error_code error;
  if (fs::exists(fs::symlink_status(path, error)))
    pseudonyms.emplace(path);
  else
    check_writable(path);
}

/// Once all is read: an import that fails leaves no key behind.
void make_key(const std::string& path, std::optional<Pseudonyms>& pseudonyms, ImportReport& report,
              const Communicator& ranks) {
  on_first(ranks, [&] { Pseudonyms::make_key(path); });
  pseudonyms.emplace(path);
  report.notes.push_back(fmt::format(
      "{}: made a new key; keep it secret, and keep a copy: without it nobody gets the same pseudonyms again",
      path));
}

}  // namespace

const std::vector<Format>& formats() {
  static const std::vector<Format> all = {
      amazon_format(), movielens_format(), csv_format(),   jsonl_format(),    xlsx_format(), atomic_format(),
      uirt_format(),   lists_format(),     pairs_format(), sessions_format(), ncf_format(),  text_format(),
  };
  return all;
}

const Format& find_format(std::string_view name) {
  const auto found = std::ranges::find(formats(), name, &Format::name);
  if (found != formats().end()) return *found;
  std::vector<std::string> names;
  for (const Format& format : formats()) names.emplace_back(format.name);
  fail(ErrorCode::kUsage, "there is no format '{}'{}; there are: {}", name, did_you_mean(name, names),
       fmt::join(names, ", "));
}

namespace {

/// Seconds; 0 = sessions are not cut.
int session_gap(const ImportRequest& request, const Communicator& ranks) {
  const std::string session = option(request, "session"), gap = option(request, "session_gap");
  if (session.empty() && gap.empty()) return 0;
  if (!session.empty() && !gap.empty())
    fail(ErrorCode::kUsage,
         "sessions come from a column (session) or from gaps (session_gap): give one of them");
  if (!option(request, "users").empty())
    fail(ErrorCode::kUsage, "option users: the rows are sessions, which a table of users does not know");
  if (!ranks.alone()) fail(ErrorCode::kUsage, "sessions are made by one process: import without mpirun");
  if (gap.empty()) return 0;
  const float minutes = *option_number(request, "session_gap");
  if (minutes < 1 || minutes > 10'000'000)
    fail(ErrorCode::kUsage, "option session_gap: {} minutes: expected 1 to 10,000,000", gap);
  return static_cast<int>(minutes * 60);
}

}  // namespace

Dataset import_dataset(std::string_view format_name, const ImportRequest& request,
                       const ImportFilters& filters, ImportReport& report, const Context& context) {
  const Format& format = find_format(format_name);
  const ImportRequest sound = checked(format, request);
  const Communicator& ranks = context.ranks();
  const int gap = session_gap(sound, ranks);
  const bool sessions = !option(sound, "session").empty();
  if (!ranks.alone()) check_no_pipes(sound);
  report.quotes = report.quotes && request.pseudonyms.empty();
  report.rejections = Rejections(request.strict, report.quotes);
  std::optional<Pseudonyms> pseudonyms;
  if (!request.pseudonyms.empty()) read_key(request.pseudonyms, pseudonyms);
  DatasetBuilder builder;
  builder.keep_unseen_items = request.keep_unseen_items;
  builder.keep_unseen_users = request.keep_unseen_users;
  builder.types = request.types;
  builder.keep_nonpositive = false;
  builder.dropped = DroppedColumns(request.drop_columns);
  const auto start = std::chrono::steady_clock::now();
  format.read(sound, builder, report, context);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!report.quotes) hide_quotes(report);
  const bool any = builder.events(ranks) > 0;
  on_first(ranks, [&] {
    if (!any) fail_empty(sound.files[0], report);
  });
  builder.dropped.check();
  if (builder.dropped.any())
    report.notes.push_back(fmt::format("columns left out: {}", fmt::join(request.drop_columns, ", ")));
  on_first(ranks, [&] {
    if (!request.accept_rejected) check_most_was_used(sound.files[0], format.name, report);
  });
  Dataset data = builder.build(data_set_name(sound.files[0]), filters, report, context);
  if (gap > 0) report.notes.push_back(cut_at_gaps(data, gap));
  if (sessions) report.notes.push_back(name_session_users(data));
  if (!request.pseudonyms.empty()) {
    if (!pseudonyms) make_key(request.pseudonyms, pseudonyms, report, ranks);
    const std::string_view owner = format.name == "text" || gap > 0 || sessions ? "user" : "";
    const std::vector<std::string> notes = replace_ids(data, *pseudonyms, owner, ranks);
    report.notes.insert(report.notes.end(), notes.begin(), notes.end());
  }
  if (!report.columns.empty()) note_little_variety(data, report);
  if (!report.quotes) hide_quotes(report);  // of the notes since
  return data;
}

Dataset import_dataset(std::string_view format, const ImportRequest& request, const ImportFilters& filters,
                       const Context& context) {
  ImportReport report;
  Dataset data = import_dataset(format, request, filters, report, context);
  if (report.rejections.total() > 0) {
    context.remark(fmt::format("{} of {} lines rejected, the first: {}", report.rejections.total(),
                               report.lines, report.rejections.reasons().front().text));
  }
  for (const ColumnReport& column : report.columns) {
    for (const std::string& doubt : column.doubts)
      context.remark(fmt::format("{}: column {}: {}", column.file, column.column, doubt));
  }
  return data;
}

}  // namespace akin
