// Formats lists and pairs: implicit events without values.
#include <algorithm>
#include <filesystem>
#include <span>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/data/readers/attribute_file.h"
#include "akin/data/readers/column_names.h"
#include "akin/data/readers/delimited.h"
#include "akin/data/readers/negatives.h"
#include "akin/data/readers/options.h"
#include "akin/data/readers/ordinals.h"
#include "akin/data/readers/record_reader.h"
#include "akin/data/readers/shared_read.h"

namespace akin {
namespace {

/// Fields between runs of blanks.
Dialect blanks() { return {"", false}; }

/// What is to be predicted of a line of the test part.
enum class Target { kAll, kLast };

Target parse_target(const ImportRequest& request) {
  const std::string text = option(request, "target", "all");
  if (text == "all") return Target::kAll;
  if (text == "last") return Target::kLast;
  fail(ErrorCode::kUsage,
       "option target: '{}': expected all (every item of a test line is to be predicted) or last (the last "
       "one, from those before it)",
       text);
}

/// Whose list a line is.
enum class ListOwner { kFirstField, kLine };

ListOwner parse_owner(const ImportRequest& request) {
  const std::string text = option(request, "user", "first");
  if (text == "first") return ListOwner::kFirstField;
  if (text == "line") return ListOwner::kLine;
  fail(ErrorCode::kUsage,
       "option user: '{}': expected first (a line begins with its user) or line (every line is a user)",
       text);
}

void read_lists(const ImportRequest& request, DatasetBuilder& builder, ImportReport& report,
                const Context& context) {
  const bool ordered = option_flag(request, "ordered", "no");
  const EventKind kind = option_kind(request, "kind_all", EventKind::kRating);
  const ListOwner owner = parse_owner(request);
  const Target target = parse_target(request);
  const std::string negatives = option(request, "negatives");
  Ordinals ordinals;
  IdMap users, held_out;  // with negatives only
  std::uint64_t empty_lists = 0, lines = 0, first_of_last = 1;
  // What numbers lines, and the users of negatives, must be known to every rank, which then reads all.
  const bool shared = !context.ranks().alone() && owner == ListOwner::kFirstField && negatives.empty();
  std::vector<std::uint32_t> counts;
  for (std::size_t f = 0; f < request.files.size(); ++f) {
    const bool named_test =
        std::filesystem::path(request.files[f]).filename().string().find("test") != std::string::npos;
    const Subset subset = f > 0 || (named_test && request.files.size() > 1) ? Subset::kTest : Subset::kTrain;
    RecordReader reader(request.files[f], blanks(), report, context);
    if (f + 1 == request.files.size()) first_of_last = lines + 1;
    const auto read = [&] {
      while (reader.next()) {
        auto fields = reader.fields();
        const std::string number = fmt::format("{}", ++lines);
        const std::string_view user = owner == ListOwner::kLine ? std::string_view(number) : fields[0];
        if (owner == ListOwner::kFirstField) fields = fields.subspan(1);
        if (fields.empty()) ++empty_lists;
        if (!negatives.empty() && !fields.empty()) {
          users.add(user);
          if (subset == Subset::kTest) held_out.add(user);
        }
        for (std::size_t i = 0; i < fields.size(); ++i) {
          const bool shown = subset == Subset::kTest && target == Target::kLast && i + 1 < fields.size();
          builder.add_event(user, fields[i], 1, ordered ? ordinals.next(user) : kNoTime, kind,
                            shown ? Subset::kHistory : subset);
        }
      }
    };
    if (!shared) {
      read();
      continue;
    }
    reader.share();
    read_shared(builder, report, context, read);
    if (ordered) builder.number_share(context.ranks(), counts);
  }
  if (shared) empty_lists = sum_over_ranks(context.ranks(), empty_lists);
  if (empty_lists > 0) report.notes.push_back(fmt::format("{} users have an empty list", empty_lists));
  if (ordered) report.notes.push_back("the order of each list is kept as times 0, 1, 2 ... per user");
  if (!negatives.empty()) {
    NegativesFile file{.path = negatives, .users = &users, .held_out = &held_out};
    if (owner == ListOwner::kLine) {
      file.first = first_of_last;
      file.lines = lines + 1 - first_of_last;
    }
    read_negatives(file, builder, report, context);
  }

  const std::string items = option(request, "items");
  if (!items.empty()) {
    std::vector<std::string> columns = option_list(request, "items_columns");
    if (columns.empty()) columns = {"id", "title", "brand", "category"};
    LayoutHints hints;
    hints.header = option(request, "items_header", "auto");
    hints.quotes = items.find(".csv") != std::string::npos;
    read_attribute_table(
        {items, Owner::kItem, Encoding::kAuto, hints, option(request, "items_id"), columns, true}, builder,
        report, context);
  }
  for (const std::string& path : option_list(request, "links")) {
    const std::string name = std::filesystem::path(path).stem().string();
    RecordReader reader(path, blanks(), report, context);
    while (reader.next()) {
      const auto fields = reader.fields();
      for (const std::string_view related : fields.subspan(1)) builder.add_link(name, fields[0], related);
    }
  }
}

/// Whether the fields are names of a user's and an item's column, in either order.
bool is_header_of_pairs(std::span<const std::string_view> fields) {
  const auto is = [](std::string_view role, std::string_view field) {
    const auto names = usual_names(role);
    return std::ranges::find(names, normalized_name(field)) != names.end();
  };
  if (fields.size() == 3 && fields[0] == "#") fields = fields.subspan(1);
  return fields.size() == 2 && ((is("user", fields[0]) && is("item", fields[1])) ||
                                (is("item", fields[0]) && is("user", fields[1])));
}

void read_pairs(const ImportRequest& request, DatasetBuilder& builder, ImportReport& report,
                const Context& context) {
  const EventKind kind = option_kind(request, "kind_all", EventKind::kRating);
  const Communicator& ranks = context.ranks();
  Ordinals ordinals;
  std::vector<std::uint32_t> counts;
  for (const std::string& path : request.files) {
    RecordReader reader(path, blanks(), report, context);
    const auto add = [&] {
      const auto fields = reader.fields();
      if (fields.size() == 2) {
        builder.add_event(fields[0], fields[1], 1, ranks.alone() ? ordinals.next(fields[0]) : kNoTime, kind);
        return;
      }
      report.rejections.add(fields.size() < 2 ? "too few fields" : "too many fields",
                            [&] { return reader.position(); });
    };
    const bool any = reader.next();  // before ranks part, as it may be a header
    const auto read = [&] {
      if (any && ranks.first()) {
        if (is_header_of_pairs(reader.fields())) {
          report.rejections.add(
              "a header, which the format does not have", [&] { return reader.position(); },
              fmt::format("{}", fmt::join(reader.fields(), " ")));
        } else {
          add();
        }
      }
      while (reader.next()) add();
    };
    reader.share();
    read_shared(builder, report, context, read);
    if (!ranks.alone()) builder.number_share(ranks, counts);
  }
  report.notes.push_back("the order of lines is kept as times 0, 1, 2 ... per user");
}

}  // namespace

Format lists_format() {
  return {
      "lists",
      "one line per user: user item item ...; a second file is the test set",
      {{"ordered", "whether the items are in time order: yes or no", "no"},
       {"user",
        "first: a line starts with its user id; line: every line is a new user (sessions without ids)",
        "first"},
       {"target",
        "what to predict in a line of the test set: all items, or last (the last item from those before it)",
        "all"},
       {"negatives",
        "file of the items that the held-out ones are ranked against: lines `user item item ...`, or "
        "`(user,item) "
        "item item ...` as those of ncf; with --user line without the user, one for each line of the last "
        "file",
        "", FormatOption::Kind::kInput},
       {"kind_all", "kind of all events: view, click, cart, purchase or rating"},
       {"items", "table of item attributes, one item per line", "", FormatOption::Kind::kInput},
       {"items_columns", "columns of that table if it has no header, separated by commas",
        "id,title,brand,category"},
       {"items_header", "whether that table has a header: auto, yes or no", "auto"},
       {"items_id", "column of the item id in that table"},
       {"links",
        "files of related items, separated by commas, with lines `item related related ...`; the file name "
        "is the name of the links",
        "", FormatOption::Kind::kInputs}},
      read_lists};
}

Format pairs_format() {
  return {"pairs",
          "one line per event: user item, in time order",
          {{"kind_all", "kind of all events: view, click, cart, purchase or rating"}},
          read_pairs};
}

}  // namespace akin
