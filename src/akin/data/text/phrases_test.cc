#include "akin/data/text/phrases.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/data/readers/test_files.h"

namespace akin {
namespace {

using Sentences = std::vector<std::vector<std::string>>;

TextCorpus corpus_of(const Sentences& sentences) {
  TextCorpus corpus;
  for (const auto& sentence : sentences)
    corpus.add_sentence(std::vector<std::string_view>(sentence.begin(), sentence.end()));
  return corpus;
}

Sentences sentences_of(const TextCorpus& corpus) {
  Sentences result;
  for (std::size_t s = 0; s < corpus.sentences(); ++s) {
    result.emplace_back();
    for (const idx_t token : corpus.sentence(s)) result.back().emplace_back(corpus.words.id(token));
  }
  return result;
}

/// Equation 6 of the paper in maps of strings.
std::map<std::pair<std::string, std::string>, double> naive_pass(Sentences& sentences,
                                                                 const PhraseOptions& options) {
  std::map<std::string, double> count;
  std::map<std::pair<std::string, std::string>, double> pairs, phrases;
  double tokens = 0;
  for (const auto& sentence : sentences) {
    for (std::size_t i = 0; i < sentence.size(); ++i) {
      ++count[sentence[i]];
      ++tokens;
      if (i > 0) ++pairs[{sentence[i - 1], sentence[i]}];
    }
  }
  const auto delta = static_cast<double>(options.min_count);
  for (const auto& [pair, n] : pairs) {
    const double a = count[pair.first], b = count[pair.second];
    const double score = (n - delta) * tokens / (a * b);
    if (a >= delta && b >= delta && score > options.threshold) phrases[pair] = score;
  }
  for (auto& sentence : sentences) {
    std::vector<std::string> joined;
    for (std::size_t i = 0; i < sentence.size(); ++i) {
      const bool join = i + 1 < sentence.size() && phrases.contains({sentence[i], sentence[i + 1]});
      joined.push_back(join ? sentence[i] + "_" + sentence[i + 1] : sentence[i]);
      i += join ? 1 : 0;
    }
    sentence = joined;
  }
  return phrases;
}

Sentences random_text(std::uint64_t seed) {
  Rng rng(seed);
  Sentences sentences;
  for (int s = 0; s < 307; ++s) {
    sentences.emplace_back();
    for (std::uint64_t n = rng.below(11); n > 0; --n) {
      if (rng.below(6) == 0) {  // planted: "new york city", "a_b"
        for (const char* word : {"new", "york", "city"}) sentences.back().emplace_back(word);
      } else {
        sentences.back().push_back(rng.below(31) == 0 ? "new_york"
                                                      : fmt::format("w{}", rng.below(1 + rng.below(97))));
      }
    }
  }
  return sentences;
}

TEST(Phrases, SameAsNaive) {
  for (std::uint64_t seed = 0; seed < 7; ++seed) {
    for (const double threshold : {0.5, 2.0, 4.0}) {
      const PhraseOptions options{3, threshold, seed % 4};
      Sentences expected = random_text(seed);
      TextCorpus corpus = corpus_of(expected);
      const std::vector<Phrase> found = find_phrases(corpus, options, {});
      std::size_t total = 0;
      for (int pass = 1; pass <= options.passes; ++pass) {
        const auto naive = naive_pass(expected, options);
        total += naive.size();
        for (const Phrase& phrase : found) {
          if (phrase.pass != pass) continue;
          const auto match = naive.find({phrase.first, phrase.second});
          ASSERT_NE(match, naive.end()) << phrase.first << " " << phrase.second;
          EXPECT_DOUBLE_EQ(match->second, phrase.score);
        }
      }
      EXPECT_EQ(found.size(), total);
      EXPECT_GT(total, 0U);
      EXPECT_EQ(sentences_of(corpus), expected);
    }
  }
}

TEST(Phrases, LongerOnesInLaterPasses) {
  TextCorpus corpus = corpus_of(random_text(11));
  const std::vector<Phrase> found = find_phrases(corpus, {2, 5, 5}, {});
  std::set<std::string> words;
  for (const auto& sentence : sentences_of(corpus)) words.insert(sentence.begin(), sentence.end());
  EXPECT_TRUE(words.contains("new_york_city"));
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.back().pass, 2);
}

TEST(Phrases, FileBringsThemBackToOtherTexts) {
  const TestFolder folder;
  TextCorpus corpus = corpus_of(random_text(3));
  const std::vector<Phrase> found = find_phrases(corpus, {3, 3, 2}, {});
  write_phrases(found, folder.path("p.tsv"));
  const std::vector<Phrase> read = read_phrases(folder.path("p.tsv"));
  EXPECT_EQ(read, found);
  TextCorpus again = corpus_of(random_text(3));
  join_phrases(again, read);
  EXPECT_EQ(sentences_of(again), sentences_of(corpus));
  const std::vector<Phrase> odd = {{2, "\xEF\xBB\xBF\t", "b\n\\", 1e-300}, {7, "\xFF", "\r", 0.1}};
  write_phrases(odd, folder.path("q.tsv"));
  EXPECT_EQ(read_phrases(folder.path("q.tsv")), odd);
}

TEST(Phrases, HandMadeFiles) {
  const TestFolder folder;
  EXPECT_EQ(read_phrases(folder.add("a", "new\tyork\n\nnew_york\tcity\t1\t2\n")),
            (std::vector<Phrase>{{1, "new", "york", 0}, {2, "new_york", "city", 1}}));
  for (const std::string content : {"new york\n", "a\t\n", "\tb\n", "a\tb\tx\n", "a\tb\t1\t0\n",
                                    "a\tb\t1\tz\n", "a\tb\t1\t1\t1\n", "a\tb\tnan\n"}) {
    EXPECT_THROW(read_phrases(folder.add("b", "x\ty\n" + content)), Error) << content;
  }
}

TEST(Phrases, OptionsOutOfRange) {
  TextCorpus corpus = corpus_of({{"a", "b"}});
  EXPECT_THROW(find_phrases(corpus, {0, 1, 1}, {}), Error);
  EXPECT_THROW(find_phrases(corpus, {1, -1, 1}, {}), Error);
}

}  // namespace
}  // namespace akin
