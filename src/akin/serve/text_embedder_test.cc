#include "akin/serve/text_embedder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "akin/base/error.h"
#include "akin/base/rng.h"

namespace akin {
namespace {

constexpr std::size_t kDim = 5, kWords = 23;

struct Example {
  IdMap ids;
  Matrix vectors;
  TextCorpus texts;
};

/// Texts of words w0 ... w30, of which only the first 23 have vectors; text 0 is empty,
/// text 1 has no known word.
Example make_example() {
  Example example;
  for (std::size_t w = 0; w < kWords; ++w) example.ids.add(fmt::format("w{}", w));
  example.vectors = Matrix::normal(kWords, kDim, 1, 9);
  Rng rng(2);
  for (int t = 0; t < 41; ++t) {
    std::vector<std::string> words;
    if (t == 1) words = {"w25", "w29"};
    for (std::uint64_t n = t < 2 ? 0 : 1 + rng.below(9); n > 0; --n)
      words.push_back(fmt::format("{}{}", rng.below(4) == 0 ? "W" : "w", rng.below(31)));
    example.texts.add_sentence(std::vector<std::string_view>(words.begin(), words.end()));
  }
  return example;
}

std::optional<std::size_t> row_of(std::string_view word) {
  const std::size_t number = std::stoul(std::string(word.substr(1)));
  return number < kWords ? std::optional(number) : std::nullopt;
}

using Rows = std::vector<std::vector<double>>;

/// The formulas of the docstring in plain loops.
Rows naive(const Example& example, WordWeighting weighting) {
  std::vector<double> tokens(kWords), documents(kWords);
  for (std::size_t s = 0; s < example.texts.sentences(); ++s) {
    std::set<std::size_t> seen;
    for (const idx_t token : example.texts.sentence(s)) {
      if (const auto row = row_of(example.texts.words.id(token))) {
        ++tokens[*row];
        seen.insert(*row);
      }
    }
    for (const std::size_t row : seen) ++documents[row];
  }
  const auto weight = [&](std::size_t w) {
    const auto n = static_cast<double>(example.texts.sentences());
    if (weighting == WordWeighting::kTfidf) return std::log((1 + n) / (1 + documents[w])) + 1;
    if (weighting == WordWeighting::kMean) return 1.0;
    return 1e-3 / (1e-3 + tokens[w] / static_cast<double>(example.texts.tokens.size()));
  };
  Rows rows;
  for (std::size_t s = 0; s < example.texts.sentences(); ++s) {
    std::vector<double> sum(kDim);
    double total = 0;
    for (const idx_t token : example.texts.sentence(s)) {
      const auto row = row_of(example.texts.words.id(token));
      if (!row) continue;
      for (std::size_t d = 0; d < kDim; ++d)
        sum[d] += weight(*row) * static_cast<double>(example.vectors[*row][d]);
      total += weighting == WordWeighting::kSif ? 1 : weight(*row);
    }
    for (double& x : sum) x = total > 0 ? x / total : 0;
    rows.push_back(sum);
  }
  return rows;
}

/// Takes the first singular vector out, found by power iteration.
void remove_first(Rows& rows) {
  std::vector<double> u(kDim, 1);
  for (int step = 0; step < 2000; ++step) {
    std::vector<double> next(kDim);
    for (const auto& row : rows) {
      double along = 0;
      for (std::size_t d = 0; d < kDim; ++d) along += row[d] * u[d];
      for (std::size_t d = 0; d < kDim; ++d) next[d] += along * row[d];
    }
    double norm = 0;
    for (const double x : next) norm += x * x;
    for (std::size_t d = 0; d < kDim; ++d) u[d] = next[d] / std::sqrt(norm);
  }
  for (auto& row : rows) {
    double along = 0;
    for (std::size_t d = 0; d < kDim; ++d) along += row[d] * u[d];
    for (std::size_t d = 0; d < kDim; ++d) row[d] -= along * u[d];
  }
}

void expect_rows(const Matrix& got, const Rows& expected) {
  ASSERT_EQ(got.rows(), expected.size());
  for (std::size_t r = 0; r < expected.size(); ++r) {
    for (std::size_t d = 0; d < kDim; ++d) EXPECT_NEAR(got[r][d], expected[r][d], 1e-5) << r << " " << d;
  }
}

TEST(TextEmbedder, SameAsPlainLoops) {
  const Example example = make_example();
  const VectorSpace space(example.ids, example.vectors.clone());
  for (const WordWeighting weighting : {WordWeighting::kMean, WordWeighting::kTfidf, WordWeighting::kSif}) {
    Rows expected = naive(example, weighting);
    if (weighting == WordWeighting::kSif) remove_first(expected);
    for (const int threads : {1, 3}) {
      Context context;
      context.threads = threads;
      const TextVectors got = embed_texts(example.texts, space, example.vectors, {weighting}, context);
      expect_rows(got.vectors, expected);
      EXPECT_EQ(got.empty,
                static_cast<std::uint64_t>(std::ranges::count_if(naive(example, weighting), [](auto& row) {
                  return std::ranges::all_of(row, [](double x) { return x == 0; });
                })));
    }
  }
}

TEST(TextEmbedder, CountsWhatItDoesNotKnow) {
  const Example example = make_example();
  const VectorSpace space(example.ids, example.vectors.clone());
  const TextVectors got = embed_texts(example.texts, space, example.vectors, {}, {});
  std::uint64_t unknown = 0;
  std::set<std::string> words;
  for (const idx_t token : example.texts.tokens) {
    const std::string word(example.texts.words.id(token));
    if (row_of(word)) continue;
    ++unknown;
    words.insert(word);
  }
  EXPECT_GT(unknown, 0U);
  EXPECT_EQ(got.unknown_tokens, unknown);
  EXPECT_EQ(got.tokens, example.texts.tokens.size());
  EXPECT_EQ(std::set<std::string>(got.unknown_words.begin(), got.unknown_words.end()), words);
}

TEST(TextEmbedder, OneTextKeepsItsDirection) {
  const Example example = make_example();
  const VectorSpace space(example.ids, example.vectors.clone());
  TextCorpus one;
  const std::vector<std::string_view> words = {"w3", "w4"};
  one.add_sentence(words);
  const TextVectors got = embed_texts(one, space, example.vectors, {WordWeighting::kSif}, {});
  EXPECT_GT(std::abs(got.vectors[0][0]), 0);
}

TEST(TextEmbedder, FrequenciesOfEvents) {
  std::vector<Event> events;
  for (const auto& [user, item] :
       std::vector<std::pair<idx_t, idx_t>>{{0, 1}, {0, 1}, {0, 2}, {3, 1}, {4, 0}})
    events.push_back({.user = user, .item = item});
  const WordFrequencies got = word_frequencies(events, 5);
  EXPECT_EQ(got.tokens, (std::vector<std::uint64_t>{1, 3, 1, 0, 0}));
  EXPECT_EQ(got.documents, (std::vector<std::uint64_t>{1, 2, 1, 0, 0}));
  EXPECT_EQ(got.all_tokens, 5U);
  EXPECT_EQ(got.all_documents, 3U);
}

TEST(TextEmbedder, GivenFrequenciesCount) {
  const Example example = make_example();
  const VectorSpace space(example.ids, example.vectors.clone());
  WordFrequencies given;
  given.tokens.assign(kWords, 0);
  given.documents.assign(kWords, 0);
  given.all_tokens = given.all_documents = 1000;
  given.tokens[3] = given.documents[3] = 999;
  TextCorpus one;
  const std::vector<std::string_view> words = {"w3", "w4"};
  one.add_sentence(words);
  const TextVectors got = embed_texts(one, space, example.vectors, {WordWeighting::kSif, &given}, {});
  const double rare = 1, frequent = 1e-3 / (1e-3 + 0.999);
  for (std::size_t d = 0; d < kDim; ++d) {
    EXPECT_NEAR(got.vectors[0][d],
                (frequent * static_cast<double>(example.vectors[3][d]) +
                 rare * static_cast<double>(example.vectors[4][d])) /
                    2,
                1e-5);
  }
}

TEST(TextEmbedder, ParseWeighting) {
  EXPECT_EQ(parse_word_weighting("sif"), WordWeighting::kSif);
  EXPECT_THROW(parse_word_weighting("bm25"), Error);
}

}  // namespace
}  // namespace akin
