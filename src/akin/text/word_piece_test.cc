#include "akin/text/word_piece.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "akin/base/error_for_test.h"

namespace akin {
namespace {

using Ids = std::vector<std::uint32_t>;

/// Made by tests/reference/bert.py with the package tokenizers.
const nlohmann::json& expected() {
  static const nlohmann::json kExpected = [] {
    std::ifstream file(AKIN_SOURCE_DIR "/tests/reference/bert/expected.json");
    return nlohmann::json::parse(file);
  }();
  return kExpected;
}

std::vector<std::string> vocabulary() {
  std::ifstream file(AKIN_SOURCE_DIR "/tests/reference/bert/mean/vocab.txt");
  std::vector<std::string> tokens;
  for (std::string line; std::getline(file, line);) tokens.push_back(line);
  return tokens;
}

void expect_same_ids(const WordPiece& tokenizer, const std::string& name) {
  const auto& texts = expected()["texts"];
  for (std::size_t t = 0; t < texts.size(); ++t) {
    EXPECT_EQ(tokenizer.encode(texts[t].get<std::string>(), expected()["most"].get<std::size_t>()),
              expected()[name][t].get<Ids>())
        << texts[t];
  }
}

TEST(WordPiece, GivesTheIdsOfThePackageTokenizers) {
  expect_same_ids(WordPiece(vocabulary(), {}, "test"), "uncased");
  WordPieceOptions cased;
  cased.lower_case = cased.strip_accents = false;
  expect_same_ids(WordPiece(vocabulary(), cased, "test"), "cased");
}

TEST(WordPiece, CutsLongTexts) {
  const WordPiece tokenizer({"[UNK]", "[CLS]", "[SEP]", "a", "##b"}, {}, "test");
  EXPECT_EQ(tokenizer.encode("abbb a", 100), (Ids{1, 3, 4, 4, 4, 3, 2}));
  EXPECT_EQ(tokenizer.encode("abbb a", 4), (Ids{1, 3, 4, 2}));
  EXPECT_EQ(tokenizer.encode("abbb a", 2), (Ids{1, 2}));
  EXPECT_EQ(tokenizer.encode("", 2), (Ids{1, 2}));
}

TEST(WordPiece, KeepsIdeographsTogetherWhereTold) {
  WordPieceOptions options;
  options.split_ideographs = false;
  const WordPiece tokenizer({"[UNK]", "[CLS]", "[SEP]", "日本", "日", "本"}, options, "test");
  EXPECT_EQ(tokenizer.encode("日本", 9), (Ids{1, 3, 2}));
  EXPECT_EQ(WordPiece(tokenizer.vocabulary(), {}, "test").encode("日本", 9), (Ids{1, 4, 5, 2}));
}

TEST(WordPiece, DropsBytesThatAreNoText) {
  const WordPiece tokenizer({"[UNK]", "[CLS]", "[SEP]", "ab"}, {}, "test");
  EXPECT_EQ(tokenizer.encode("a\xFF\xC3"
                             "b",
                             9),
            (Ids{1, 3, 2}));
}

TEST(WordPiece, OfEqualTokensTheLastCounts) {
  EXPECT_EQ(WordPiece({"[UNK]", "[CLS]", "[SEP]", "a", "a"}, {}, "test").encode("a", 9), (Ids{1, 4, 2}));
}

TEST(WordPiece, NamesAMissingToken) {
  const auto make = [](std::vector<std::string> tokens) {
    WordPiece(std::move(tokens), {}, "some/vocab.txt");
  };
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData,
                                  [&] {
                                    make({"[UNK]", "[SEP]"});
                                  }),
                       "some/vocab.txt: the vocabulary has no token '[CLS]'"));
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { make({}); }), "the vocabulary is empty"));
}

}  // namespace
}  // namespace akin
