#include "akin/data/readers/record_reader.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/data/readers/test_files.h"

namespace akin {
namespace {

using Records = std::vector<std::vector<std::string>>;

Records read_all(const std::string& content, const Dialect& dialect, ImportReport& report) {
  const TestFolder folder;
  const Context context;
  RecordReader reader(folder.add("x.csv", content), dialect, report, context);
  Records records;
  while (reader.next()) records.emplace_back(reader.fields().begin(), reader.fields().end());
  return records;
}

Records read_all(const std::string& content, const Dialect& dialect) {
  ImportReport report;
  return read_all(content, dialect, report);
}

TEST(RecordReader, SplitsAtTheDelimiter) {
  EXPECT_EQ(read_all("a,b,c\n\n,,\r\nlast", {",", false}),
            (Records{{"a", "b", "c"}, {"", "", ""}, {"last"}}));
  EXPECT_EQ(read_all("1::2::3\n::x\n", {"::", false}), (Records{{"1", "2", "3"}, {"", "x"}}));
  EXPECT_EQ(read_all("  a \t b  \nc\n   \n", {"", false}), (Records{{"a", "b"}, {"c"}}));
  EXPECT_EQ(read_all("\xef\xbb\xbf"
                     "a,b\n",
                     {",", false}),
            (Records{{"a", "b"}}));
}

TEST(RecordReader, Quotes) {
  const Dialect dialect{",", true};
  EXPECT_EQ(read_all("1,\"a, b\",2\n", dialect), (Records{{"1", "a, b", "2"}}));
  EXPECT_EQ(read_all("\"say \"\"hi\"\"\",\"\",x\"y\n", dialect), (Records{{"say \"hi\"", "", "x\"y"}}));
  EXPECT_EQ(read_all("\"a\"b,c\n", dialect), (Records{{"ab", "c"}}));
  EXPECT_EQ(read_all("1,\"\"\n", dialect), (Records{{"1", ""}}));
  EXPECT_EQ(read_all("\"1\"::\"a::b\"\n2::c\n", {"::", true}), (Records{{"1", "a::b"}, {"2", "c"}}));
  EXPECT_EQ(read_all("1,\"a\n", {",", false}), (Records{{"1", "\"a"}}));
}

TEST(RecordReader, BackslashesBeforeQuotes) {
  const Dialect dialect{";", true};
  EXPECT_EQ(read_all("1;\"Caf\\\"Noir\\\"; a novel\";2\n", dialect),
            (Records{{"1", "Caf\"Noir\"; a novel", "2"}}));
  EXPECT_EQ(read_all("1;\"says \\\"hi\\\"\";2\n", dialect), (Records{{"1", "says \"hi\"", "2"}}));
  EXPECT_EQ(read_all("1;\"C:\\dir\\\";2\n", dialect), (Records{{"1", "C:\\dir\\", "2"}}))
      << "it ends the field";
  EXPECT_EQ(read_all("1;\"a\\\\\";2\n", dialect), (Records{{"1", "a\\\\", "2"}}));
  EXPECT_EQ(split_line("1;\"Caf\\\"Noir\\\"; a novel\";2", dialect),
            (std::vector<std::string>{"1", "Caf\"Noir\"; a novel", "2"}));
}

TEST(RecordReader, LooksAheadWithinBytesAndSkips) {
  const TestFolder folder;
  ImportReport report;
  const Context context;
  RecordReader reader(folder.add("x.csv", "one\ntwo\nthree\n"), {",", false}, report, context);
  EXPECT_EQ(reader.look_ahead(100, 4).size(), 2U);
  EXPECT_EQ(reader.next_line_number(), 1U);
  reader.skip_lines(1);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.fields()[0], "two");
  EXPECT_EQ(reader.line(), 2U);
}

TEST(RecordReader, LineEndsInsideQuotesKeepLineNumbers) {
  const TestFolder folder;
  ImportReport report;
  const Context context;
  RecordReader reader(folder.add("x.csv", "h\n1,\"two\r\nlines\n\n\"\n2,b\n"), {",", true}, report, context);
  ASSERT_TRUE(reader.next());
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.fields()[1], "two\nlines\n\n");
  EXPECT_TRUE(reader.position().ends_with("x.csv:2"));
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.fields()[0], "2");
  EXPECT_TRUE(reader.position().ends_with("x.csv:6"));
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(report.lines, 6U);
  EXPECT_EQ(report.bytes, 23U);
}

TEST(RecordReader, AnOpenQuoteCostsOnlyItsLine) {
  ImportReport report;
  const Records records = read_all("1,a\n2,\"b\n3,c\n4,d\n", {",", true}, report);
  EXPECT_EQ(records, (Records{{"1", "a"}, {"3", "c"}, {"4", "d"}}));
  ASSERT_EQ(report.rejections.reasons().size(), 1U);
  EXPECT_EQ(report.rejections.reasons()[0].text, "a quote is not closed");
  EXPECT_TRUE(report.rejections.reasons()[0].positions.at(0).ends_with(":2"));
}

TEST(RecordReader, AnOpenQuoteBeforeQuotedFieldsCostsOnlyItsLine) {
  ImportReport report;
  const Records records = read_all("1,\"a\n2,\"b\",c\n3,\"d\"\n4,\"e\nf\"\n", {",", true}, report);
  EXPECT_EQ(records, (Records{{"2", "b", "c"}, {"3", "d"}, {"4", "e\nf"}}));
  ASSERT_EQ(report.rejections.reasons().size(), 1U);
  EXPECT_EQ(report.rejections.reasons()[0].text, "a quote is not closed");
  EXPECT_TRUE(report.rejections.reasons()[0].positions.at(0).ends_with(":1"));
}

TEST(RecordReader, AnOpenQuoteFarFromTheEndCostsOnlyItsLine) {
  std::string content = "0,\"lost\n";
  for (int i = 1; i <= 2503; ++i) content += fmt::format("{},x\n", i);
  ImportReport report;
  const Records records = read_all(content, {",", true}, report);
  ASSERT_EQ(records.size(), 2503U);
  for (std::size_t i = 0; i < records.size(); ++i) ASSERT_EQ(records[i][0], fmt::format("{}", i + 1));
  EXPECT_EQ(report.rejections.total(), 1U);
  EXPECT_EQ(report.lines, 2504U);
}

TEST(RecordReader, PeekLeavesTheLines) {
  const TestFolder folder;
  ImportReport report;
  const Context context;
  RecordReader reader(folder.add("x", "a b\nc d\ne f\n"), {"", false}, report, context);
  EXPECT_EQ(reader.peek(2), (std::vector<std::string>{"a b", "c d"}));
  EXPECT_EQ(reader.peek(9).size(), 3U);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.fields()[0], "a");
  EXPECT_TRUE(reader.position().ends_with(":1"));
  ASSERT_TRUE(reader.next());
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.fields()[1], "f");
  EXPECT_TRUE(reader.position().ends_with(":3"));
  EXPECT_FALSE(reader.next());
}

TEST(RecordReader, ObeysAWishToStop) {
  std::string content;
  for (int i = 0; i < 40'000; ++i) content += "a b\n";
  const TestFolder folder;
  std::stop_source stop;
  std::uint64_t reports = 0;
  Context context;
  context.stop = stop.get_token();
  context.on_progress = [&](const Progress& progress) {
    EXPECT_EQ(progress.total, content.size());
    if (++reports == 2) stop.request_stop();
  };
  ImportReport report;
  RecordReader reader(folder.add("x", content), {"", false}, report, context);
  EXPECT_THROW(while (reader.next()) continue, Error);
  EXPECT_EQ(reports, 2U);
}

TEST(RecordReader, RecordsHaveALimit) {
  const TestFolder folder;
  ImportReport report;
  const Context context;
  const std::string field(9 << 20, 'x');
  // An open quote takes no more lines than make 16 MiB; each of them is read again as a record of its own.
  folder.add("quotes", "\"" + field + "\n" + field + "\n" + field + "\n");
  RecordReader quoted(folder.path("quotes"), {",", true}, report, context);
  std::vector<std::size_t> sizes;
  while (quoted.next()) sizes.push_back(quoted.fields()[0].size());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{field.size(), field.size()}));
  EXPECT_EQ(report.rejections.total(), 1u);
  folder.add("long", field + "," + field + "\n");
  RecordReader reader(folder.path("long"), {}, report, context);
  try {
    reader.next();
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("long:1: a line of over 16 MiB"), std::string::npos);
  }
}

}  // namespace
}  // namespace akin
