#include "akin/text/text_words.h"

#include <gtest/gtest.h>

#include "akin/base/error_for_test.h"
#include "akin/text/ngrams.h"

namespace akin {
namespace {

std::vector<std::string> words(const WordOptions& options, const std::string& text) {
  TextWords split(options);
  const auto found = split(text);
  return {found.begin(), found.end()};
}

TEST(TextWords, AreLowerCaseStemmedAndWithoutStopWords) {
  const std::string text = "The Crème brûlées were NOT cooking, it's fine";
  EXPECT_EQ(words({}, "It's Fine, ok"), (std::vector<std::string>{"it's", "fine", "ok"}));
  EXPECT_EQ(words({.tokens = "space"}, "It's Fine, ok"), (std::vector<std::string>{"it's", "fine,", "ok"}));
  EXPECT_EQ(words({.lowercase = false}, "Fine"), (std::vector<std::string>{"Fine"}));
  EXPECT_EQ(words({.stop_words = "english"}, text),
            (std::vector<std::string>{"crème", "brûlées", "not", "cooking", "fine"}));
  EXPECT_EQ(words({.stem = "english"}, "cooking cooked cooks"),
            (std::vector<std::string>{"cook", "cook", "cook"}));
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [] { TextWords({.stem = "englisch"}); }),
                       "did you mean english"));
}

TEST(TextWords, SurfacesAreTheSameWordsAsTheyStand) {
  TextWords split({.stop_words = "english", .stem = "english"});
  const std::string text = "The <b>Dogs</b> &amp; the CATS";
  const auto stems = split(text);
  EXPECT_EQ(std::vector<std::string>(stems.begin(), stems.end()), (std::vector<std::string>{"dog", "cat"}));
  const auto surfaces = split.surfaces(text);
  EXPECT_EQ(std::vector<std::string>(surfaces.begin(), surfaces.end()),
            (std::vector<std::string>{"Dogs", "CATS"}));
}

TEST(PlainText, RemovesTagsAndDecodesReferences) {
  EXPECT_EQ(plain_text("a<br/>b &lt;i&gt; c"), "a b <i> c");
  EXPECT_EQ(plain_text("1 < 2 and 3 <3 <open"), "1 < 2 and 3 <3 <open");
  EXPECT_EQ(plain_text("<!-- note --></p>x&#39;s <"), "  x's <");
}

TEST(NgramTable, HasWordsThenRunsInEnoughTexts) {
  const std::vector<std::string> texts = {"a b c a b", "b c", "x b c", ""};
  TextWords split(WordOptions{});
  Csr rows;
  const NgramTable table(texts, split, 3, 2, rows, {});
  std::vector<std::string> names;
  for (idx_t column = 0; column < table.size(); ++column) names.push_back(table.name(column));
  EXPECT_EQ(names, (std::vector<std::string>{"b", "c", "b c"}));
  ASSERT_EQ(rows.rows(), 4u);
  for (std::size_t r = 0; r < 3; ++r)
    EXPECT_EQ(std::vector<idx_t>(rows.cols_of(r).begin(), rows.cols_of(r).end()),
              (std::vector<idx_t>{0, 1, 2}));
  EXPECT_EQ(rows.row_size(3), 0u);
  std::vector<NgramTable::Place> places;
  table.find(split("z b c b"), places);
  ASSERT_EQ(places.size(), 3u);
  EXPECT_EQ(places[2].column, 2u);
  EXPECT_EQ(places[2].begin, 1u);
  EXPECT_EQ(places[2].length, 2u);
}

TEST(NgramTable, FindsInATextWhatItLearnedFromIt) {
  const std::vector<std::string> texts = {"to be or not to be that is the question",
                                          "not to be is to be not"};
  TextWords split(WordOptions{});
  Csr rows;
  const NgramTable table(texts, split, 4, 1, rows, {});
  for (std::size_t t = 0; t < texts.size(); ++t) {
    std::vector<NgramTable::Place> places;
    table.find(split(texts[t]), places);
    std::vector<idx_t> found, learned(rows.cols_of(t).begin(), rows.cols_of(t).end());
    for (const NgramTable::Place& place : places) found.push_back(place.column);
    std::ranges::sort(learned);
    EXPECT_EQ(found, learned);
  }
}

}  // namespace
}  // namespace akin
