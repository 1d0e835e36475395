#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/data/readers/test_files.h"

namespace akin {
namespace {

using Lines = std::vector<std::string>;

std::string error_of(std::string_view format, std::vector<std::string> files,
                     std::map<std::string, std::string> options = {}) {
  try {
    import_files(format, std::move(files), std::move(options));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& text, std::string_view subset) {
  return text.find(subset) != std::string::npos;
}

TEST(Csv, MapsUsualNames) {
  const TestFolder folder;
  const Imported in = import_files("csv", {folder.add("ratings.csv",
                                                      "timestamp,userId,Rating,movieId,title\n"
                                                      "20,u1,3.5,i1,\"One, the first\"\n"
                                                      "10,u1,4,i2,Two\n"
                                                      "30,u2,5,i1,\n")});
  EXPECT_EQ(in.events(), (Lines{"u1 i2 4 10", "u1 i1 3.5 20", "u2 i1 5 30"}));
  EXPECT_EQ(in.item("i1", "title"), "One, the first");
  EXPECT_EQ(in.data.name, "ratings");
  EXPECT_EQ(in.report.lines, 4U);
  for (const auto& [column, use] :
       {std::pair("userId", "user"), std::pair("movieId", "item"), std::pair("Rating", "value"),
        std::pair("timestamp", "time"), std::pair("title", "item attribute title")}) {
    EXPECT_EQ(in.used_as(column), use);
  }
}

TEST(Csv, MapsByOptionNameOrNumber) {
  const TestFolder folder;
  const std::string file = folder.add("x.csv", "a;b;c;d;e\nu;i;2,x;01.12.2010 08:26;red\n");
  const Imported in = import_files("csv", {file},
                                   {{"user", "a"},
                                    {"item", "2"},
                                    {"time", "D"},
                                    {"time-format", "%d.%m.%Y %H:%M"},
                                    {"user_attributes", "c"},
                                    {"item_attributes", "e"}});
  EXPECT_EQ(in.events(), Lines{"u i 1 1291191960"});
  EXPECT_EQ(in.user("u", "c"), "2,x");
  EXPECT_EQ(in.item("i", "e"), "red");
}

TEST(Csv, WithoutHeaderGoesByPosition) {
  const TestFolder folder;
  EXPECT_EQ(import_files("csv", {folder.add("a.csv", "u1,i1,5,100\nu2,i2,4,200\n")}).events(),
            (Lines{"u1 i1 5 100", "u2 i2 4 200"}));
  EXPECT_EQ(import_files("csv", {folder.add("b.csv", "7,8,5\n9,8,4\n")}).events(),
            (Lines{"7 8 5 -", "9 8 4 -"}));
  EXPECT_EQ(import_files("csv", {folder.add("c.csv", "7,8,1291191960\n9,8,1291191961\n")}).events(),
            (Lines{"7 8 1 1291191960", "9 8 1 1291191961"}));
  for (const char* const date :
       {"25/12/2021", "25.12.2021", "12/25/2021 00:00", "2021-12-25", "25 Dec 2021"}) {
    EXPECT_EQ(import_files("csv", {folder.add("t.csv", fmt::format("u1,a,{}\n", date))}).events(),
              Lines{"u1 a 1 1640390400"})
        << date;
  }
  EXPECT_EQ(import_files("csv", {folder.add("d.csv", "u1,i1\nu2,i2\n")}).events(),
            (Lines{"u1 i1 1 -", "u2 i2 1 -"}));
  EXPECT_EQ(import_files("csv", {folder.add("e.csv", "i1,5,u1\n")},
                         {{"user", "3"}, {"item", "1"}, {"header", "no"}})
                .events(),
            Lines{"u1 i1 1 -"});
}

TEST(Csv, KindsOfEvents) {
  const TestFolder folder;
  const std::string file =
      folder.add("events.csv",
                 "timestamp,visitorid,event,itemid\n1433221332117,1,view,2\n1433221333117,1,addtocart,2\n"
                 "1433221334117,1,transaction,2\n1433221335117,1,teleport,2\n");
  const Imported in = import_files("csv", {file});
  ASSERT_EQ(in.data.events.size(), 3U);
  EXPECT_EQ(in.data.events[0].kind, EventKind::kView);
  EXPECT_EQ(in.data.events[1].kind, EventKind::kCart);
  EXPECT_EQ(in.data.events[2].kind, EventKind::kPurchase);
  EXPECT_EQ(in.data.events[0].time, 1433221332 * kSecond + 117000);
  EXPECT_EQ(in.rejected("unknown kind of event"), 1U);
  EXPECT_EQ(in.first_position("unknown kind of event"), "events.csv:5");
  const Imported all = import_files("csv", {file}, {{"kind_all", "click"}});
  ASSERT_EQ(all.data.events.size(), 4U);
  EXPECT_EQ(all.data.events[3].kind, EventKind::kClick);
}

TEST(Csv, CountsWhatItCannotUse) {
  const TestFolder folder;
  const Imported in = import_files("csv",
                                   {folder.add("x.csv",
                                               "user,item,rating,time\n"
                                               "u,i,1,1\n"
                                               ",i,1,1\n"
                                               "u,,1,1\n"
                                               "u,i,,1\n"
                                               "u,i,NaN,1\n"
                                               "u,i,1e99,1\n"
                                               "u,i,good,1\n"
                                               "u,i,-2,1\n"
                                               "u,i,1,\n"
                                               "u,i,1,yesterday\n"
                                               "u,i,1,9999999999999999999999\n"
                                               "u,i,1\n"
                                               "u,i,1,1,extra\n"
                                               "u,i,1,1,\n"
                                               "u,X9,1,1\n"
                                               "u,\"i,1,1\n")},
                                   {{"min_raw_value", "0.5"}, {"item_pattern", "^i"}});
  EXPECT_EQ(in.data.events.size(), 2U);
  for (const char* const reason :
       {"no user", "no item", "no value", "value is NaN or infinite", "value out of range",
        "value is not a number", "value below 0.5", "no time", "too few fields", "too many fields",
        "item does not match the pattern", "a quote is not closed"}) {
    EXPECT_EQ(in.rejected(reason), 1U) << reason;
  }
  EXPECT_EQ(in.rejected("time not understood or out of range"), 2U);
  EXPECT_EQ(in.report.rejections.total(), 14U);
  EXPECT_EQ(in.first_position("no item"), "x.csv:4");
  EXPECT_EQ(in.report.lines, 17U);
}

TEST(Csv, StrictMakesTheFirstFatal) {
  const TestFolder folder;
  const std::string file = folder.add("x.csv", "user,item,rating\nu,i,1\nu,i,bad\n");
  ImportReport report;
  try {
    import_dataset("csv", {{file}, {}, true}, {}, report, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
    EXPECT_TRUE(contains(error.what(), "x.csv:3: value is not a number")) << error.what();
  }
}

TEST(Csv, EmptyResultsSayWhy) {
  const TestFolder folder;
  const std::string message =
      error_of("csv", {folder.add("x.csv", "user,item,rating\nu,i,a\nu,i,b\n,i,1\n")});
  EXPECT_TRUE(contains(message, "2 times 'value is not a number'")) << message;
  EXPECT_TRUE(contains(message, "1 times 'no user'")) << message;
  EXPECT_TRUE(contains(error_of("csv", {folder.add("y.csv", "")}), "not one usable event"));
  EXPECT_TRUE(contains(error_of("csv", {folder.add("z.csv", "user,item\n")}), "not one usable event"));
}

TEST(Csv, SaysWhatIsWrongWithTheRequest) {
  const TestFolder folder;
  const std::string file = folder.add("x.csv", "name,age\nann,4\n");
  EXPECT_TRUE(contains(error_of("csv", {file}), "which column is the user")) << error_of("csv", {file});
  EXPECT_TRUE(contains(error_of("csv", {file}, {{"delimter", ";"}}), "did you mean delimiter"));
  EXPECT_TRUE(contains(error_of("csvv", {file}), "did you mean csv"));
  EXPECT_TRUE(contains(error_of("csv", {}), "at least one file"));
  EXPECT_TRUE(contains(error_of("csv", {folder.path("absent.csv")}), "no such file"));
  EXPECT_TRUE(contains(error_of("csv", {file}, {{"item_pattern", "("}}), "not a regular expression"));
  EXPECT_TRUE(contains(error_of("csv", {file}, {{"kind_all", "dance"}}), "not a kind of event"));
  EXPECT_TRUE(contains(error_of("csv", {file}, {{"min_raw_value", "x"}}), "not a number"));
}

TEST(Csv, TextsReviewsAndEncodings) {
  const TestFolder folder;
  const Imported in = import_files("csv", {folder.add("x.csv",
                                                      "user,item,rating,title,review_text,summary\n"
                                                      "u1,i1,5,Caf\xe9,\"Good,\n\"\"very\"\" good\",Yes\n"
                                                      "u2,i1,4,Other,,\n"
                                                      "\xe9,\xff,3,,Fine,\n")});
  EXPECT_EQ(in.item("i1", "title"), "Café");
  ASSERT_EQ(in.data.reviews.size(), 3U);
  EXPECT_EQ(in.data.reviews.text[0], "Good,\n\"very\" good");
  EXPECT_EQ(in.data.reviews.summary[0], "Yes");
  EXPECT_TRUE(in.data.users.find("\xe9").has_value());  // ids are bytes
  EXPECT_TRUE(in.data.items.find("\xff").has_value());
  EXPECT_TRUE(in.has_note("1 text fields were not valid UTF-8"));
}

TEST(Csv, ReadsTablesOfItemsAndUsers) {
  const TestFolder folder;
  const std::string events = folder.add("e.csv", "user,item\n1,10\n2,11\n");
  const std::string items =
      folder.add("items.tsv", "id\tName\tBrand\tcolour\n10\tShoe\tB\tred\n10\tAgain\t\t\n\tnone\t\t\n");
  const std::string users = folder.add("users.csv", "user;age\n2;33\n");
  const Imported in = import_files("csv", {events}, {{"items", items}, {"users", users}});
  EXPECT_EQ(in.item("10", "title"), "Shoe");
  EXPECT_EQ(in.item("10", "brand"), "B");
  EXPECT_EQ(in.item("10", "colour"), "red");
  EXPECT_EQ(in.user("2", "age"), "33");
  EXPECT_EQ(in.rejected("item described twice"), 1U);
  EXPECT_EQ(in.rejected("item description without id"), 1U);
}

TEST(Csv, WhatIsNotWantedOfItemsWithEventsDoesNotComeBackFromTheirTable) {
  const TestFolder folder;
  const std::string events =
      folder.add("e.csv", "user,item,rating\nu,P1,5\nv,P1,4\nu,Q1,5\nu,P2,1\nv,P3,4\n");
  const std::string items = folder.add(
      "i.csv", "item,title,price\nP1,a,1\nQ1,b,x\nP2,c,3\nQ2,never sold,4\nP4,never sold,\nP5,,\n");
  const auto ids = [](const Imported& in) {
    std::vector<std::string> result;
    for (idx_t i = 0; i < in.data.n_items(); ++i) result.emplace_back(in.data.items.id(i));
    return result;
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(ids(import_files("csv", {events}, {{"items", items}})),
            (Ids{"P1", "Q1", "P2", "P3", "Q2", "P4", "P5"}))
      << "P5 too, of which nothing is known";
  EXPECT_EQ(ids(import_files("csv", {events}, {{"items", items}, {"item_pattern", "^P"}})),
            (Ids{"P1", "P2", "P3", "P4", "P5"}));
  EXPECT_EQ(ids(import_files("csv", {events}, {{"items", items}, {"min_raw_value", "3"}})),
            (Ids{"P1", "Q1", "P3", "Q2", "P4", "P5"}));
}

TEST(Csv, SeveralFilesAndAttributesOfTheFirstEventThatHasThem) {
  const TestFolder folder;
  const Imported in = import_files("csv", {folder.add("a.csv", "user,item,title\nu,i,\nu,i,first\n"),
                                           folder.add("b.csv", "item;title;user\ni;second;v\n")});
  EXPECT_EQ(in.data.events.size(), 3U);
  EXPECT_EQ(in.item("i", "title"), "first");
}

TEST(Csv, GivenSplit) {
  const TestFolder folder;
  const Imported in =
      import_files("csv", {folder.add("x.csv", "user,item,label\nu,a,0\nu,b,1\nu,c,2\nu,d,3\nu,e,4\n")},
                   {{"part", "label"}});
  ASSERT_EQ(in.data.events.size(), 4U);
  EXPECT_EQ(in.data.events[1].subset, Subset::kValidation);
  EXPECT_EQ(in.data.events[2].subset, Subset::kTest);
  EXPECT_EQ(in.data.events[3].subset, Subset::kHistory);
  EXPECT_EQ(in.rejected("unknown part (expected 0, 1, 2 or 3)"), 1U);
}

TEST(Csv, PatternsTakeLinearTimeAndNoStack) {
  const TestFolder folder;
  const std::string file = folder.add(
      "x.csv", "user,item\nu,a\nu," + std::string(200'000, 'a') + "\nu," + std::string(200'000, 'a') + "!\n");
  for (const char* pattern : {"^(a|b)*$", "^(a+)+$", "^(a|aa)+$", "^([a-z]+)*$"}) {
    const Imported in = import_files("csv", {file}, {{"item_pattern", pattern}});
    EXPECT_EQ(in.data.events.size(), 2U) << pattern;
    EXPECT_EQ(in.rejected("item does not match the pattern"), 1U) << pattern;
  }
}

TEST(Csv, RefusesPatternsThatRe2DoesNotHave) {
  const TestFolder folder;
  const std::string file = folder.add("x.csv", "user,item\nu,a\n");
  const auto refusal = [&](const std::string& pattern) {
    return error_of("csv", {file}, {{"item_pattern", pattern}});
  };
  EXPECT_TRUE(contains(refusal("("), "--item-pattern: '(' is not a regular expression: missing )"))
      << refusal("(");
  for (const char* pattern : {"(a)\\1", "a(?=b)", "(?<!a)b"})
    EXPECT_TRUE(contains(refusal(pattern), "back-references and look-around are not supported")) << pattern;
  EXPECT_TRUE(contains(refusal(std::string(20'000, '(')),
                       "a pattern of 20000 bytes is too long; it may have up to 1000"));
  EXPECT_TRUE(contains(refusal(std::string(500, '(') + "a" + std::string(499, ')')), "missing )"));
  EXPECT_TRUE(contains(refusal("((a{100}){100}){100}"), "not a regular expression"));
}

TEST(Uirt, AnyDelimiterNoHeader) {
  const TestFolder folder;
  EXPECT_EQ(import_files("uirt", {folder.add("a", "1 2 3.5 100\n1  3 4 90\n")}).events(),
            (Lines{"1 3 4 90", "1 2 3.5 100"}));
  EXPECT_EQ(import_files("uirt", {folder.add("b", "1::2::3\n")}).events(), Lines{"1 2 3 -"});
  EXPECT_EQ(import_files("uirt", {folder.add("c", "1<>2<>3\n")}, {{"delimiter", "<>"}}).events(),
            Lines{"1 2 3 -"});
  const Imported in = import_files("uirt", {folder.add("d", "user\titem\trating\nu\ti\t1\nu\ti\n")});
  EXPECT_EQ(in.events(), Lines{"u i 1 -"});
  EXPECT_EQ(in.rejected("value is not a number"), 1U);
  EXPECT_EQ(in.rejected("too few fields"), 1U);
}

TEST(Sessions, WithAndWithoutHeader) {
  const TestFolder folder;
  const Imported in = import_files(
      "sessions", {folder.add("a.tsv", "SessionId\tItemId\tTime\n1\t10\t1400.25\n1\t11\t1399\n")});
  EXPECT_EQ(in.events(), (Lines{"1 11 1 1399", "1 10 1 1400.25"}));
  EXPECT_EQ(in.data.events[0].kind, EventKind::kClick);
  EXPECT_EQ(import_files("sessions", {folder.add("b.tsv", "1\t10\t1400\n")}).events(), Lines{"1 10 1 1400"});
  EXPECT_EQ(
      import_files("sessions", {folder.add("c.dat", "1,2014-04-07T10:51:09.277Z,214536502,0\n")}).events(),
      Lines{"1 214536502 1 1396867869.277"});
}

TEST(Csv, TimesOfDayAreNoTimesWhereThereIsADate) {
  const TestFolder folder;
  const std::string file = folder.add("x.csv", "user,item,date,time\nu,a,2021-03-01,10:05\n");
  const Imported in = import_files("csv", {file});
  EXPECT_EQ(in.events(), Lines{"u a 1 1614556800"});
  EXPECT_TRUE(
      in.has_note("column 'time' has no dates but '10:05' and is not used, 'date' is read as the time"));
  EXPECT_EQ(import_files("csv", {file}, {{"time", "time"}, {"time_format", "%H:%M"}}).events(),
            Lines{"u a 1 36300"});
  EXPECT_EQ(import_files("csv", {file}, {{"time_format", "%H:%M"}}).events(), Lines{"u a 1 36300"});
  const Imported both =
      import_files("csv", {folder.add("y.csv", "user,item,date,time\nu,a,2021-03-01,1400\n")});
  EXPECT_EQ(both.events(), Lines{"u a 1 1400"}) << "the surer name";
  EXPECT_FALSE(both.has_note("has no dates"));
}

TEST(Csv, NeedsAColumnForEachRole) {
  const TestFolder folder;
  const std::string file = folder.add("x.csv", "user,item,n\nu,a,3\n");
  for (const char* const spec : {"user", "1"}) {
    const std::string error = error_of("csv", {file}, {{"user", "user"}, {"item", spec}});
    EXPECT_TRUE(contains(error, "is given for two roles; --item needs a column of its own")) << error;
  }
  EXPECT_EQ(error_of("csv", {file}, {{"item", "item"}, {"title", "item"}}), "no error");
}

TEST(Csv, TitlesAboveATableOfItemsMayBePadded) {
  const TestFolder folder;
  const std::string items = folder.add("i.csv", "Catalogue 2021,,\n,,\nid,title,price\na,One,3\nb,Two,4\n");
  const Imported in = import_files(
      "csv", {folder.add("e.csv", "Orders 2021;;;\n;;;\nproduct;customer;rating;date\na;u;4;2021-03-01\n")},
      {{"items", items}});
  EXPECT_EQ(in.events(), Lines{"u a 4 1614556800"});
  EXPECT_EQ(in.item("a", "title"), "One");
  EXPECT_EQ(in.item("a", "price"), "3");
  EXPECT_TRUE(in.has_note("i.csv: 2 lines above the table are left out; the first is 'Catalogue 2021,,'"));
}

TEST(Csv, OnlineRetail) {
  const std::string folder = real_data("online-retail");
  if (folder.empty()) GTEST_SKIP() << "no online-retail data";
  const Imported in = import_files("csv", {folder + "/online_retail.csv.gz"},
                                   {{"user", "CustomerID"},
                                    {"item", "StockCode"},
                                    {"value", "Quantity"},
                                    {"time", "InvoiceDate"},
                                    {"title", "Description"},
                                    {"kind_all", "purchase"},
                                    {"min_raw_value", "1"},
                                    {"item_pattern", "^[0-9]{5}"}});
  EXPECT_EQ(in.rejected("no user"), 135'080U);
  EXPECT_EQ(in.rejected("value below 1"), 8'905U);
  EXPECT_EQ(in.rejected("item does not match the pattern"), 1'554U);
  EXPECT_EQ(in.data.events.size(), 396'370U);
  EXPECT_EQ(in.item("85123A", "title"), "WHITE HANGING HEART T-LIGHT HOLDER");
}

}  // namespace
}  // namespace akin
