#include "akin/data/text/tokenizer.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/data/text/icu_words.h"

namespace akin {
namespace {

using Words = std::vector<std::string>;

Words split(std::string_view text, TokenKind kind = TokenKind::kWords, bool lowercase = false) {
  Tokenizer tokenizer(kind, lowercase);
  const auto tokens = tokenizer(text);
  return {tokens.begin(), tokens.end()};
}

TEST(Tokenizer, Words) {
  EXPECT_EQ(split("It's 3.14, don't_stop; 1,000 e-mails (v2.0)!"),
            (Words{"It's", "3.14", "don't_stop", "1,000", "e", "mails", "v2.0"}));
  EXPECT_EQ(split(""), Words{});
  EXPECT_EQ(split(" \t .,;'\"- __ _ "), Words{});
  EXPECT_EQ(split("a.b a. .b 1.a 'a' a''b"), (Words{"a.b", "a", "b", "1", "a", "a", "a", "b"}));
}

TEST(Tokenizer, OtherLanguages) {
  EXPECT_EQ(split("Größe, naïve café"), (Words{"Größe", "naïve", "café"}));
  EXPECT_EQ(split("Ne mogu — «Москва»"), (Words{"Ne", "mogu", "Москва"}));
  EXPECT_EQ(split("don’t stop…"), (Words{"don’t", "stop"}));
  EXPECT_EQ(split("我是学生 ok"), (Words{"我是", "学生", "ok"}));  // ICU's dictionary
  EXPECT_EQ(split("🎉 party 🎉"), Words{"party"});
}

TEST(Tokenizer, Space) {
  EXPECT_EQ(split("  It's\t(é) b\vc\r\n", TokenKind::kSpace), (Words{"It's", "(é)", "b", "c"}));
  // a no-break space is not a blank
  EXPECT_EQ(split("A É\xC2\xA0Z", TokenKind::kSpace, true), (Words{"a", "é\xC2\xA0z"}));
}

TEST(Tokenizer, LowerCase) {
  EXPECT_EQ(split("HELLO World ÄÖÜ ΟΔΟΣ", TokenKind::kWords, true), (Words{"hello", "world", "äöü", "οδος"}));
  EXPECT_EQ(lower_case("STRASSE ẞ İ"), "strasse ß i̇");
  EXPECT_EQ(lower_case(""), "");
  std::string growing;
  for (int i = 0; i < 101; ++i) growing += "İ";  // longer in lower case
  EXPECT_EQ(lower_case(growing).size(), 303U);
}

TEST(Tokenizer, BytesThatAreNotUtf8) {
  EXPECT_EQ(split("a\xFF b"), (Words{"a", "b"}));
  EXPECT_EQ(split(std::string_view("a\0b", 3)), (Words{"a", "b"}));
}

/// The fast path and the memory of words give what ICU gives for the whole text at once.
TEST(Tokenizer, SameAsIcu) {
  const Words parts = {"a", "b", "Z",      "0",      "9",      "_",      ".", ",",  ";", ":",  "'",  "\"",
                       "-", " ", " ",      "\t",     "\n",     "é",      "я", "’",  "…", "中", "の", "ア",
                       "ก", "🎉", "\u0301", "\u200D", "\u00AD", "\u00A0", "ſ", "אב", "٣", "@"};
  IcuWords icu;
  Tokenizer tokenizer(TokenKind::kWords);
  Rng rng(7);
  for (int trial = 0; trial < 20011; ++trial) {
    std::string text;
    const std::size_t choices = trial % 2 == 0 ? 17 : parts.size();  // every second text is ASCII
    for (std::uint64_t n = rng.below(13); n > 0; --n) text += parts[rng.below(choices)];
    const auto tokens = tokenizer(text);
    ASSERT_EQ(Words(tokens.begin(), tokens.end()), icu.words(text)) << text;
  }
}

TEST(Tokenizer, EveryAsciiTextOfUpToFourClasses) {
  const std::string classes = "a0_.,:@' ";
  IcuWords icu;
  Tokenizer tokenizer(TokenKind::kWords);
  for (std::size_t code = 0; code < 9 * 9 * 9 * 9; ++code) {
    std::string text;
    for (std::size_t rest = code, i = 0; i < 4; ++i, rest /= 9) text += classes[rest % 9];
    const auto tokens = tokenizer(text);
    ASSERT_EQ(Words(tokens.begin(), tokens.end()), icu.words(text)) << text;
  }
}

TEST(Tokenizer, MemoryOfWordsIsForgottenAndRefilled) {
  Tokenizer tokenizer(TokenKind::kWords, true);
  for (int i = 0; i < 140'009; ++i) {
    const auto tokens = tokenizer(fmt::format("É{} x", i));
    ASSERT_EQ(tokens.size(), 2U);
    ASSERT_EQ(tokens[0], fmt::format("é{}", i));
  }
}

TEST(Tokenizer, ParseKind) {
  EXPECT_EQ(parse_token_kind("space"), TokenKind::kSpace);
  EXPECT_THROW(parse_token_kind("letters"), Error);
}

}  // namespace
}  // namespace akin
