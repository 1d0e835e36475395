#include <string>
#include <vector>

#include "akin/base/error.h"
#include "akin/data/readers/test_files.h"

namespace akin {
namespace {

std::string error_of(const std::string& file, std::map<std::string, std::string> options = {}) {
  try {
    import_files("jsonl", {file}, std::move(options));
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Jsonl, FieldsAreFoundByUsualNamesOrGiven) {
  const TestFolder folder;
  const std::string usual = folder.add(
      "a.jsonl",
      "{\"userId\": \"u1\", \"itemId\": 12345678901234567890, \"rating\": 4.5, \"timestamp\": 1600000000}\n"
      "\n"
      "{\"rating\": 3, \"timestamp\": \"2020-09-13T12:26:41Z\", \"itemId\": \"a,\\\"b\\\"\", \"userId\": "
      "7}\n");
  EXPECT_EQ(import_files("jsonl", {usual}).events(),
            (std::vector<std::string>{"u1 12345678901234567890 4.5 1600000000", "7 a,\"b\" 3 1600000001"}));
  const std::string nested = folder.add("b.jsonl",
                                        "{\"who\": {\"id\": \"u\", \"geo\": {\"city\": \"Ulm\"}}, \"what\": "
                                        "\"i\", \"much\": 2, \"dev\": \"pc\", "
                                        "\"tags\": [\"x\", 3]}\n");
  const Imported in = import_files("jsonl", {nested},
                                   {{"user", "who.id"},
                                    {"item", "what"},
                                    {"value", "much"},
                                    {"user_attributes", "who.geo.city"},
                                    {"event_attributes", "dev"}});
  EXPECT_EQ(in.events(), (std::vector<std::string>{"u i 2 -"}));
  EXPECT_EQ(in.user("u", "who.geo.city"), "Ulm");
  EXPECT_EQ(in.item("i", "tags"), "x|3");
  EXPECT_EQ(in.used_as("who.id"), "user");
  EXPECT_EQ(in.used_as("what"), "item");
  EXPECT_EQ(in.used_as("much"), "value");
  EXPECT_EQ(in.used_as("tags"), "item attribute tags");
  EXPECT_NE(error_of(nested, {{"user", "who.idx"}}).find("there is no column 'who.idx'"), std::string::npos);
}

TEST(Jsonl, TheLastDateMaySayWhatIsTheMonth) {
  const TestFolder folder;
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += "{\"date\": \"03/04/2021\", \"item\": \"i\", \"user\": \"u\"}\n";
  lines += "{\"date\": \"25/12/2021\", \"item\": \"i\", \"user\": \"u\"}\n";
  const Imported in = import_files("jsonl", {folder.add("x.jsonl", lines)});
  EXPECT_EQ(in.column("date")->type, "time (day-first)");
  EXPECT_EQ(in.data.events[0].time, 1617408000 * kSecond);
}

TEST(Jsonl, BadLinesAreNamedWithTheirNumberAndText) {
  const TestFolder folder;
  const Imported in =
      import_files("jsonl", {folder.add("x.jsonl",
                                        "{\"user\": \"u\", \"item\": \"a\", \"rating\": 1}\n"
                                        "{\"user\": \"u\", \"item\": \n"
                                        "\n"
                                        "[1, 2]\n"
                                        "{\"user\": \"u\", \"item\": \"b\", \"rating\": \"good\"}\n"
                                        "{\"user\": null, \"item\": \"b\", \"rating\": 2}\n"
                                        "{}\n"
                                        "{\"user\": \"u\", \"item\": \"\xff\"}\n"
                                        "{\"user\": \"v\", \"item\": \"b\", \"rating\": 2}")});
  EXPECT_EQ(in.events(), (std::vector<std::string>{"u a 1 -", "v b 2 -"}));
  EXPECT_EQ(in.first_position("not valid JSON"), "x.jsonl:2 '{\"user\": \"u\", \"item\":'");
  EXPECT_EQ(in.first_position("not a JSON object"), "x.jsonl:4 '[1, 2]'");
  EXPECT_EQ(in.first_position("value is not a number"), "x.jsonl:5");
  EXPECT_EQ(in.first_position("no user"), "x.jsonl:6");
  EXPECT_EQ(in.rejected("no user"), 2U) << "an empty object is counted";
  EXPECT_EQ(in.rejected("not valid UTF-8"), 1U);
  EXPECT_EQ(in.report.lines, 9U);
}

TEST(Jsonl, OneArrayAndObjectsOverSeveralLines) {
  const TestFolder folder;
  const std::vector<std::string> events = {"u a 1 -", "v b] 2 -"};
  for (const std::string text :
       {"[{\"user\":\"u\",\"item\":\"a\",\"rating\":1},{\"user\":\"v\",\"item\":\"b]\",\"rating\":2}]",
        "\xef\xbb\xbf[\n {\n  \"user\": \"u\",\n  \"item\": \"a\", \"rating\": 1\n },\n {\"user\": \"v\", "
        "\"item\": "
        "\"b]\", \"rating\": 2}\n]\n",
        "{\n\"user\": \"u\", \"item\": \"a\", \"rating\": 1}\n{\"user\": \"v\",\n \"item\": \"b]\",\n "
        "\"rating\": 2}\n"}) {
    EXPECT_EQ(import_files("jsonl", {folder.add("x.json", text)}).events(), events) << text;
  }
  EXPECT_NE(error_of(folder.add("cut.json", "[{\"user\":\"u\",\"item\":\"a\"},\n{\"user\":"))
                .find("cut.json:2: the object that begins here does not end"),
            std::string::npos);
  EXPECT_NE(
      error_of(folder.add("open.json", "[{\"user\":\"u\",\"item\":\"a\"}\n")).find("does not end with ]"),
      std::string::npos);
  EXPECT_NE(error_of(folder.add("list.json", "[[\"u\",\"a\"]]"))
                .find("list.json:1: '[\"u\",\"a\"]]': an object {...}"),
            std::string::npos);
}

TEST(Jsonl, OtherContentIsNamed) {
  const TestFolder folder;
  EXPECT_NE(error_of(folder.add("x.csv", "user,item\nu,i\n")).find("x.csv:1 'user,item' is not valid JSON"),
            std::string::npos);
  EXPECT_NE(error_of(folder.add("who.jsonl", "{\"a\": 1, \"b\": 2}\n"))
                .find("which column is the user, and which is the item?"),
            std::string::npos);
  EXPECT_NE(error_of(folder.add("empty.jsonl", "\n")).find("not one usable event"), std::string::npos);
  const std::string json = folder.add("e.jsonl", "{\"user\": \"u\", \"item\": \"i\"}\n");
  EXPECT_THROW(import_files("csv", {json}), Error);
  const Imported in =
      import_files("csv", {folder.add("e.csv", "user,item\nu,i\n")},
                   {{"items", folder.add("items.json", "[{\"id\": \"i\", \"name\": \"N\\nM\"}]")}});
  EXPECT_EQ(in.item("i", "title"), "N M") << "a table of items may be JSON; line ends become blanks";
}

/// Fields that come too late to be columns are counted by name.
TEST(Jsonl, LateFieldsAreNoted) {
  const TestFolder folder;
  std::string text;
  for (int i = 0; i < 10'001; ++i) text += "{\"user\": \"u\", \"item\": \"i\"}\n";
  text += "{\"user\": \"u\", \"item\": \"i\", \"price\": 3}\n";
  const Imported in = import_files("jsonl", {folder.add("x.jsonl", text)});
  EXPECT_EQ(in.data.events.size(), 10'002U);
  EXPECT_TRUE(in.has_note("first occur after 10000 objects are not read: price (1)"));
}

}  // namespace
}  // namespace akin
