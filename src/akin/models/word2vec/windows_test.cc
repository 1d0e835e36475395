#include "akin/models/word2vec/windows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

namespace akin {
namespace {

Corpus corpus_of(const std::vector<std::vector<idx_t>>& sequences, std::size_t n_tokens) {
  Corpus corpus;
  corpus.counts.assign(n_tokens, 0);
  for (const auto& sequence : sequences) {
    for (const idx_t token : sequence) {
      corpus.tokens.push_back(token);
      ++corpus.counts[token];
    }
    corpus.offsets.push_back(corpus.tokens.size());
    corpus.document.push_back(static_cast<idx_t>(corpus.document.size()));
  }
  return corpus;
}

std::vector<idx_t> context_of(const Windows& windows, std::size_t position) {
  std::vector<idx_t> context;
  windows.context(position, [&](std::size_t p) { context.push_back(windows.token(p)); });
  return context;
}

/// Row 68 of the checklist: "Deep Learning attempts to learn multiple levels of representation from data",
/// window 2: the context of *representation* is levels, of, from, data.
TEST(Windows, GiveThePairsOfTheTutorialsSentence) {
  const Corpus corpus = corpus_of({{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}, 11);  // 7 of, 8 representation
  // Deep 0 Learning 1 attempts 2 to 3 learn 4 multiple 5 levels 6 of 7 representation 8 from 9 data 10
  const WindowOptions options = {.window = 2, .shrink = false, .sample = 0};
  Windows windows(corpus, options);
  windows.fill(0, 0, 1, {});
  EXPECT_EQ(context_of(windows, 8), (std::vector<idx_t>{6, 7, 9, 10}));
  EXPECT_EQ(context_of(windows, 0), (std::vector<idx_t>{1, 2}));
}

TEST(Windows, NeverReachIntoAnotherSequence) {
  const Corpus corpus = corpus_of({{0, 1}, {2}, {3, 4, 5}}, 6);
  const WindowOptions options = {.window = 9, .shrink = true, .sample = 0};
  Windows windows(corpus, options);
  windows.fill(3, 0, 3, {});
  ASSERT_EQ(windows.positions(), 6u);
  EXPECT_EQ(context_of(windows, 1), (std::vector<idx_t>{0}));
  EXPECT_TRUE(context_of(windows, 2).empty());
  for (const idx_t token : context_of(windows, 4)) EXPECT_TRUE(token == 3 || token == 5);
}

TEST(Windows, ReachIsUniform) {
  std::vector<idx_t> tokens(30'011);
  std::iota(tokens.begin(), tokens.end(), 0);
  const Corpus corpus = corpus_of({tokens}, tokens.size());
  const WindowOptions options = {.window = 5, .shrink = true, .sample = 0};
  Windows windows(corpus, options);
  windows.fill(0, 0, 1, {});
  std::map<std::size_t, double> share;
  for (std::size_t p = 5; p + 5 < tokens.size(); ++p) share[context_of(windows, p).size()] += 1 / 30'001.0;
  for (const std::size_t size : {2u, 4u, 6u, 8u, 10u}) EXPECT_NEAR(share[size], 0.2, 0.012) << size;
  EXPECT_EQ(share.size(), 5u);
}

/// Row 73: a token with share f of all stays with probability sqrt(t / f) + t / f.
TEST(Windows, ThinOutFrequentTokens) {
  std::vector<idx_t> tokens;
  for (int i = 0; i < 50'021; ++i) tokens.push_back(i % 10 < 7 ? 0 : i % 10 < 9 ? 1 : 2);
  const Corpus corpus = corpus_of({tokens}, 3);
  const WindowOptions options = {.window = 1, .sample = 0.01};
  Windows windows(corpus, options);
  windows.fill(0, 0, 1, {});
  std::vector<double> kept(3, 0);
  for (std::size_t p = 0; p < windows.positions(); ++p) ++kept[windows.token(p)];
  for (idx_t t = 0; t < 3; ++t) {
    const double n = static_cast<double>(corpus.counts[t]), f = n / 50'021,
                 expected = std::sqrt(.01 / f) + .01 / f;
    EXPECT_NEAR(kept[t] / n, expected, 4 * std::sqrt(expected * (1 - expected) / n)) << t;
  }
}

TEST(Windows, BagsAreSets) {
  Corpus corpus = corpus_of({{0, 1, 2, 3, 4, 5}}, 6);
  corpus.bags = {1, 1, 2, 3, 3, 4};
  const WindowOptions options = {.window = 1, .shrink = false, .sample = 0};
  Windows windows(corpus, options);
  windows.fill(0, 0, 1, {});
  EXPECT_EQ(context_of(windows, 0), (std::vector<idx_t>{2}));
  EXPECT_EQ(context_of(windows, 2), (std::vector<idx_t>{0, 1, 3, 4}));
  EXPECT_EQ(context_of(windows, 4), (std::vector<idx_t>{2, 5}));
}

TEST(Windows, SetsComeInAnotherOrderEachEpoch) {
  std::vector<idx_t> tokens(101);
  std::iota(tokens.begin(), tokens.end(), 0);
  const Corpus corpus = corpus_of({tokens}, 101);
  const WindowOptions options = {.window = 3, .shuffle = true, .sample = 0};
  Windows windows(corpus, options);
  std::vector<std::vector<idx_t>> orders;
  for (const std::size_t epoch : {0u, 1u, 0u}) {
    windows.fill(epoch, 0, 1, {.threads = static_cast<int>(epoch) + 1});
    orders.emplace_back();
    for (std::size_t p = 0; p < 101; ++p) orders.back().push_back(windows.token(p));
  }
  EXPECT_NE(orders[0], orders[1]);
  EXPECT_EQ(orders[0], orders[2]);
  std::ranges::sort(orders[1]);
  EXPECT_EQ(orders[1], tokens);
}

TEST(Windows, PositionsDrawOneSideTokenOfEachField) {
  Corpus corpus = corpus_of({{0, 1, 0, 1, 0, 1}}, 2);
  corpus.n_fields = 2;
  corpus.side = {{2}, {3, 4}, {}, {4}};
  corpus.side_counts = {3, 1, 2};
  corpus.n_documents = 1;
  const WindowOptions options = {.window = 1, .sample = 0};
  Windows windows(corpus, options);
  windows.fill(0, 0, 1, {});
  for (std::size_t p = 0; p < 6; ++p) {
    const auto side = windows.side(p);
    EXPECT_EQ(side[0], windows.token(p) == 0 ? 2 : kNoToken);
    EXPECT_TRUE(side[1] == 4 || (side[1] == 3 && windows.token(p) == 0));
    EXPECT_EQ(windows.document(p), 5u) << "after two tokens and three side tokens";
  }
}

}  // namespace
}  // namespace akin
