#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/rank_threads_for_test.h"
#include "akin/data/dataset_io.h"
#include "akin/data/readers/file_cut.h"
#include "akin/data/readers/test_files.h"

namespace akin {
namespace {

/// What an import comes to: the bytes of the data set and what is said about it, or the error.
struct Outcome {
  std::string bytes, said;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

std::string said_of(const ImportReport& report) {
  std::string text = fmt::format("{} {}\n", report.lines, report.bytes);
  for (const auto& reason : report.rejections.reasons())
    text += fmt::format("{} {}: {} {}\n", reason.count, reason.text, fmt::join(reason.positions, ","),
                        fmt::join(reason.values, ","));
  for (const auto& table : report.tables) text += fmt::format("{} {}\n", table.used, table.rejected);
  for (const auto& filter : report.filters)
    text += fmt::format("{} {} {} {}\n", filter.step, filter.events, filter.users, filter.items);
  for (const auto& column : report.columns)
    text += fmt::format("{} {} {} {} {}\n", column.column, column.used_as, column.type, column.parsed,
                        fmt::join(column.doubts, "|"));
  return text + fmt::format("{}\n{}", fmt::join(report.notes, "\n"), report.events);
}

Outcome import_on(const std::string& format, const ImportRequest& request, const ImportFilters& filters,
                  int n, const std::string& out) {
  Outcome outcome;
  const auto import = [&](const Communicator& ranks) {
    Context context;
    context.communicator = &ranks;
    ImportReport report;
    const Dataset data = import_dataset(format, request, filters, report, context);
    save_dataset(data, out, ranks);
    if (ranks.first()) outcome.said = said_of(report);
  };
  try {
    n == 1 ? import(alone()) : on_ranks(n, import);
    outcome.bytes = read_file(out);
  } catch (const Error& error) {
    outcome.said = fmt::format("{} {}", static_cast<int>(error.code()), error.what());
  }
  return outcome;
}

/// The outcome of one process, which that of 2 to 4 ranks must equal.
Outcome same_on_ranks(const TestFolder& folder, const std::string& format, ImportRequest request,
                      const ImportFilters& filters = {}) {
  request.accept_rejected = true;
  const Outcome one = import_on(format, request, filters, 1, folder.path("one.data"));
  for (const int n : {2, 3, 4}) {
    const Outcome many = import_on(format, request, filters, n, folder.path("ranks.data"));
    EXPECT_EQ(many.said, one.said) << format << " on " << n;
    EXPECT_TRUE(many.bytes == one.bytes) << format << " on " << n;
  }
  return one;
}

TEST(FileCut, EveryLineIsOfOneRank) {
  const TestFolder folder;
  for (const std::string text :
       {"a\nbb\r\n\nccc\"\ndddd", "a\nb\n", "a", "\n\n\n\n", "abcdefghijklmnop\nq\n"}) {
    const std::string path = folder.add("cut.txt", text);
    for (const int n : {2, 3, 5}) {
      on_ranks(n, [&](const Communicator& ranks) {
        const FileCut cut = cut_file(ranks, path);
        EXPECT_TRUE(cut.divided);
        EXPECT_EQ(cut.bytes, text.size());
        EXPECT_EQ(cut.quotes, static_cast<std::uint64_t>(std::ranges::count(text, '"')));
        EXPECT_EQ(cut.lines,
                  static_cast<std::uint64_t>(std::ranges::count(text, '\n')) + (text.back() == '\n' ? 0 : 1));
        ASSERT_EQ(cut.first_line.size(), static_cast<std::size_t>(n) + 1);
        for (std::size_t r = 0; r < cut.offset.size(); ++r) {
          if (cut.first_line[r] == cut.first_line[r + 1]) continue;
          const std::string before = text.substr(0, cut.offset[r]);
          EXPECT_EQ(static_cast<std::uint64_t>(std::ranges::count(before, '\n')) + 1, cut.first_line[r]);
          EXPECT_TRUE(before.empty() || before.back() == '\n');
        }
      });
    }
  }
  on_ranks(2, [&](const Communicator& ranks) {
    EXPECT_FALSE(cut_file(ranks, folder.add("empty.txt", "")).divided);
  });
}

/// Lines of a table with everything that a reader remembers from one line to the next.
std::string table(int begin, int end, const char* newline) {
  std::string text = fmt::format("user,item,rating,time,device,title,kind,group{}", newline);
  for (int i = begin; i < end; ++i) {
    const int user = i * 7 % 31, item = i * i % 43;
    const std::string rating = i % 41 == 0 ? "abc" : i % 29 == 0 ? "" : fmt::format("{}", i % 6);
    const std::string title = i % 5 == 0   ? fmt::format("\"Film, {}\"", item)
                              : i % 7 == 0 ? fmt::format("\"the \"\"{}\"\"{}second line\"", item, newline)
                              : i % 3 == 0 ? "caf\xe9"
                                           : "";
    text += fmt::format("{}{},{},{},{},{},{},{},g{}{}", i % 17 == 0 ? " u" : "u", user,
                        i % 11 == 0 ? fmt::format("{}.0", item) : fmt::format("{}", item), rating,
                        1400000000 - 60 * i, i % 4 == 0 ? "" : fmt::format("d{}", i % 9), title,
                        i % 13 == 0 ? "hover" : "click", i % 3, newline);
  }
  return text;
}

ImportRequest table_request(const TestFolder& folder) {
  ImportRequest request{
      {folder.add("a.csv", table(0, 300, "\n")), folder.add("b.csv", table(200, 330, "\r\n"))}};
  request.options = {
      {"item_attributes", "title"}, {"user_attributes", "group"}, {"event_attributes", "device"}};
  return request;
}

TEST(SharedImport, TablesWithQuotesInSeveralFiles) {
  const TestFolder folder;
  ImportRequest request = table_request(folder);
  const Outcome one = same_on_ranks(folder, "csv", request);
  EXPECT_NE(one.bytes, "");
  for (const char* const part :
       {"runs backwards", "abc", "blanks around", "hover", "not valid UTF-8", "'.0' and without"})
    EXPECT_NE(one.said.find(part), std::string::npos) << part << "\n" << one.said;
  request.drop_columns = {"device", "kind"};
  same_on_ranks(folder, "csv", request);
  request.strict = true;
  EXPECT_NE(same_on_ranks(folder, "csv", request).said.find("a.csv:"), std::string::npos);
}

TEST(SharedImport, Filters) {
  const TestFolder folder;
  const ImportRequest request = table_request(folder);
  ImportFilters filters;
  filters.repeats = RepeatPolicy::kSum;
  filters.user_core = 7;
  filters.item_core = 6;
  filters.min_length = 3;
  same_on_ranks(folder, "csv", request, filters);
  filters = {};
  filters.min_value = 2.0F;
  filters.since = (1400000000 - 60 * 250) * kSecond;
  filters.kind_weights = {{EventKind::kClick, 3.0F}};
  same_on_ranks(folder, "csv", request, filters);
  filters.min_value = 1000.0F;
  EXPECT_NE(same_on_ranks(folder, "csv", request, filters).said.find("no event is left"), std::string::npos);
  filters = {};
  filters.kind_weights = {{EventKind::kClick, 3e38F}};
  EXPECT_NE(same_on_ranks(folder, "csv", request, filters).said.find("more than a value can be"),
            std::string::npos);
}

TEST(SharedImport, SmallAndOddFiles) {
  const TestFolder folder;
  std::string lines;  // a record over many lines, a quote that is not closed, escapes by backslashes
  for (int i = 0; i < 90; ++i) lines += fmt::format("u{},i{},\"t{}\"\n", i % 9, i % 7, i);
  std::string tall = "\"";
  for (int i = 0; i < 80; ++i) tall += fmt::format("line {}\n", i);
  const std::string header = "user,item,text\n";
  const std::string contents[] = {
      header + "u,i,x",
      header,
      "",
      header + lines + "u1,i1," + tall + "\"\n" + lines,
      header + lines + "u1,i1,\"open\n" + lines,
      header + "u1,i1,\"a \\\" b\"\n" + lines + "u1,i1,\"c\\\"\nd\"\n" + lines + "u2,i2,\"e\\\",\\\"\nf\"\n" +
          lines,
      "\xef\xbb\xbf" + header + "\n\nu,i,x\r\n\nu,j,y\n\n\n",
  };
  int n = 0;
  for (const std::string& content : contents)
    same_on_ranks(folder, "csv",
                  {{folder.add(fmt::format("{}.csv", n++), content)}, {{"event_attributes", "text"}}});
  same_on_ranks(folder, "csv", {{folder.path("2.csv"), folder.path("0.csv"), folder.path("3.csv")}});
  same_on_ranks(folder, "csv", {{folder.path("absent.csv")}});
}

TEST(SharedImport, ErrorsAreThoseOfTheFirstLine) {
  const TestFolder folder;
  std::string text = "user,item,value\n";
  for (int i = 0; i < 400; ++i)
    text += fmt::format("u{},i{},{}\n", i % 20, i % 30, i == 230 || i == 390 ? "bad" : "1");
  ImportRequest request{{folder.add("e.csv", text)}};
  request.strict = true;
  EXPECT_NE(same_on_ranks(folder, "csv", request).said.find("e.csv:232: value is not a number ('bad')"),
            std::string::npos);
  EXPECT_NE(same_on_ranks(folder, "csv", {{folder.path("e.csv")}, {{"user", "nobody"}}}).said.find("nobody"),
            std::string::npos);
  on_ranks(2, [&](const Communicator& ranks) {
    Context several;
    several.communicator = &ranks;
    ImportReport report;
    EXPECT_THROW(import_dataset("csv", {{"-"}}, {}, report, several), Error);
  });
}

TEST(SharedImport, OtherFormats) {
  const TestFolder folder;
  std::string pairs, lists, ratings, reviews, objects, sequences;
  for (int i = 0; i < 150; ++i) {
    const int user = i * 7 % 23, item = i * i % 31;
    pairs += fmt::format("u{} i{}{}\n", user, item, i == 77 ? " more" : "");
    lists += fmt::format("u{} i{} i{} i{}\n", user, item, item + 1, i % 9) + (i == 70 ? "u99\n\n" : "");
    ratings += fmt::format("{}\t{}\t{}\t{}\n", user, item, i % 5 + 1, 900000000 + i);
    reviews += fmt::format(
        "{{\"reviewerID\": \"R{}\", \"asin\": \"A{}\", \"overall\": {}, \"reviewText\": \"t{}\", "
        "\"unixReviewTime\": {}}}\n",
        user, item, i == 60 ? "\"x\"" : "4", i, 1400000000 - i);
    objects += fmt::format("{{\"user\": {}, \"item\": \"{}\", \"late{}\": 1}}{}\n", user, item, i,
                           i == 99 ? "}" : "");
  }
  reviews += "no JSON\n{}\n" + reviews;
  ImportFilters core;
  core.user_core = 7;
  same_on_ranks(folder, "pairs",
                {{folder.add("p1.txt", "user item\n" + pairs), folder.add("p2.txt", pairs)}});
  same_on_ranks(folder, "lists",
                {{folder.add("l.txt", lists), folder.add("test.txt", lists)}, {{"ordered", "yes"}}});
  same_on_ranks(folder, "lists", {{folder.path("l.txt")}, {{"user", "line"}}});
  same_on_ranks(
      folder, "movielens",
      {{folder.add("u.data", ratings)}, {{"sequences", folder.add("s.txt", "1 2 3 4\n5 6 7 8\n")}}});
  same_on_ranks(folder, "uirt", {{folder.path("u.data")}});
  const std::string path = folder.add("r.json", reviews);
  same_on_ranks(folder, "amazon", {{path, path}});
  same_on_ranks(folder, "amazon", {{path}}, core);
  same_on_ranks(folder, "jsonl", {{folder.add("o.jsonl", objects)}});
  same_on_ranks(folder, "text", {{folder.add("t.txt", lists)}});
}

TEST(SharedImport, PseudonymsAreMadeOnce) {
  const TestFolder folder;
  ImportRequest request = table_request(folder);
  request.pseudonyms = folder.path("key");
  const Outcome made = import_on("csv", request, {}, 3, folder.path("a.data"));
  EXPECT_NE(made.said.find("made a new key"), std::string::npos) << made.said;
  EXPECT_EQ(same_on_ranks(folder, "csv", request).bytes, made.bytes);
}

}  // namespace
}  // namespace akin
