// Formats csv, uirt and sessions: tables of events.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/data/readers/attribute_file.h"
#include "akin/data/readers/delimited.h"
#include "akin/data/readers/event_reader.h"
#include "akin/data/readers/layout.h"
#include "akin/data/readers/number_parse.h"
#include "akin/data/readers/options.h"
#include "akin/data/readers/table_stream.h"
#include "akin/data/session_rows.h"

namespace akin {
namespace {

constexpr std::array<std::string_view, 8> kEventRoles = {"user", "item", "value",   "time",
                                                         "kind", "text", "summary", "part"};
constexpr std::array<std::string_view, 7> kAttributeRoles = {"title",       "brand", "category", "price",
                                                             "description", "image", "tags"};

/// How the three formats differ.
struct Profile {
  EventKind kind = EventKind::kRating;
  bool sessions = false;        ///< a session's events are a user's; columns are SessionId ItemId Time
  bool positions_only = false;  ///< user item rating [time], never a header
  OpenTable open = nullptr;     ///< of another format; null = delimited text
};

std::size_t* role_column(EventColumns& columns, std::string_view role) {
  if (role == "user") return &columns.user;
  if (role == "item") return &columns.item;
  if (role == "value") return &columns.value;
  if (role == "time") return &columns.time;
  if (role == "kind") return &columns.kind;
  if (role == "text") return &columns.text;
  if (role == "summary") return &columns.summary;
  return &columns.subset;
}

/// Whether a cell is a date, or, with `numbers`, a number that a column of times may have.
bool is_moment(std::string_view cell, bool numbers) {
  if (!numbers && parse_value(cell).problem == nullptr) return false;
  return std::ranges::any_of(std::array{"day-first", "month-first"},
                             [&](const char* format) { return TimeParser(format)(cell).has_value(); }) ||
         (numbers && TimeParser("excel")(cell).has_value());
}

/// The usual column of times; where its first cell is none, such as 10:05 beside a column of dates, the next.
std::size_t usual_time_column(const Layout& layout) {
  const std::size_t usual = layout.usual_column("time");
  const auto cell = [&](std::size_t c) {
    return c < layout.first.size() ? without_blanks(layout.first[c]) : std::string_view();
  };
  if (usual == kNoColumn || cell(usual).empty() || is_moment(cell(usual), true)) return usual;
  for (const std::string_view name : usual_names("time")) {
    for (std::size_t c = 0; c < layout.header.size(); ++c) {
      if (normalized_name(layout.header[c]) == name && is_moment(cell(c), true)) return c;
    }
  }
  return usual;
}

/// Columns of a file whose header says nothing: user item [value] [time], or SessionId ItemId Time.
void place_by_position(const Layout& layout, const Profile& profile, EventColumns& columns) {
  const auto is_date = [&](std::size_t c) {
    return c < layout.first.size() && is_moment(layout.first[c], false);
  };
  const auto is_recent = [&](std::size_t c) {  // seconds since 1970 that are not ratings
    return c < layout.first.size() && std::min(layout.first[c].find('.'), layout.first[c].size()) >= 9 &&
           TimeParser()(layout.first[c]).has_value();
  };
  columns.user = 0;
  columns.item = 1;
  if (profile.sessions) {
    if (is_date(1) && layout.width >= 3)
      columns.item = 2;  // session, time, item: the RecSys challenge of 2015
    if (layout.width >= 3) columns.time = columns.item == 2 ? 1 : 2;
    return;
  }
  if (layout.width == 3 && !profile.positions_only && (is_date(2) || is_recent(2))) {
    columns.time = 2;
    return;
  }
  if (layout.width >= 3 || profile.positions_only) columns.value = 2;
  if (layout.width >= 4) columns.time = 3;
}

/// The usual names of a role; a session stands for a user where there is no better column.
std::size_t usual_event_column(const Layout& layout, std::string_view role, const Profile& profile) {
  if (role == "part") return kNoColumn;
  if (role == "value" && profile.sessions) return kNoColumn;
  if (role != "user") return layout.usual_column(role);
  const std::size_t user = layout.usual_column("user"), session = layout.usual_column("session");
  if (profile.sessions) return session != kNoColumn ? session : user;
  return user != kNoColumn ? user : session;
}

EventColumns map_columns(const ImportRequest& request, const Layout& layout, const std::string& path,
                         const Profile& profile) {
  EventColumns columns;
  columns.most = layout.width;
  columns.header = layout.header;
  std::vector<std::size_t> taken;
  std::vector<std::string_view> open;  // roles the caller says nothing about
  for (const std::string_view role : kEventRoles) {
    const std::string spec = option(request, role);
    if (spec.empty()) open.push_back(role);
    if (spec.empty() || spec == "none") continue;
    const std::size_t column = layout.column(spec, path);
    if (std::ranges::find(taken, column) != taken.end())
      fail(ErrorCode::kUsage, "{}: column '{}' is given for two roles; --{} needs a column of its own", path,
           spec, role);
    taken.push_back(column);
    *role_column(columns, role) = column;
  }
  for (const std::string_view role : kAttributeRoles) {
    const std::string spec = option(request, role);
    if (spec.empty() || spec == "none") continue;
    taken.push_back(layout.column(spec, path));
    columns.item_attributes.emplace_back(role, taken.back());
  }
  for (const std::string& name : option_list(request, "event_attributes")) {
    taken.push_back(layout.column(name, path));
    columns.event_attributes.emplace_back(name, taken.back());
  }
  for (const std::string& name : option_list(request, "item_attributes")) {
    taken.push_back(layout.column(name, path));
    columns.item_attributes.emplace_back(name, taken.back());
  }
  for (const std::string& name : option_list(request, "user_attributes")) {
    taken.push_back(layout.column(name, path));
    columns.user_attributes.emplace_back(name, taken.back());
  }
  if (layout.header.empty() && taken.empty()) {
    place_by_position(layout, profile, columns);
  } else {
    const auto is_free = [&](std::size_t c) {
      return c != kNoColumn && std::ranges::find(taken, c) == taken.end();
    };
    const bool times_of_any_form = option(request, "time_format", "auto") == "auto";
    for (const std::string_view role : open) {
      const std::size_t usual = role == "time" && times_of_any_form
                                    ? usual_time_column(layout)
                                    : usual_event_column(layout, role, profile);
      if (is_free(usual)) *role_column(columns, role) = usual;
    }
    for (const std::string_view role : kAttributeRoles) {
      const std::size_t usual = option(request, role).empty() ? layout.usual_column(role) : kNoColumn;
      if (is_free(usual)) columns.item_attributes.emplace_back(role, usual);
    }
  }
  if (const std::string session = option(request, "session"); !session.empty()) {
    const std::size_t column = layout.column(session, path);
    if (columns.user != kNoColumn && columns.user != column)
      columns.event_attributes.emplace_back(kSessionUser, columns.user);
    columns.user = column;
  }
  const std::string there =
      fmt::format("there are {}: {}", layout.width,
                  layout.header.empty() ? fmt::format("{}", fmt::join(layout.first, " | "))
                                        : fmt::format("{}", fmt::join(layout.header, ", ")));
  if (columns.user == kNoColumn && columns.item == kNoColumn) {
    fail(ErrorCode::kUsage,
         "{}: which column is the user, and which is the item? Name them with --user and --item; {}", path,
         there);
  }
  for (const auto& [role, column] : {std::pair("user", columns.user), std::pair("item", columns.item)}) {
    if (column != kNoColumn && column < layout.width) continue;
    fail(ErrorCode::kUsage, "{}: which column is the {}? Name it with --{}; {}", path, role, role, there);
  }
  const auto holds_users = [&](const auto& attribute) { return attribute.second == columns.user; };
  if (!request.pseudonyms.empty() && std::ranges::any_of(columns.item_attributes, holds_users))
    fail(ErrorCode::kUsage, "{}: an attribute of the items holds the ids of users, which get pseudonyms",
         path);
  return columns;
}

LayoutHints layout_hints(const ImportRequest& request, const Profile& profile) {
  LayoutHints hints{option(request, "delimiter", "auto"),
                    option(request, "header", profile.positions_only ? "no" : "auto"),
                    option_flag(request, "quotes", profile.positions_only ? "no" : "yes"),
                    {}};
  for (const std::string_view role : kEventRoles) hints.names.push_back(option(request, role));
  for (const std::string_view role : kAttributeRoles) hints.names.push_back(option(request, role));
  for (const std::string_view list : {"event_attributes", "item_attributes", "user_attributes"}) {
    for (const std::string& name : option_list(request, list)) hints.names.push_back(name);
  }
  hints.names.push_back(option(request, "session"));
  std::erase(hints.names, "");
  if (profile.open != nullptr) {
    LayoutHints table = table_hints();
    table.names = std::move(hints.names);
    return table;
  }
  return hints;
}

IdRules id_rules(const ImportRequest& request) {
  IdRules rules;
  rules.offered = true;
  rules.encoding = parse_encoding(option(request, "encoding", "auto"));
  rules.keep_null_markers = option_flag(request, "null_ids", "no");
  rules.set_cleaning(option(request, "clean_ids"));
  return rules;
}

/// '.' or ','; 0 = by the column.
char option_decimal(const ImportRequest& request) {
  const std::string text = option(request, "decimal", "auto");
  if (text != "auto" && text != "point" && text != "comma")
    fail(ErrorCode::kUsage, "option decimal: '{}': expected auto, point or comma", text);
  return text == "auto" ? '\0' : text == "comma" ? ',' : '.';
}

void read_tables(const ImportRequest& request, const Profile& profile, DatasetBuilder& builder,
                 ImportReport& report, const Context& context) {
  EventRules rules;
  rules.time = TimeParser(option(request, "time_format", "auto"));
  rules.kinds = option(request, "kinds");
  rules.ids = id_rules(request);
  rules.decimal = option_decimal(request);
  rules.kind = option_kind(request, "kind_all", profile.kind);
  rules.min_raw_value = option_number(request, "min_raw_value");
  rules.item_pattern = option(request, "item_pattern");
  rules.encoding = parse_encoding(option(request, "encoding", "auto"));
  const LayoutHints hints = layout_hints(request, profile);
  EventReader events(rules, builder, report);
  for (const std::string& path : request.files) {
    auto table = profile.open != nullptr ? profile.open(path, option(request, "sheet"), report) : nullptr;
    RecordReader reader(std::move(table), path, report, context);
    if (profile.open == nullptr && begins_as_json(fmt::format("{}", fmt::join(reader.peek(2), "\n"))))
      fail(ErrorCode::kBadData, "{}: is JSON; use akin import jsonl, which has the same flags", path);
    const Layout layout = detect_layout(reader, hints);
    if (layout.width == 0) {
      report.notes.push_back(fmt::format("{} is empty", path));
      continue;
    }
    if (!layout.note.empty()) report.notes.push_back(fmt::format("{}: {}", path, layout.note));
    EventColumns columns = map_columns(request, layout, path, profile);
    if (const std::size_t usual = layout.usual_column("time");
        usual != kNoColumn && columns.time != kNoColumn && usual != columns.time &&
        option(request, "time").empty()) {
      report.notes.push_back(fmt::format(
          "{}: column '{}' has no dates but '{}' and is not used, '{}' is read as the time; one column "
          "with both, such as 2021-03-14 08:26, would keep it",
          path, layout.header[usual], printable(layout.first[usual]), layout.header[columns.time]));
    }
    if (columns.kind != kNoColumn && !option(request, "kind_all").empty()) columns.kind = kNoColumn;
    if (layout.header.empty() && !profile.positions_only) {
      report.notes.push_back(
          fmt::format("{}: no header was found, the first line is '{}'; --header yes makes it one", path,
                      printable(fmt::format("{}", fmt::join(layout.first, " | ")))));
    }
    events.start_file(std::move(columns), Subset::kTrain);
    events.add_all(reader);
  }
  events.finish();
  for (const auto& [name, owner] : {std::pair("items", Owner::kItem), std::pair("users", Owner::kUser)}) {
    const std::string path = option(request, name);
    if (path.empty()) continue;
    LayoutHints table_hints;
    table_hints.names = {option(request, fmt::format("{}_id", name))};
    read_attribute_table(
        {path, owner, rules.encoding, table_hints, table_hints.names[0], {}, false, rules.ids}, builder,
        report, context);
  }
}

void read_csv(const ImportRequest& request, DatasetBuilder& builder, ImportReport& report,
              const Context& context) {
  read_tables(request, {}, builder, report, context);
}

void read_uirt(const ImportRequest& request, DatasetBuilder& builder, ImportReport& report,
               const Context& context) {
  read_tables(request, {EventKind::kRating, false, true}, builder, report, context);
}

void read_sessions(const ImportRequest& request, DatasetBuilder& builder, ImportReport& report,
                   const Context& context) {
  read_tables(request, {EventKind::kClick, true, false}, builder, report, context);
}

constexpr std::array<std::string_view, 4> kOfDelimitedText = {"delimiter", "header", "quotes", "encoding"};

constexpr FormatOption kDelimiter = {
    "delimiter", "delimiter, such as ; or tab; auto = detect from the first lines", "auto"};
constexpr FormatOption kHeader = {"header", "whether the first line is a header: auto, yes or no", "auto"};
constexpr FormatOption kTimeFormat = {"time_format",
                                      "auto, seconds, milliseconds, microseconds, iso, day-first, "
                                      "month-first, excel (days), or a pattern such as "
                                      "%d.%m.%Y %H:%M (UTC)",
                                      "auto"};
constexpr FormatOption kDecimal = {
    "decimal", "what begins the decimals of values: point, comma, or auto = by all values of the column",
    "auto"};
constexpr FormatOption kNullIds = {"null_ids", "take NULL, nan, N/A, \\N, None and - for ids: yes or no",
                                   "no"};
constexpr FormatOption kCleanIds = {
    "clean_ids",
    "write ids alike, in events and tables: decimals (17850.0 is 17850), zeros (007 is 7), case (AB is ab), "
    "separated by commas"};
constexpr FormatOption kKindAll = {"kind_all", "kind of all events: view, click, cart, purchase or rating"};

}  // namespace

Format csv_format() {
  return {
      "csv",
      "any table of events; columns are recognized by common names or given as header names or numbers",
      {kDelimiter,
       kHeader,
       {"quotes", "whether fields may be in double quotes: yes or no", "yes"},
       {"user", "column of the user: header name or number from 1"},
       {"item", "column of the item"},
       {"value", "column of the rating, quantity or weight; none = every event counts 1"},
       kDecimal,
       {"time", "column of the time; none = leave it out"},
       kTimeFormat,
       {"session",
        "column of the session: every session becomes a row of its own, and its user, where one is signed "
        "in, the "
        "attribute user of that row"},
       {"session_gap",
        "cut the events of a user into sessions where more than so many minutes pass without one: each "
        "becomes a row "
        "of its own, with the attribute user"},
       {"kind", "column of the kind of event (view, click, addtocart, buy ...)"},
       kKindAll,
       {"kinds",
        "what your own names of kinds mean: NAME=KIND, such as add_to_cart=cart,remove=none (none = leave "
        "out), separated by commas"},
       {"text", "column of the review text"},
       {"summary", "column of the review's headline"},
       {"part", "column with the given split: 0 training, 1 validation, 2 test, 3 history"},
       {"title", "column of the item's title"},
       {"brand", "column of the item's brand"},
       {"category", "column of the item's category"},
       {"price", "column of the item's price"},
       {"description", "column of the item's description"},
       {"image", "column of the item's picture"},
       {"tags", "column of the item's tags"},
       {"event_attributes",
        "columns to keep as attributes of events, such as device,page,query, separated by commas"},
       {"item_attributes", "other columns to keep as item attributes, separated by commas"},
       {"user_attributes", "columns to keep as user attributes, separated by commas"},
       kCleanIds,
       kNullIds,
       {"min_raw_value", "reject and count events with a lower value (0.001 rejects returns)"},
       {"item_pattern",
        "keep items whose id matches this regular expression, such as ^[0-9]{5} (RE2 syntax: no "
        "back-references, no look-around)"},
       {"encoding",
        "encoding of titles and texts: auto (UTF-8, else Windows-1252), utf8, latin1 or windows-1252; ids "
        "are "
        "decoded too where one of the last two is named",
        "auto"},
       {"items", "table of item attributes, one item per line", "", FormatOption::Kind::kInput},
       {"items_id", "column of the item id in that table"},
       {"users", "table of user attributes, one user per line", "", FormatOption::Kind::kInput},
       {"users_id", "column of the user id in that table"}},
      read_csv};
}

std::vector<FormatOption> table_options() {
  std::vector<FormatOption> options = csv_format().options;
  std::erase_if(options, [](const FormatOption& option) {
    return std::ranges::find(kOfDelimitedText, option.name) != kOfDelimitedText.end();
  });
  return options;
}

void read_event_tables(const ImportRequest& request, OpenTable open, DatasetBuilder& builder,
                       ImportReport& report, const Context& context) {
  Profile profile;
  profile.open = open;
  read_tables(request, profile, builder, report, context);
}

Format uirt_format() {
  return {"uirt",
          "user item rating [time], with any delimiter",
          {kDelimiter, kDecimal, kTimeFormat, kKindAll, kCleanIds, kNullIds},
          read_uirt};
}

Format sessions_format() {
  return {"sessions",
          "SessionId ItemId Time, one click per line; each session becomes a user",
          {kDelimiter,
           kHeader,
           {"user", "column of the session"},
           {"item", "column of the item"},
           {"time", "column of the time"},
           kTimeFormat,
           kKindAll,
           kCleanIds,
           kNullIds,
           {"event_attributes", "columns to keep as attributes of events, separated by commas"}},
          read_sessions};
}

}  // namespace akin
