#include "akin/serve/text_source.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/data/builder.h"
#include "akin/store/bundle_for_test.h"
#include "akin/store/word_vectors.h"

namespace akin {
namespace {

using Words = std::vector<std::string>;

Words words_of(const Texts& texts, std::size_t text) {
  Words words;
  for (const idx_t word : texts.corpus.sentence(text)) words.emplace_back(texts.corpus.words.id(word));
  return words;
}

/// A data set of words: documents are users.
Dataset documents() {
  DatasetBuilder builder;
  std::int64_t time = 0;
  for (const char* word : {"the", "cat", "the", "mat"}) builder.add_event("first", word, 1, ++time);
  for (const char* word : {"cat", "nap"}) builder.add_event("second", word, 1, ++time);
  ImportReport report;
  return builder.build("documents", {}, report, {});
}

template <typename Body>
std::optional<ErrorCode> code_of(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.code();
  }
  return std::nullopt;
}

class TextSource : public testing::Test {
 protected:
  Context remarking() {
    return {.on_remark = [this](std::string_view text) { remarks_.emplace_back(text); }};
  }
  TempDir dir_;
  Words remarks_;
};

TEST_F(TextSource, DocumentsOfADataSetAsTheyStand) {
  save_dataset(documents(), dir_ / "d");
  const Texts texts = read_documents(dir_ / "d");
  ASSERT_EQ(texts.corpus.sentences(), 2u);
  EXPECT_EQ(texts.ids.id(0), "first");
  EXPECT_EQ(texts.ids.id(1), "second");
  EXPECT_EQ(words_of(texts, 0), (Words{"the", "cat", "the", "mat"}));
  EXPECT_EQ(words_of(texts, 1), (Words{"cat", "nap"}));
}

TEST_F(TextSource, ATextALine) {
  write_file(dir_ / "t", "The cat, the mat.\n\nA nap");
  const Texts words = read_text_lines(dir_ / "t", {.lowercase = true}, remarking());
  ASSERT_EQ(words.corpus.sentences(), 3u);
  EXPECT_EQ(words.ids.id(2), "3") << "line numbers";
  EXPECT_EQ(words_of(words, 0), (Words{"the", "cat", "the", "mat"}));
  EXPECT_EQ(words_of(words, 1), Words{}) << "an empty line keeps its number";
  EXPECT_EQ(words_of(words, 2), (Words{"a", "nap"}));
  const Texts space = read_text_lines(dir_ / "t", {.tokens = "space"}, remarking());
  EXPECT_EQ(words_of(space, 0), (Words{"The", "cat,", "the", "mat."}));
  EXPECT_TRUE(remarks_.empty());
  write_file(dir_ / "latin", "caf\xE9\n");
  read_text_lines(dir_ / "latin", {}, remarking());
  EXPECT_EQ(remarks_.size(), 1u) << "what was not UTF-8";
}

TEST_F(TextSource, WrongTextsAndSplits) {
  write_file(dir_ / "empty", "");
  EXPECT_EQ(code_of([&] { read_text_lines(dir_ / "empty", {}, {}); }), ErrorCode::kBadData);
  EXPECT_EQ(code_of([&] { read_text_lines(dir_ / "none", {}, {}); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([] { single_text("a", {.tokens = "wrods"}, {}); }), ErrorCode::kUsage);
}

TEST_F(TextSource, OneText) {
  const Texts text = single_text("Two cats", {.tokens = "space"}, {});
  ASSERT_EQ(text.corpus.sentences(), 1u);
  EXPECT_EQ(text.ids.id(0), "text");
  EXPECT_EQ(words_of(text, 0), (Words{"Two", "cats"}));
}

TEST_F(TextSource, WordVectorsOfAFileAndOfAModel) {
  write_file(dir_ / "v.csv", "id,x,y\ncat,1,2\nmat,3,4\n");
  const WordVectors file = read_word_vectors(dir_ / "v.csv");
  EXPECT_EQ(file.ids.id(1), "mat");
  EXPECT_EQ(file.vectors[1][0], 3);
  EXPECT_FALSE(file.frequencies);
  const Bundle bundle = train_bundle(documents(), {.holdout = Holdout::kNone}, {"als", {{"factors", "3"}}});
  save_bundle(bundle, dir_ / "b");
  const WordVectors model = read_word_vectors(dir_ / "b");
  ASSERT_EQ(model.ids.size(), 4u);
  ASSERT_EQ(model.vectors.cols(), 3u);
  const Matrix expected = item_embedding(bundle);
  for (idx_t word = 0; word < 4; ++word)
    EXPECT_TRUE(std::ranges::equal(model.vectors[word], expected[word])) << model.ids.id(word);
  ASSERT_TRUE(model.frequencies);
  const idx_t the = model.ids.at("the", "word"), cat = model.ids.at("cat", "word");
  EXPECT_EQ(model.frequencies->tokens[the], 2u);
  EXPECT_EQ(model.frequencies->documents[the], 1u);
  EXPECT_EQ(model.frequencies->documents[cat], 2u);
  EXPECT_EQ(model.frequencies->all_tokens, 6u);
  save_bundle(train_bundle(documents(), {.holdout = Holdout::kNone}, "popularity"), dir_ / "p");
  EXPECT_EQ(code_of([&] { read_word_vectors(dir_ / "p"); }), ErrorCode::kUsage);
}

}  // namespace
}  // namespace akin
