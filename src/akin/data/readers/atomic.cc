// Format atomic: RecBole's files (columns name:type, separated by tabs) and MMRec's x_label.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/data/readers/attribute_file.h"
#include "akin/data/readers/delimited.h"
#include "akin/data/readers/event_reader.h"
#include "akin/data/readers/file_names.h"
#include "akin/data/readers/options.h"
#include "akin/data/readers/user_sequences.h"

namespace akin {
namespace {

/// One column of a header: "rating:float".
struct AtomicColumn {
  std::string name;
  std::string type;  ///< token, token_seq, float, float_seq, or "" where the header has no types
};

/// The columns of the first line, past which the reader is moved; none if the file is empty. Fields stand between
/// tabs; between commas or blanks where the first line has no tab.
std::vector<AtomicColumn> read_header(RecordReader& reader) {
  const std::vector<std::string> first = reader.peek(1);
  if (first.empty()) return {};
  const bool tabs = first[0].find('\t') != std::string::npos;
  const bool commas = !tabs && first[0].find(',') != std::string::npos;
  const bool blanks = !tabs && !commas && first[0].find(' ') != std::string::npos;
  reader.set_dialect({blanks ? "" : commas ? "," : "\t", false});
  if (!reader.next()) return {};
  std::vector<AtomicColumn> columns;
  for (const std::string_view field : reader.fields()) {
    const std::size_t colon = field.rfind(':');
    const bool typed = colon != std::string_view::npos;
    columns.push_back(
        {std::string(field.substr(0, colon)), std::string(typed ? field.substr(colon + 1) : "")});
    if (blanks && columns.back().type.ends_with("_seq")) {
      fail(ErrorCode::kBadData,
           "{}: blanks stand between the fields, and between the items of {}; put tabs between "
           "the fields",
           reader.position(), field);
    }
  }
  return columns;
}

std::size_t find_column(const std::vector<AtomicColumn>& header, std::string_view role) {
  for (const std::string_view name : usual_names(role)) {
    for (std::size_t c = 0; c < header.size(); ++c) {
      if (normalized_name(header[c].name) == name && !header[c].type.ends_with("_seq")) return c;
    }
  }
  return kNoColumn;
}

std::size_t named_column(const std::vector<AtomicColumn>& header, const std::string& name,
                         const std::string& path) {
  const auto found = std::ranges::find(header, name, &AtomicColumn::name);
  if (found != header.end()) return static_cast<std::size_t>(found - header.begin());
  std::vector<std::string> names;
  for (const AtomicColumn& column : header) names.push_back(column.name);
  fail(ErrorCode::kUsage, "{}: there is no column '{}'{}; there are: {}", path, name,
       did_you_mean(name, names), fmt::join(names, ", "));
}

EventColumns event_columns(const std::vector<AtomicColumn>& header, const ImportRequest& request,
                           const std::string& path) {
  EventColumns columns;
  columns.most = header.size();
  for (const AtomicColumn& column : header) columns.header.push_back(column.name);
  const auto pick = [&](std::string_view role) {
    const std::string name = option(request, role);
    return name.empty() ? find_column(header, role) : named_column(header, name, path);
  };
  columns.user = pick("user");
  if (columns.user == kNoColumn) columns.user = find_column(header, "session");
  columns.item = pick("item");
  columns.value = pick("value");
  columns.time = pick("time");
  columns.text = find_column(header, "text");
  columns.summary = find_column(header, "summary");
  for (std::size_t c = 0; c < header.size(); ++c) {
    const std::string name = normalized_name(header[c].name);
    if (name == "xlabel") columns.subset = c;
    // A review is a sequence of words to RecBole.
    if (columns.text == kNoColumn && (name == "review" || name == "reviewtext")) columns.text = c;
  }
  if (columns.user == kNoColumn || columns.item == kNoColumn) {
    fail(ErrorCode::kBadData,
         "{}:1: the header names no {}; expected a line such as user_id:token, item_id:token, rating:float, "
         "timestamp:float, separated by tabs",
         path, columns.user == kNoColumn ? "user_id" : "item_id");
  }
  return columns;
}

Subset part_of(const std::string& path) {
  const std::string name = plain_name(path);
  if (name.find(".test.") != std::string::npos) return Subset::kTest;
  return name.find(".valid.") != std::string::npos ? Subset::kValidation : Subset::kTrain;
}

/// The column of the items before, such as item_id_list:token_seq; kNoColumn if there is none.
std::size_t list_column(const std::vector<AtomicColumn>& header, std::size_t item) {
  const std::string name = normalized_name(header[item].name) + "list";
  for (std::size_t c = 0; c < header.size(); ++c) {
    if (header[c].type == "token_seq" && normalized_name(header[c].name) == name) return c;
  }
  return kNoColumn;
}

/// Reads lines of a user, a list of items, and the next item. Other columns say nothing of the list's items.
void read_sequences(RecordReader& reader, const EventColumns& columns, std::size_t list, Subset part,
                    UserSequences& sequences, DatasetBuilder& builder, ImportReport& report) {
  std::vector<std::string> unused;
  for (std::size_t c = 0; c < columns.header.size(); ++c) {
    const std::string& name = columns.header[c];
    const bool used = c == columns.user || c == columns.item || c == list;
    if (used)
      builder.dropped.need(name, c == columns.user ? "users" : "items");
    else if (!builder.dropped(name))
      unused.push_back(name);
  }
  if (!unused.empty()) {
    report.notes.push_back(fmt::format("{}: columns not used, as the items of {} have no such values: {}",
                                       reader.path(), columns.header[list], fmt::join(unused, ", ")));
  }
  std::vector<std::string_view> before;
  const std::size_t least = std::max({columns.user, columns.item, list}) + 1;
  while (reader.next()) {
    const auto fields = reader.fields();
    const char* const problem = fields.size() < least          ? "too few fields"
                                : fields.size() > columns.most ? "too many fields"
                                : fields[columns.user].empty() ? "no user"
                                : fields[columns.item].empty() ? "no item"
                                                               : nullptr;
    if (problem != nullptr) {
      report.rejections.add(problem, [&] { return reader.position(); });
      continue;
    }
    before = split(fields[list], ' ');
    sequences.add(fields[columns.user], before, fields[columns.item], part);
  }
}

/// What the files of one import share.
struct AtomicReader {
  const ImportRequest& request;
  EventReader& events;
  UserSequences& sequences;
  DatasetBuilder& builder;
  ImportReport& report;
};

void read_interactions(const std::string& path, const AtomicReader& to, const Context& context) {
  RecordReader reader(path, {"\t", false}, to.report, context);
  const std::vector<AtomicColumn> header = read_header(reader);
  if (header.empty()) {
    to.report.notes.push_back(fmt::format("{} is empty", path));
    return;
  }
  EventColumns columns = event_columns(header, to.request, path);
  const std::size_t list = list_column(header, columns.item);
  if (list != kNoColumn)
    return read_sequences(reader, columns, list, part_of(path), to.sequences, to.builder, to.report);
  to.events.start_file(std::move(columns), part_of(path));
  to.events.add_all(reader);
}

/// X.item or X.user: sequences of a category become levels joined by '|', other sequences stay text.
void read_attributes(const std::string& path, Owner owner, DatasetBuilder& builder, ImportReport& report,
                     const Context& context) {
  RecordReader reader(path, {"\t", false}, report, context);
  std::vector<AtomicColumn> header = read_header(reader);
  if (header.empty()) return;
  std::size_t id = find_column(header, owner == Owner::kItem ? "item" : "user");
  if (id == kNoColumn) id = 0;
  if (builder.dropped.any()) builder.dropped.need(header[id].name, owner == Owner::kItem ? "items" : "users");
  for (AtomicColumn& column : header) {
    const bool dropped = builder.dropped(column.name);
    const std::string_view role = owner == Owner::kItem ? attribute_role(column.name) : std::string_view();
    if (!role.empty()) column.name = role;
    if (dropped) column.name.clear();
  }
  AttributeReader attributes(owner, Encoding::kAuto, builder, report);
  while (reader.next()) {
    const auto fields = reader.fields();
    if (fields.size() <= id || fields.size() > header.size()) {
      report.rejections.add(fields.size() <= id ? "too few fields" : "too many fields",
                            [&] { return reader.position(); });
      continue;
    }
    if (!attributes.begin(fields[id], reader)) continue;
    for (std::size_t c = 0; c < fields.size(); ++c) {
      if (c == id || header[c].name.empty()) continue;
      std::string text(fields[c]);
      const bool levels =
          header[c].type == "token_seq" && (header[c].name == "category" || header[c].name == "tags");
      if (levels) std::ranges::replace(text, ' ', '|');
      attributes.set(header[c].name, text);
    }
  }
  attributes.finish(path);
}

/// The prefix X of X.inter that an argument stands for; a folder F stands for F/F.
std::string prefix_in(const std::string& argument) {
  namespace fs = std::filesystem;
  std::error_code error;
  return fs::is_directory(argument, error) ? (fs::path(argument) / plain_name(argument)).string() : argument;
}

/// The .inter files of a prefix X: X.inter, else X.train.inter, X.valid.inter, X.test.inter.
std::vector<std::string> files_of_prefix(const std::string& prefix) {
  if (const std::string whole = existing_file(prefix + ".inter"); !whole.empty()) return {whole};
  std::vector<std::string> files;
  for (const char* const subset : {".train.inter", ".valid.inter", ".test.inter"}) {
    if (std::string file = existing_file(prefix + subset); !file.empty()) files.push_back(std::move(file));
  }
  return files;
}

/// The .inter files an argument stands for: itself, or those of a prefix or folder.
std::vector<std::string> interaction_files(const std::string& argument) {
  std::error_code error;
  if (argument == "-" || std::filesystem::is_regular_file(argument, error)) return {argument};
  const std::string prefix = prefix_in(argument);
  std::vector<std::string> files = files_of_prefix(prefix);
  if (files.empty()) fail(ErrorCode::kNotFound, "{}: no such file, and no {}.inter", argument, prefix);
  return files;
}

/// X of X.inter, X.train.inter ...
std::string prefix_of(const std::string& path) {
  std::string name = plain_name(path);
  for (const std::string_view ending : {".inter", ".train", ".valid", ".test"}) {
    if (name.ends_with(ending)) name.resize(name.size() - ending.size());
  }
  return beside(path, name);
}

void read_atomic(const ImportRequest& request, DatasetBuilder& builder, ImportReport& report,
                 const Context& context) {
  std::vector<std::string> files;
  for (const std::string& argument : request.files) {
    const std::string name = plain_name(argument);
    if (name.ends_with(".item") || name.ends_with(".user")) continue;  // found beside the events
    for (std::string& file : interaction_files(argument)) files.push_back(std::move(file));
  }
  if (files.empty()) fail(ErrorCode::kUsage, "atomic needs a .inter file");
  EventRules rules;
  rules.kind = option_kind(request, "kind_all", EventKind::kRating);
  EventReader events(rules, builder, report);
  UserSequences sequences(rules.kind, builder);
  for (const std::string& file : files)
    read_interactions(file, {request, events, sequences, builder, report}, context);
  events.finish();
  if (sequences.any())
    report.notes.push_back("lists of earlier items are read as the order of each user: times 0, 1, 2 ...");
  if (sequences.repeated() > 0)
    report.notes.push_back(
        fmt::format("{} lines repeat what earlier lines of their users hold", sequences.repeated()));
  if (files[0] == "-") return;
  for (const auto& [ending, owner] : {std::pair(".item", Owner::kItem), std::pair(".user", Owner::kUser)}) {
    const std::string path = existing_file(prefix_of(files[0]) + ending);
    if (!path.empty()) read_attributes(path, owner, builder, report, context);
  }
}

/// What read_atomic() reads because of an argument.
std::vector<std::string> files_for(const std::string& argument) {
  std::vector<std::string> files = files_of_prefix(prefix_in(argument));
  files.push_back(argument);
  for (const char* const ending : {".item", ".user"}) {
    std::string path = existing_file(prefix_of(files.front()) + ending);
    if (!path.empty()) files.push_back(std::move(path));
  }
  return files;
}

}  // namespace

Format atomic_format() {
  return {"atomic",
          "RecBole and MMRec: X.inter (or X.train.inter ...), X.item and X.user; give the files, the prefix "
          "X or the folder",
          {{"user", "user column, if not user_id"},
           {"item", "item column, if not item_id"},
           {"value", "rating column, if not rating"},
           {"time", "time column, if not timestamp"},
           {"kind_all", "kind of all events: view, click, cart, purchase or rating"}},
          read_atomic,
          files_for};
}

}  // namespace akin
