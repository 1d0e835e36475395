#include <gtest/gtest.h>

#include <set>

#include "akin/base/error.h"
#include "akin/data/dataset.h"
#include "akin/data/readers/test_files.h"
#include "akin/data/text/vocabulary.h"

namespace akin {
namespace {

using Lines = std::vector<std::string>;

TEST(Text, LinesAreDocuments) {
  const TestFolder folder;
  const Imported got = import_files("text", {folder.add("a.txt", "The cat, the hat\n\n...\r\nA cat.")});
  EXPECT_EQ(got.events(),
            (Lines{"1 The 1 0", "1 cat 1 1", "1 the 1 2", "1 hat 1 3", "4 A 1 0", "4 cat 1 1"}));
  EXPECT_TRUE(got.has_note("2 of 4 documents have no words and are left out: 2, 3"));
  EXPECT_EQ(got.report.lines, 4U);
  EXPECT_EQ(got.report.rejections.total(), 0U);
}

TEST(Text, SeveralFiles) {
  const TestFolder folder;
  const std::string a = folder.add("a.txt", "x y\nz"), b = folder.add("b.txt", "x\n");
  const Imported lines = import_files("text", {a, b});
  EXPECT_EQ(lines.events(), (Lines{a + ":1 x 1 0", a + ":1 y 1 1", a + ":2 z 1 0", b + ":1 x 1 0"}));
  const Imported files = import_files("text", {a, b}, {{"documents", "file"}});
  EXPECT_EQ(files.events(), (Lines{a + " x 1 0", a + " y 1 1", a + " z 1 2", b + " x 1 0"}));
  EXPECT_THROW(import_files("text", {a, a}), Error);
}

TEST(Text, SpaceLowerCaseAndEncodings) {
  const TestFolder folder;
  const std::string file = folder.add("a.txt", "\xEF\xBB\xBF\xC3\x89t\xC3\xA9, OK\n\xC9t\xE9\n");
  const Imported got = import_files("text", {file}, {{"tokens", "space"}, {"lowercase", "true"}});
  EXPECT_EQ(got.events(), (Lines{"1 été, 1 0", "1 ok 1 1", "2 été 1 0"}));
  EXPECT_TRUE(got.has_note("1 text fields were not valid UTF-8 and were read as Latin-1"));
  const Imported marks = import_files("text", {file}, {{"tokens", "space"}, {"encoding", "utf8"}});
  EXPECT_EQ(marks.events()[2], "2 \uFFFDt\uFFFD 1 0");
}

TEST(Text, VocabularyAndPhrases) {
  const TestFolder folder;
  std::string text;
  for (int i = 0; i < 11; ++i) text += fmt::format("in new york w{0} v{0} u{0} t{0}\n", i);
  const std::string file = folder.add("a.txt", text);
  const Imported got = import_files("text", {file},
                                    {{"phrases", "2"},
                                     {"phrase_threshold", "2"},
                                     {"phrase_min_count", "3"},
                                     {"write_phrases", folder.path("p")},
                                     {"write_vocabulary", folder.path("v")}});
  EXPECT_TRUE(got.has_note("3 phrases were joined"));
  EXPECT_EQ(got.events()[0], "1 in_new_york 1 0");
  EXPECT_EQ(read_vocabulary(folder.path("v"))[0], (CountedWord{"in_new_york", 11}));
  const Imported again = import_files("text", {file}, {{"phrase_file", folder.path("p")}});
  EXPECT_EQ(again.events(), got.events());
  const Imported few = import_files("text", {file}, {{"vocabulary", folder.add("f", "york\nt3\nzzz\n")}});
  EXPECT_EQ(few.data.n_items(), 2U);
  EXPECT_EQ(few.events()[3], "4 york 1 0");
  EXPECT_EQ(few.events()[4], "4 t3 1 1");
  EXPECT_TRUE(few.has_note("65 tokens of 45 words are not in the vocabulary"));
}

TEST(Text, OptionsThatDoNotFit) {
  const TestFolder folder;
  const std::string file = folder.add("a.txt", "a b\n"), phrases = folder.add("p", "a\tb\n");
  const std::vector<std::map<std::string, std::string>> wrong = {
      {{"documents", "item"}},  {{"documents", "page"}},
      {{"tokens", "letters"}},  {{"phrases", "-1"}},
      {{"phrases", "x"}},       {{"phrases", "1"}, {"phrase_file", phrases}},
      {{"write_phrases", "q"}}, {{"phrases", "1"}, {"phrase_threshold", "-3"}},
      {{"encoding", "ebcdic"}}};
  for (const auto& options : wrong) {
    try {
      import_files("text", {file}, options);
      FAIL() << options.begin()->first << " " << options.begin()->second;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
    }
  }
  EXPECT_THROW(import_files("text", {folder.add("e.txt", "...\n\n")}), Error);
  EXPECT_THROW(import_files("text", {folder.path("absent")}), Error);
}

std::string reviews(const TestFolder& folder) {
  DatasetBuilder builder;
  builder.add_review(builder.add_event("u1", "i1", 5, 20), "Good", "It works.");
  builder.add_review(builder.add_event("u2", "i1", 1, 5), "", "Broke!");
  builder.add_event("u2", "i2", 1, 6);
  builder.add_review(builder.add_event("u1", "i2", 3, 10), "Fine", "");
  builder.add_review(builder.add_event("u3", "i2", 3, 10, EventKind::kRating, Subset::kTest), "secret",
                     "secret");
  ImportReport report;
  save_dataset(builder.build("events", {}, report, {}), folder.path("events.data"));
  return folder.path("events.data");
}

TEST(Text, ReviewsOfADataSet) {
  const TestFolder folder;
  const std::string dataset = reviews(folder);
  const Imported items = import_files("text", {dataset}, {{"documents", "item"}, {"lowercase", "yes"}});
  std::map<std::string, std::multiset<std::string>> words;
  for (const Event& event : items.data.events)
    words[std::string(items.data.users.id(event.user))].insert(std::string(items.data.items.id(event.item)));
  EXPECT_EQ(words["i1"], (std::multiset<std::string>{"broke", "good", "it", "works"}));
  EXPECT_EQ(words["i2"], (std::multiset<std::string>{"fine"}));
  EXPECT_TRUE(items.has_note("1 reviews of the given test set"));
  const Imported users = import_files("text", {dataset}, {{"documents", "user"}});
  EXPECT_EQ(users.data.n_users(), 2U);
  const Imported each = import_files("text", {dataset});
  ASSERT_EQ(each.data.n_users(), 3U);
  std::multiset<std::string> whose;
  for (const char* id : {"1", "2", "3"}) whose.insert(each.user(id, "user") + " " + each.user(id, "item"));
  EXPECT_EQ(whose, (std::multiset<std::string>{"u1 i1", "u1 i2", "u2 i1"}));
  EXPECT_THROW(import_files("text", {dataset}, {{"documents", "line"}}), Error);
}

TEST(Text, DataSetsWithoutReviewsAreRefused) {
  const TestFolder folder;
  DatasetBuilder builder;
  builder.add_event("u", "i", 1, 1);
  ImportReport report;
  save_dataset(builder.build("events", {}, report, {}), folder.path("events.data"));
  try {
    import_files("text", {folder.path("events.data")});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("has no reviews"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace akin
