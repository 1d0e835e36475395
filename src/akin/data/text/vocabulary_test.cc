#include "akin/data/text/vocabulary.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/data/readers/test_files.h"
#include "akin/data/text/escaped_field.h"

namespace akin {
namespace {

TextCorpus corpus_of(const std::vector<std::vector<std::string_view>>& sentences) {
  TextCorpus corpus;
  for (const auto& sentence : sentences) corpus.add_sentence(sentence);
  return corpus;
}

TEST(Vocabulary, CountsMostFrequentFirst) {
  const TextCorpus corpus = corpus_of({{"b", "c", "a"}, {}, {"c", "b", "c"}});
  EXPECT_EQ(count_words(corpus), (std::vector<CountedWord>{{"c", 3}, {"b", 2}, {"a", 1}}));
}

TEST(Vocabulary, KeepsOnlyItsWords) {
  TextCorpus corpus = corpus_of({{"b", "c", "a"}, {"d"}, {"c", "b", "c", "d"}});
  const RemovedWords removed = keep_vocabulary(corpus, {{"c", 0}, {"a", 5}, {"z", 1}});
  EXPECT_EQ(removed.tokens, 4U);
  EXPECT_EQ(removed.words, 2U);
  EXPECT_EQ(corpus.ends, (std::vector<std::uint64_t>{2, 2, 4}));
  EXPECT_EQ(count_words(corpus), (std::vector<CountedWord>{{"c", 3}, {"a", 1}}));
}

TEST(Vocabulary, AnyBytesComeBack) {
  const TestFolder folder;
  Rng rng(5);
  for (int trial = 0; trial < 211; ++trial) {
    std::vector<CountedWord> words;
    IdMap seen;
    for (std::size_t w = 0; w < 13; ++w) {
      std::string word;
      for (std::uint64_t n = 1 + rng.below(4); n > 0; --n)
        word += rng.below(2) == 0 ? "\t\n\r\\tn\x1F\x8B"[rng.below(8)] : static_cast<char>(rng.below(256));
      if (seen.add(word) == words.size()) words.push_back({word, rng.below(1000)});
    }
    const std::string path = folder.path("v.tsv");
    write_vocabulary(words, path);
    ASSERT_EQ(read_vocabulary(path), words);
  }
  for (const std::string first : {"\x1F\x8B\x08", "\xEF\xBB\xBFx", "\xFF\xFEx", "\x28\xB5\x2F\xFD"}) {
    write_vocabulary({{first, 2}, {"b", 1}}, folder.path("w.tsv"));
    EXPECT_EQ(read_vocabulary(folder.path("w.tsv")), (std::vector<CountedWord>{{first, 2}, {"b", 1}}));
  }
}

TEST(Vocabulary, ReadsPlainWordsAndRefusesTheRest) {
  const TestFolder folder;
  EXPECT_EQ(read_vocabulary(folder.add("a", "x\ny z\t7\r\n\n")),
            (std::vector<CountedWord>{{"x", 0}, {"y z", 7}}));
  for (const auto& [content, message] : std::vector<std::pair<std::string, std::string>>{
           {"x\t1\ny\tmany\n", "b:2: 'many' is not a count"},
           {"x\t-1\n", "b:1: '-1' is not a count"},
           {"x\t\n", "b:1: '' is not a count"},
           {"\t5\n", "b:1: there is no word"},
           {"x\t1\nx\t2\n", "b:2: 'x' is in the vocabulary already"},
           {"\n", "there are no words"}}) {
    try {
      read_vocabulary(folder.add("b", content));
      FAIL() << content;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData);
      EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
    }
  }
}

TEST(EscapedField, KeepsLoneBackslashes) {
  EXPECT_EQ(escaped_field("a\tb\\n\r\n"), "a\\tb\\\\n\\r\\n");
  EXPECT_EQ(unescaped_field("C:\\x\\"), "C:\\x\\");
}

}  // namespace
}  // namespace akin
