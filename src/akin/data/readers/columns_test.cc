// What imports find out about whole columns.
#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/data/readers/record_reader.h"
#include "akin/data/readers/test_files.h"

namespace akin {
namespace {

using Lines = std::vector<std::string>;

/// The error of an import that has to fail.
std::string failure(std::vector<std::string> files, std::map<std::string, std::string> options = {}) {
  ImportReport report;
  try {
    import_dataset("csv", {std::move(files), std::move(options)}, {}, report);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Columns, EveryColumnIsReported) {
  const TestFolder folder;
  const Imported in =
      import_files("csv", {folder.add("e.csv",
                                      "user,item,rating,when,colour,title\n"
                                      "u1,a,4,x,red,One\nu2,b,bad,y,,Two\nu3,a,5,z,blue,\n")});
  ASSERT_EQ(in.report.columns.size(), 6U);
  EXPECT_EQ(in.used_as("user"), "user");
  EXPECT_EQ(in.used_as("title"), "item attribute title");
  EXPECT_EQ(in.used_as("colour"), "") << "not used, but named";
  EXPECT_EQ(in.column("colour")->examples, (Lines{"red", "blue"}));
  EXPECT_NEAR(in.column("colour")->parsed, 2.0 / 3, 1e-6);
  EXPECT_EQ(in.column("rating")->type, "number");
  EXPECT_NEAR(in.column("rating")->parsed, 2.0 / 3, 1e-6);
  EXPECT_EQ(in.report.rejections.reasons().at(0).values, Lines{"bad"});
}

TEST(Columns, DayAndMonthAreToldByTheWholeColumn) {
  const TestFolder folder;
  std::string late = "user,item,date\n";
  for (int i = 0; i < 6000; ++i) late += fmt::format("u{},i,03/04/2021\n", i % 7);
  const std::string ambiguous = folder.add("a.csv", late);
  const Imported day = import_files("csv", {folder.add("d.csv", late + "u,i,25/12/2021\n")});
  EXPECT_EQ(day.column("date")->type, "time (day-first)") << "the last line decides";
  EXPECT_EQ(day.data.events[0].time, 1617408000 * kSecond);
  const Imported month = import_files("csv", {folder.add("m.csv", late + "u,i,12/25/2021 8:05 PM\n")});
  EXPECT_EQ(month.column("date")->type, "time (month-first)");
  EXPECT_EQ(month.data.events[0].time, 1614816000 * kSecond);
  EXPECT_EQ(month.data.events.back().time, 1640462700 * kSecond);
  const std::string error = failure({ambiguous});
  for (const char* const part : {"a.csv:2", "'03/04/2021'", "2021-04-03 if the day comes first",
                                 "2021-03-04 if the month does", "--time-format day-first"})
    EXPECT_TRUE(contains(error, part)) << error;
  EXPECT_EQ(import_files("csv", {ambiguous}, {{"time_format", "month-first"}}).data.events[0].time,
            1614816000 * kSecond);
  const Imported mixed =
      import_files("csv", {folder.add("x.csv", "user,item,date\nu,a,25/12/2021\nu,b,12/25/2021\n")});
  EXPECT_TRUE(
      contains(mixed.doubts("date"), "1 dates have the day first, 1 the month: what does not fit day-first"));
  EXPECT_EQ(mixed.rejected("time not understood or out of range"), 1U);
  const Imported both = import_files("csv", {folder.path("d.csv"), ambiguous});
  EXPECT_TRUE(contains(both.report.columns.back().doubts.at(0), "day-first as in the file before"));
}

TEST(Columns, NumbersThatAreDatesAreNoSeconds) {
  const TestFolder folder;
  const auto first_time = [&](const std::string& header, const std::string& cell) {
    const Imported in =
        import_files("csv", {folder.add("x.csv", header + "u;i;" + cell + "\nv;j;" + cell + "\n")});
    return std::pair(in.data.events[0].time / kSecond, in.report.columns[2].doubts.empty());
  };
  const std::string header = "user;item;time\n";
  EXPECT_EQ(first_time(header, "44197.5"), std::pair(std::int64_t{1609502400}, false));
  EXPECT_EQ(first_time(header, "44197,25"), std::pair(std::int64_t{1609480800}, false));
  EXPECT_EQ(first_time(header, "20210301"), std::pair(std::int64_t{1614556800}, false));
  EXPECT_EQ(first_time(header, "20210301120000"), std::pair(std::int64_t{1614600000}, false));
  EXPECT_EQ(first_time(header, "2021").first, 1609459200);
  EXPECT_EQ(first_time(header, "1609459200").first, 1609459200);
}

TEST(Columns, TimesOutOfAllReasonAndMixedOnesAreTold) {
  const TestFolder folder;
  const Imported in = import_files(
      "csv",
      {folder.add("x.csv", "user,item,time\nu,a,1600000000\nu,b,16000000000\nu,c,1600000000000\nu,d,5\n")});
  EXPECT_TRUE(
      contains(in.doubts("time"), "2 times are before 1990 or in the future; the first is '16000000000'"));
  EXPECT_TRUE(contains(in.doubts("time"), "1 milliseconds (the first is '1600000000000'"));
  const Imported zones = import_files(
      "csv",
      {folder.add("z.csv", "user,item,time\nu,a,2021-03-01 12:00:00+02:00\nu,b,2021-03-01 12:00:00\n")});
  EXPECT_TRUE(contains(zones.doubts("time"), "1 of the times have no zone")) << zones.doubts("time");
  const Imported fine =
      import_files("csv", {folder.add("f.csv", "user,item,time\nu,a,1600000000\nu,b,1600000001\n")});
  EXPECT_EQ(fine.doubts("time"), "");
}

TEST(Columns, FilesThatRunBackwardsAreTold) {
  const TestFolder folder;
  const Imported in = import_files("csv", {folder.add("x.csv",
                                                      "user,item,date\nu,a,2021-03-05\nu,b,2021-03-04\n"
                                                      "u,c,2021-03-04\nu,d,2021-03-02\nv,a,2021-03-01\n")});
  EXPECT_TRUE(contains(in.doubts("date"), "runs backwards in time")) << in.doubts("date");
  EXPECT_TRUE(contains(in.doubts("date"), "but 1 have the time of the user's event before them"));
}

TEST(Columns, DecimalCommasAndThousands) {
  const TestFolder folder;
  const auto values = [&](const std::string& content, const std::string& decimal = "auto") {
    const Imported in = import_files("csv", {folder.add("x.csv", content)}, {{"decimal", decimal}});
    Lines result;
    for (const Event& event : in.data.events) result.push_back(fmt::format("{}", event.value));
    if (contains(in.report.columns[2].doubts.empty() ? "" : in.report.columns[2].doubts[0], "the other way"))
      result.emplace_back("doubt");
    return result;
  };
  EXPECT_EQ(values("user;item;rating\nu;a;4,5\nu;b;4\nu;c;1.300,25\nu;d;2.5\n"),
            (Lines{"4.5", "4", "1300.25", "2.5"}));
  EXPECT_EQ(values("user,item,qty\nu,a,\"1,300\"\nu,b,950\n"), (Lines{"1300", "950", "doubt"}));
  EXPECT_EQ(values("user,item,qty\nu,a,\"1,300\"\nu,b,\"1,300,000.5\"\n"), (Lines{"1300", "1300000.5"}));
  EXPECT_EQ(values("user;item;qty\nu;a;1,300\n"), (Lines{"1.3", "doubt"}));
  EXPECT_EQ(values("user;item;qty\nu;a;1,300\n", "point"), Lines{"1300"});
  EXPECT_EQ(values("user;item;qty\nu;a;1.300\nu;b;2.500\nu;c;950\n"),
            (Lines{"1300", "2500", "950", "doubt"}));
  EXPECT_EQ(values("user,item,qty\nu,a,1.300\nu,b,2.500\n"), (Lines{"1.3", "2.5", "doubt"}));
  EXPECT_EQ(values("user,item,qty\nu,a,\"1.300,50\"\n"), Lines{"1300.5"}) << "no doubt";
  EXPECT_EQ(values("user,item,qty\nu,a,1.300\nu,b,n.a.\n"), (Lines{"1.3", "doubt"}));
  EXPECT_EQ(values("user,item,qty\nu,a,1.300\n", "comma"), Lines{"1300"});
  EXPECT_EQ(values("user,item,qty\nu,a,1.300\nu,b,12.345.678\n"), (Lines{"1300", "12345678"}));
  EXPECT_EQ(values("user;item;qty\nu;a;1.300\nu;b;2.5\n"), (Lines{"1.3", "2.5"}));
  EXPECT_EQ(values("user;item;qty\nu;a;1.300\nu;b;0.125\n"), (Lines{"1.3", "0.125"}));
  EXPECT_EQ(values("user,item,qty\nu,a,1 300\nu,b,1'400\nu,c,1\xc2\xa0"
                   "500\n"),
            (Lines{"1300", "1400", "1500"}));
}

TEST(Columns, FalseZeroAndNegativeAreNoLikes) {
  const TestFolder folder;
  const std::string file = folder.add("x.csv", "user,item,value\nu,a,TRUE\nu,b,FALSE\nv,a,-3\nv,b,2\n");
  const Imported in = import_files("csv", {file});
  EXPECT_EQ(in.events(), (Lines{"u a 1 -", "v b 2 -"}));
  EXPECT_TRUE(
      contains(in.doubts("value"), "2 values are true or false, read as 1 and 0; the first is 'TRUE'"));
  EXPECT_TRUE(contains(in.doubts("value"), "2 values are 0 or less and no likes; the first is 'FALSE'"));
  ASSERT_EQ(in.report.filters.size(), 1U);
  EXPECT_EQ(in.report.filters[0].events, 2U);
  ImportReport report;
  ImportFilters keep;
  keep.keep_nonpositive = true;
  EXPECT_EQ(import_dataset("csv", {{file}}, keep, report).events.size(), 4U);
  ImportFilters threshold;
  threshold.min_value = -5;
  EXPECT_EQ(import_dataset("csv", {{file}}, threshold, report).events.size(), 4U) << "asked for";
  EXPECT_EQ(import_files("csv", {file}, {{"min_raw_value", "-5"}}).data.events.size(), 4U) << "asked for";
  const std::string returned = folder.add("y.csv", "user,item,quantity\nu,a,3\nu,a,-3\nu,b,2\nu,b,-1\n");
  ImportFilters sum;
  sum.repeats = RepeatPolicy::kSum;
  const Dataset net = import_dataset("csv", {{returned}}, sum, report);
  ASSERT_EQ(net.events.size(), 1U);
  EXPECT_EQ(net.events[0].value, 1) << "a return counts against what was bought";
}

TEST(Columns, IdsThatAreNoneOrOddlyWritten) {
  const TestFolder folder;
  const std::string file = folder.add("x.csv",
                                      "user,item\nNULL,a\nnan,a\n\\N,a\nu,None\nu,-\n"
                                      " u ,a\nu,b \nu,c\xc2\xa0\n");
  const Imported in = import_files("csv", {file});
  EXPECT_EQ(in.events(), (Lines{"u a 1 -", "u b 1 -", "u c 1 -"}));
  EXPECT_EQ(in.rejected("no user"), 3U);
  EXPECT_EQ(in.rejected("no item"), 2U);
  EXPECT_EQ(in.report.rejections.reasons()[0].values, (Lines{"NULL", "nan", "\\N"}));
  EXPECT_TRUE(contains(in.doubts("item"), "2 ids had blanks around them")) << in.doubts("item");
  EXPECT_EQ(import_files("csv", {file}, {{"null_ids", "yes"}}).data.events.size(), 8U);
}

TEST(Columns, IdsThatSpreadsheetsWriteAsFormulas) {
  const TestFolder folder;
  const Imported in = import_files(
      "csv", {folder.add("x.csv", "user,item\n=\"007\",a\n\"=\"\"008\"\"\",=b\n=\"NULL\",c\n=\"\",c\n")});
  EXPECT_EQ(in.events(), (Lines{"007 a 1 -", "008 =b 1 -", "=\"\" c 1 -"}));
  EXPECT_TRUE(contains(in.doubts("user"),
                       "3 ids were formulas of a text, of which the text is read; the first "
                       "is '=\"007\"' ("))
      << in.doubts("user");
}

TEST(Columns, IdsThatAreTwoForOne) {
  const TestFolder folder;
  const std::string file = folder.add("x.csv", "user,item\n17850,a\n17850.0,b\n00123,a\n123,b\n9,1.23E+12\n");
  const Imported in = import_files("csv", {file});
  EXPECT_EQ(in.data.n_users(), 5U);
  EXPECT_TRUE(contains(in.doubts("user"), "'17850.0' (line 3) and '17850' are two users"))
      << in.doubts("user");
  EXPECT_TRUE(contains(in.doubts("user"), "'00123' (line 4) and '123' are two users"));
  EXPECT_TRUE(contains(in.doubts("item"),
                       "a spreadsheet shortened: different ids may be one now; the first is '1.23E+12'"));
  const Imported clean = import_files("csv", {file}, {{"clean_ids", "decimals,zeros,case"}});
  EXPECT_EQ(clean.data.n_users(), 3U);
  EXPECT_TRUE(clean.data.items.find("1.23e+12").has_value());
  EXPECT_TRUE(
      contains(failure({file}, {{"clean_ids", "dots"}}), "'dots' is not one of decimals, zeros, case"));
  std::string codes = "user,item\nu,123456789012\n";
  for (int i = 0; i < 9; ++i) codes += fmt::format("u,123456789{}123\n", i);
  EXPECT_TRUE(contains(import_files("csv", {folder.add("z.csv", codes)}).doubts("item"),
                       "1 of 10 ids have fewer than 13 digits"));
  for (const int first : {99'999'990, 99'999'860}) {
    std::string counter = "user,item\n";
    for (int i = 0; i < 300; ++i) counter += fmt::format("u,{}\n", first + i);
    EXPECT_EQ(import_files("csv", {folder.add("n.csv", counter)}).doubts("item"), "") << "a counter";
  }
}

TEST(Columns, ComposedAndDecomposedIdsAreOne) {
  const TestFolder folder;
  const Imported in =
      import_files("csv", {folder.add("x.csv", "user,item\nu,cafe\xcc\x81\nv,caf\xc3\xa9\nv,b\n")});
  EXPECT_EQ(in.data.n_items(), 2U);
  EXPECT_TRUE(contains(in.doubts("item"), "1 ids were in decomposed Unicode")) << in.doubts("item");
}

TEST(Columns, KindsOfTheCallersOwn) {
  const TestFolder folder;
  const std::string file = folder.add(
      "x.csv", "user,item,event\nu,a,wishlist_add\nu,b,remove\nu,c,wishlist_add\nu,d,add to cart\n");
  const Imported in = import_files("csv", {file});
  EXPECT_EQ(in.data.events.size(), 1U);
  EXPECT_TRUE(contains(in.doubts("event"), "'wishlist_add' 2 times, 'remove' 1 times")) << in.doubts("event");
  const Imported mapped = import_files("csv", {file}, {{"kinds", "Wishlist Add=cart,remove=none"}});
  EXPECT_EQ(mapped.data.events.size(), 3U);
  EXPECT_EQ(mapped.data.events[0].kind, EventKind::kCart);
  EXPECT_EQ(mapped.rejected("kind of event left out by --kinds"), 1U);
  EXPECT_EQ(mapped.report.rejections.unwanted(), 1U);
  EXPECT_TRUE(contains(failure({file}, {{"kinds", "remove=away"}}), "'remove=away' is not NAME=KIND"));
}

TEST(Columns, KindsThatAreNotKnownOrNotThere) {
  const TestFolder folder;
  const std::string odd = folder.add("o.csv", "user,item,event\nu,a,teleport\nu,b,remove\nv,a,teleport\n");
  for (const std::string& more : {std::string(), std::string("w,c,view\n")}) {
    const std::string file =
        folder.add("x.csv", "user,item,event\nu,a,teleport\nu,b,remove\nv,a,teleport\n" + more);
    EXPECT_TRUE(contains(failure({file}),
                         "; kinds that are not known: 'teleport' 2 times, 'remove' 1 times; "
                         "--kinds teleport=cart takes one for a kind"))
        << failure({file});
  }
  const std::map<std::string, std::string> kinds = {
      {"kinds", "teleport=view,remove=none,Re Move=none,sent=cart"}};
  EXPECT_TRUE(import_files("csv", {odd}, kinds).has_note("no event has a kind that --kinds names: sent"));
  const std::string sent = folder.add("s.csv", "user,item,event\nu,a,Sent\n");
  for (const auto& files : {Lines{odd, sent}, Lines{sent, odd}})
    EXPECT_FALSE(import_files("csv", files, kinds).has_note("no event has a kind"));
  EXPECT_TRUE(import_files("csv", {folder.add("n.csv", "user,item\nu,a\n")}, kinds)
                  .has_note("there is no column of kinds (--kind names one)"));
}

TEST(Columns, TablesThatFitBadlySayWhatWouldHelp) {
  const TestFolder folder;
  const auto note = [&](const std::string& ids, const std::string& table_ids,
                        std::map<std::string, std::string> options = {}) {
    const auto rows = [](const std::string& text, const char* row) {
      std::string result;
      for (const std::string& id : split_line(text, {",", false}))
        result += fmt::format(fmt::runtime(row), id);
      return result;
    };
    options["items"] = folder.add("items.csv", "item,title\n" + rows(table_ids, "{},A title\n"));
    const Imported in =
        import_files("csv", {folder.add("e.csv", "user,item\n" + rows(ids, "u,{}\n"))}, options);
    for (const ColumnReport& column : in.report.columns) {
      if (column.used_as == "item id" && !column.doubts.empty()) return column.doubts.back();
    }
    return std::string();
  };
  EXPECT_EQ(note("1.0,2.0,x", "1,2"),
            "matches 0 of 3 items; 2 would match without the trailing .0, as '1.0' of the events and '1' "
            "(--clean-ids decimals)");
  EXPECT_EQ(note("1.0,2.0,x", "1,2,x", {{"clean_ids", "decimals"}}), "");
  EXPECT_TRUE(
      contains(note("007,8", "7,8"), "matches 1 of 2 items; 1 more would match without leading zeros"));
  EXPECT_TRUE(contains(note("AB,x", "ab,y"), "1 would match with capitals as small letters"));
  EXPECT_TRUE(contains(note("a-b,x", "a b,y"), "without blanks, punctuation and capitals"));
  EXPECT_TRUE(contains(note("a,b", "c,d"), "matches 0 of 2 items: its ids, such as 'c'"));
  EXPECT_EQ(note("a,b", "a,c"), "") << "half of them match";
}

TEST(Columns, ListCells) {
  const TestFolder folder;
  const std::string items =
      folder.add("items.csv",
                 "item;genres;tags;title\na;['x', 'y|z'];[\"caf\\u00e9\",\"d\"];[One]\n"
                 "b;[];[1, 2];[\"Two\"]\nc;[{'id': 28, 'name': 'Action'}];[broken;Three\n");
  const Imported in =
      import_files("csv", {folder.add("e.csv", "user,item\nu,a\nu,b\nu,c\n")}, {{"items", items}});
  EXPECT_EQ(in.item("a", "category"), "x|y/z");
  EXPECT_EQ(in.item("a", "tags"), "café|d");
  EXPECT_EQ(in.item("a", "title"), "[One]");
  EXPECT_EQ(in.item("b", "category"), "");
  EXPECT_EQ(in.item("b", "tags"), "1|2");
  EXPECT_EQ(in.item("b", "title"), "[\"Two\"]") << "a title is no list";
  EXPECT_EQ(in.item("c", "category"), "Action");
  EXPECT_EQ(in.item("c", "tags"), "[broken");
}

TEST(Columns, DelimitersAtLineEndsOfTables) {
  const TestFolder folder;
  const std::string items = folder.add("items.csv", "item;title\na;One;\nb;Two;;\n");
  const Imported in = import_files("csv", {folder.add("e.csv", "user,item\nu,a\nu,b\n")}, {{"items", items}});
  EXPECT_EQ(in.item("b", "title"), "Two");
  EXPECT_EQ(in.report.rejections.total(), 0U);
}

TEST(Columns, FilesThatAreMostlyUnusableAreRefused) {
  const TestFolder folder;
  const std::string events = folder.add("e.csv", "user,item\nu,a\nu,b\n");
  const std::string bad = folder.add("bad.csv", "user,item,rating\nu,a,x\nu,b,z\nu,c,3\n");
  EXPECT_TRUE(
      contains(failure({bad}), "bad.csv: 2 of 3 lines cannot be used: 2 times 'value is not a number'"));
  EXPECT_TRUE(contains(failure({bad}), "bad.csv:2: 'x'")) << failure({bad});
  const std::string items = folder.add("items.csv", "item,title\na,One,more\nb,Two,more\n");
  EXPECT_TRUE(contains(failure({events}, {{"items", items}}), "items.csv: 2 of 2 lines cannot be used"));
  // What the caller asks to leave out is no damage.
  EXPECT_TRUE(contains(failure({bad}, {{"value", "none"}, {"item_pattern", "^c"}}), "no error"));
}

TEST(Columns, WithPseudonymsNothingOfTheFilesIsShown) {
  const TestFolder folder;
  const auto shown = [&](const std::string& format, ImportRequest request) {
    request.pseudonyms = folder.path("key");
    request.accept_rejected = true;
    ImportReport report;
    import_dataset(format, request, {}, report);
    std::string all;
    for (const ColumnReport& column : report.columns)
      all += fmt::format("{} {}\n", fmt::join(column.examples, " "), fmt::join(column.doubts, " "));
    for (const Rejections::Reason& reason : report.rejections.reasons())
      all += fmt::format("{} {} {}\n", reason.text, fmt::join(reason.positions, " "),
                         fmt::join(reason.values, " "));
    return all + fmt::format("{}", fmt::join(report.notes, "\n"));
  };
  const auto ids_in = [](const std::string& text) {
    return contains(text, "1785") || contains(text, "ann@");
  };
  ImportRequest tables{{folder.add("e.csv", "user,item\n17850,a\n17850.0,b\n")}};
  tables.options["users"] = folder.add("u.csv", "user,age\n17851.0,3\n0017850,3\n");
  EXPECT_FALSE(ids_in(shown("csv", tables))) << shown("csv", tables);
  for (const char* const text :
       {"user,item,email\nann@x.de,a,ann@x.de\nbob@x.de,b,bob@x.de\n", "ann@x.de,a,5\nbob@x.de,b,4\n",
        "list of ann@x.de\n\nuser,item\nann@x.de,a\n",
        "user,item,rating\nann@x.de,a,ann@x.de\nu,a,3\nu,b,4\n"}) {
    const std::string all = shown("csv", {{folder.add("x.csv", text)}});
    EXPECT_FALSE(ids_in(all)) << all;
  }
  const std::string json =
      shown("jsonl",
            {{folder.add("x.jsonl", "{\"user\":\"u\",\"item\":\"a\"}\n{\"user\":\"ann@x.de\",\"item\":\n")}});
  EXPECT_FALSE(ids_in(json)) << json;
  EXPECT_TRUE(contains(json, "x.jsonl:2")) << json;
}

TEST(Columns, OneUserOneItem) {
  const TestFolder folder;
  EXPECT_TRUE(import_files("csv", {folder.add("u.csv", "user,item\nu,a\nu,b\n")})
                  .has_note("all events are of one user, 'u'"));
  const Imported in = import_files("csv", {folder.add("i.csv", "user,item,rating\nu,a,3\nv,a,3\n")});
  EXPECT_TRUE(in.has_note("all events are of one item, 'a'"));
  EXPECT_TRUE(contains(in.doubts("rating"), "all values are 3"));
}

TEST(Columns, WhatIsNotUsedButMayBeMeant) {
  const TestFolder folder;
  const Imported in = import_files(
      "csv", {folder.add("e.csv", "user,item,thumb,seen at\nu,a,TRUE,2021-03-01\nv,b,FALSE,2021-03-02\n")});
  EXPECT_EQ(in.data.events.size(), 2U);
  EXPECT_TRUE(contains(in.doubts("thumb"), "--value thumb leaves those out where it is false"))
      << in.doubts("thumb");
  EXPECT_TRUE(contains(in.doubts("seen at"), "--time 'seen at' reads it")) << in.doubts("seen at");
  const Imported click = import_files(
      "csv", {folder.add("c.csv", "user,item,is_click,Purchased,age\nu,a,1,0.0,0\nv,b,0,1.0,1\n")});
  EXPECT_TRUE(contains(click.doubts("is_click"), "--value is_click leaves those out where it is 0"));
  EXPECT_TRUE(contains(click.doubts("Purchased"), "--value Purchased leaves those out where it is 0"));
  EXPECT_EQ(click.doubts("age"), "");
  const Imported counts = import_files("csv", {folder.add("n.csv", "user,item,clicks\nu,a,1\nv,b,3\n")});
  EXPECT_EQ(counts.doubts("clicks"), "") << "not 0 and 1 alone";
  const Imported priced =
      import_files("csv", {folder.add("p.csv", "user;item;price\nu;a;4,50\nv;b;12,00\n")});
  EXPECT_EQ(priced.column("price")->type, "number");
  EXPECT_EQ(priced.doubts("price"), "");
  const Imported unclear =
      import_files("csv", {folder.add("q.csv", "user;item;price\nu;a;4,500\nv;b;12,000\n")});
  EXPECT_TRUE(contains(unclear.doubts("price"), "numbers with commas such as '4,500' stay texts"));
  const Imported points = import_files("csv", {folder.add("t.csv", "user;item;price\nu;a;1.300\nv;b;950\n")});
  EXPECT_TRUE(contains(points.doubts("price"), "numbers such as '1.300' have a decimal point here"))
      << points.doubts("price");
  const Imported plain = import_files("csv", {folder.add("d.csv", "user;item;price\nu;a;1.300\nv;b;9.5\n")});
  EXPECT_EQ(plain.doubts("price"), "");
  std::string orders = "user,item\n";
  for (int i = 0; i < 25; ++i) orders += fmt::format("order{},i{}\n", i, i % 3);
  EXPECT_TRUE(
      import_files("csv", {folder.add("o.csv", orders)}).has_note("every event has a user of its own"));
}

TEST(Columns, TextOfWindowsAndItsIds) {
  const TestFolder folder;
  const std::string events =
      folder.add("e.csv", "user,item,title\nu,caf\xc3\xa9,Men\x92s coat \x80 49\nu,b,B\n");
  const std::string items = folder.add("i.csv", "item,brand\ncaf\xe9,A\nb,B\n");
  const Imported in = import_files("csv", {events}, {{"items", items}});
  EXPECT_EQ(in.item("café", "title"), "Men’s coat € 49");
  EXPECT_EQ(in.item("café", "brand"), "A") << "an id of the table in another encoding";
  EXPECT_TRUE(in.has_note("read as Windows-1252"));
  const Imported asked =
      import_files("csv", {folder.add("x.csv", "user,item\nu,caf\xe9\nu,b\n")}, {{"encoding", "cp1252"}});
  EXPECT_TRUE(asked.data.items.find("café").has_value());
}

TEST(Columns, IdsThatAreListsAreDoubted) {
  const TestFolder folder;
  const Imported in = import_files("csv", {folder.add("e.csv", "user,item\nu,\"['a','b']\"\nv,c\nw,d\n")});
  EXPECT_TRUE(
      contains(in.doubts("item"), "1 ids look like lists, and each is one item; give every item a line"));
  const Imported json =
      import_files("jsonl", {folder.add("e.jsonl", "{\"user\":\"u\",\"item\":[\"a\",\"b\"]}\n")});
  EXPECT_TRUE(contains(json.doubts("item"), "1 ids look like lists"));
}

TEST(Columns, EncodingIsAdvisedWhereItHelps) {
  const TestFolder folder;
  const Imported other = import_files("csv",
                                      {folder.add("e.csv",
                                                  "user,item\nu,\xe9"
                                                  "1\nv,\xe9"
                                                  "2\n")},
                                      {{"items", folder.add("i.csv", "item,title\n\u00e91,a\n\u00e92,b\n")}});
  for (const ColumnReport& column : other.report.columns) {
    for (const std::string& doubt : column.doubts) EXPECT_FALSE(contains(doubt, "(--encoding")) << doubt;
  }
}

TEST(Columns, NamesInWindows1252CanBeGiven) {
  const TestFolder folder;
  const Imported in = import_files("csv", {folder.add("e.csv", "K\xe4ufer;Artikel;Menge\nu;a;2\nv;b;3\n")},
                                   {{"user", "K\u00e4ufer"}, {"item", "Artikel"}, {"value", "Menge"}});
  EXPECT_EQ(in.events(), (std::vector<std::string>{"u a 2 -", "v b 3 -"}));
  EXPECT_EQ(in.used_as("K\u00e4ufer"), "user");
}

}  // namespace
}  // namespace akin
