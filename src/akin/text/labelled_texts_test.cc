#include "akin/text/labelled_texts.h"

#include <gtest/gtest.h>

#include "akin/base/error_for_test.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"

namespace akin {
namespace {

using Texts = std::vector<std::string>;

class LabelledTextFiles : public testing::Test {
 protected:
  LabelledTextFile read(const std::string& content, const LabelledTextFormat& format = {}) {
    write_file(dir_ / "f", content);
    return read_labelled_texts(dir_ / "f", format, {});
  }
  std::string error(ErrorCode code, const std::string& content, const LabelledTextFormat& format = {}) {
    return message_of(code, [&] { read(content, format); });
  }
  TempDir dir_;
};

std::vector<std::string> labels_of(const LabelledTexts& texts) {
  std::vector<std::string> labels;
  for (const idx_t label : texts.labels) labels.emplace_back(texts.classes.id(label));
  return labels;
}

TEST_F(LabelledTextFiles, LinesWithTabsAndWithBlanks) {
  const LabelledTextFile tabs = read("very good\tall is well \n\nbad\tno, no\r\nbad\t\n");
  EXPECT_EQ(tabs.texts.texts, (std::vector<std::string>{"all is well", "no, no"}));
  EXPECT_EQ(labels_of(tabs.texts), (std::vector<std::string>{"very good", "bad"}));
  EXPECT_EQ(tabs.blank_lines, 1u);
  EXPECT_EQ(tabs.empty_texts, 1u);
  EXPECT_TRUE(contains(tabs.notes.at(0), "1 blank lines and 1 labels without a text"));
  const LabelledTextFile blanks = read("1 a , b\n0 c\td\n0\n");
  EXPECT_EQ(blanks.texts.texts, (std::vector<std::string>{"a , b", "c\td"}));
  EXPECT_EQ(blanks.empty_texts, 1u);
  const LabelledTextFile spaces = read("  \na\tb c\n \t \r\n");
  EXPECT_EQ(labels_of(spaces.texts), (std::vector<std::string>{"a"}));
  EXPECT_EQ(spaces.blank_lines, 2u);
}

TEST_F(LabelledTextFiles, TablesByHeaderNamedColumnsAndNumbers) {
  const std::string csv = "id,title,body\n1,good,\"one, two\"\n2,bad,three\n";
  for (const LabelledTextFormat& format :
       {LabelledTextFormat{false, "body", "title"}, LabelledTextFormat{false, "3", "2"}}) {
    const LabelledTextFile file = read(csv, format);
    EXPECT_EQ(file.texts.texts, (std::vector<std::string>{"one, two", "three"}));
    EXPECT_EQ(labels_of(file.texts), (std::vector<std::string>{"good", "bad"}));
  }
  EXPECT_EQ(read("text\tlabel\none two\tx\n").texts.texts, (std::vector<std::string>{"one two"}));
  EXPECT_TRUE(contains(error(ErrorCode::kUsage, csv, {false, "bdy", "title"}), "did you mean body"));
  EXPECT_TRUE(contains(error(ErrorCode::kUsage, csv, {false, "body", ""}), "--label-column"));
}

TEST_F(LabelledTextFiles, WhereLabelsDoNotMatterTheyNeedNotBeThere) {
  const LabelledTextFormat bare = {.labels = false, .classes = {"0", "1"}};
  const auto expect = [&](const std::string& content, const Texts& texts, std::string_view note,
                          const LabelledTextFormat& format) {
    const LabelledTextFile file = read(content, format);
    EXPECT_EQ(file.texts.texts, texts) << content;
    EXPECT_TRUE(file.texts.labels.empty() && !file.texts.has_classes());
    EXPECT_TRUE(contains(fmt::format("{}", fmt::join(file.notes, "; ")), note)) << content;
  };
  expect("x\tone two\n\n\tthree\ny\t\n", {"one two", "three", ""}, "before the first tab", bare);
  expect("0 one\n1 two\n", {"one", "two"}, "the first word of each line is a label", bare);
  expect("0 one\n2 two\n", {"0 one", "2 two"}, "a text without a label", bare);
  expect("0.5 one\n2 two\n", {"one", "two"}, "is a label", {.labels = false});
  expect("0.5 one\nand two\n", {"0.5 one", "and two"}, "without a label", {.labels = false});
  expect("text\none, two\n\nthree\n", {"one, two", "three"}, "each line but the first", bare);
  expect("text\none, two\n\nthree\n", {"one, two", "three"}, "left out 1 blank lines", bare);
  expect("id,text\n1,\"one, two\"\n2,\n", {"one, two", ""}, "the texts are those of column text", bare);
  expect("content, it seems\nand proud\n", {"content, it seems", "and proud"}, "without a label", bare);
  expect("text,label\none,0\n", {"one"}, "the labels, column label, are left out", bare);
  expect("{\"text\": \"one\"}\n{\"text\": \"two\"}\n", {"one", "two"}, "", bare);
  EXPECT_TRUE(contains(error(ErrorCode::kBadData, "a\tb\nno tab\n", bare), "f:2: there is no tab"));
}

TEST_F(LabelledTextFiles, JsonLinesWithNestedFields) {
  const std::string json =
      "{\"review\": {\"text\": \"fine\\nday\"}, \"stars\": 4}\n{\"review\": {\"text\": \"x\"}, \"stars\": "
      "1.5}\n";
  const LabelledTextFile file = read(json, {true, "review.text", ""});
  EXPECT_EQ(file.texts.texts, (std::vector<std::string>{"fine day", "x"}));
  EXPECT_EQ(file.texts.numbers, (std::vector<float>{4, 1.5F}));
  EXPECT_TRUE(contains(error(ErrorCode::kBadData, json + "{broken\n", {true, "review.text", ""}), "f:3"));
}

TEST_F(LabelledTextFiles, ErrorsNameTheLine) {
  EXPECT_TRUE(contains(error(ErrorCode::kBadData, "a\tb\nno tab\n"), "f:2: there is no tab"));
  EXPECT_TRUE(contains(error(ErrorCode::kBadData, "a\tb\n\ttext\n"), "f:2: there is no label"));
  EXPECT_TRUE(contains(error(ErrorCode::kBadData, "a b\nc\td e\n"), "f:2: there is a tab"));
  const std::string quote = error(ErrorCode::kBadData, "text,label\n\"one,a\ntwo,b\n");
  EXPECT_TRUE(contains(quote, "f:2: a quote is not closed; correct or remove the line")) << quote;
  EXPECT_TRUE(contains(error(ErrorCode::kBadData, "3\tb\n\nx\ttext\n", {true, "", ""}), "f:3: label 'x'"));
  EXPECT_TRUE(contains(error(ErrorCode::kBadData, "label,text\nx\n"), "f:2"));
  EXPECT_TRUE(contains(error(ErrorCode::kBadData, "\n"), "there are no texts"));
  EXPECT_TRUE(contains(error(ErrorCode::kBadData, ""), "there are no texts"));
}

TEST_F(LabelledTextFiles, BytesThatAreNotUtf8AreRepairedAndNoted) {
  const LabelledTextFile file = read("1\tcr\xe8me\n");
  EXPECT_EQ(file.texts.texts[0], "crème");
  EXPECT_TRUE(contains(file.notes.at(0), "not valid UTF-8"));
}

LabelledTexts many() {
  LabelledTexts texts;
  for (int i = 0; i < 97; ++i) {
    texts.texts.push_back(std::to_string(i));
    texts.labels.push_back(texts.classes.add(i % 5 == 0 ? "rare" : "common"));
  }
  return texts;
}

TEST(TextFolds, HaveEachTextOnceAndTheirShareOfEachClass) {
  const LabelledTexts texts = many();
  const std::vector<int> folds = stratified_folds(texts, 10, 7);
  EXPECT_EQ(folds, stratified_folds(texts, 10, 7));
  EXPECT_NE(folds, stratified_folds(texts, 10, 8));
  for (int fold = 0; fold < 10; ++fold) {
    const auto [others, part] = rows_of_fold(folds, fold);
    EXPECT_EQ(others.size() + part.size(), texts.size());
    EXPECT_TRUE(part.size() == 9 || part.size() == 10);
    const LabelledTexts chosen = select_texts(texts, part);
    EXPECT_EQ(chosen.classes.size(), 2u);
    EXPECT_EQ(std::ranges::count(chosen.labels, *texts.classes.find("rare")), 2);
  }
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { stratified_folds(texts, 98, 1); }), "too few"));
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { stratified_folds(texts, 1, 1); }), "at least 2"));
}

TEST(TextFolds, ARandomShare) {
  const LabelledTexts texts = many();
  const auto [others, part] = random_share(texts, 0.2, 3);
  EXPECT_EQ(part.size(), 19u);
  EXPECT_EQ(others.size(), 78u);
  EXPECT_EQ(std::ranges::count(select_texts(texts, part).labels, *texts.classes.find("rare")), 4);
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { random_share(texts, 1, 1); }), "below 1"));
}

TEST(TextClasses, FollowTheOrderOfTheModel) {
  const std::vector<std::string> classes = {"common", "other", "rare"};
  const LabelledTexts texts = with_classes(many(), classes, "f");
  EXPECT_EQ(texts.labels[0], 2u);
  EXPECT_EQ(texts.labels[1], 0u);
  const std::vector<std::string> fewer = {"common", "other"};
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { with_classes(many(), fewer, "f"); }),
                       "f: the label 'rare'"));
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kBadData, [&] { with_classes(many(), {}, "f"); }), "are classes"));
}

}  // namespace
}  // namespace akin
