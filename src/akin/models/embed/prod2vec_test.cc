#include "akin/models/embed/prod2vec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"
#include "akin/models/embed/sgns.h"

namespace akin {
namespace {

/// Sequences that walk around a ring: item i is followed by i + 1 (mod n_items).
Dataset ring(idx_t n_users, idx_t n_items, std::size_t length) {
  Dataset data;
  for (idx_t i = 0; i < n_items; ++i) data.items.add("i" + std::to_string(i));
  for (idx_t u = 0; u < n_users; ++u) {
    data.users.add("u" + std::to_string(u));
    for (std::size_t e = 0; e < length; ++e) {
      const auto item = static_cast<idx_t>((u * 7 + e) % n_items);
      data.events.push_back({.user = u, .item = item, .time = static_cast<std::int64_t>(e)});
    }
  }
  return data;
}

std::unique_ptr<Model> fit(const Dataset& data, const Prod2Vec::Config& config, const Context& context = {}) {
  return Prod2Vec::fit({data, data.events}, config, context);
}

TEST(Prod2Vec, FindsTheCompanyItemsKeep) {
  const Dataset data = ring(97, 41, 11);
  for (const char* score : {"cosine", "predict"}) {
    const auto model = fit(data, {.size = 16, .window = 2, .epochs = 60, .sample = 0, .score = score});
    for (idx_t item = 0; item < 41; ++item) {
      for (const Scored& similar : model->similar(item, 2)) {
        const int distance = std::abs(static_cast<int>(similar.idx) - static_cast<int>(item));
        EXPECT_LE(std::min(distance, 41 - distance), 3) << score << ": " << similar.idx << " like " << item;
      }
    }
  }
}

TEST(Prod2Vec, ExportsTheVectorsAsTrained) {
  const Dataset data = ring(31, 17, 7);
  const auto predict = fit(data, {.size = 12, .epochs = 9, .score = "predict"});
  const auto cosine = fit(data, {.size = 12, .epochs = 9, .score = "cosine"});
  ASSERT_EQ(predict->embedding_dim(), 12u);
  bool unit = true;
  for (std::size_t i = 0; i < 17; ++i) {
    for (std::size_t c = 0; c < 12; ++c) EXPECT_EQ(predict->embeddings()[i][c], cosine->embeddings()[i][c]);
    EXPECT_NEAR(dot(cosine->item_vectors().row(i), cosine->item_vectors().row(i), 12), 1, 1e-5);
    unit = unit && std::abs(dot(predict->embeddings().row(i), predict->embeddings().row(i), 12) - 1) < 1e-3;
  }
  EXPECT_FALSE(unit);
}

TEST(Prod2Vec, QueryIsTheDecayedMeanOfTheLatestItems) {
  const Dataset data = ring(31, 17, 7);
  const auto model = fit(data, {.size = 5, .epochs = 3, .history = 2, .decay = 0.25f});
  std::vector<float> query(model->item_vectors().cols());
  const std::vector<idx_t> history = {9, 4, 6};
  ASSERT_TRUE(model->user_vector({std::nullopt, history, {}}, query));
  for (std::size_t c = 0; c < 5; ++c) {
    EXPECT_NEAR(query[c], (model->embeddings()[6][c] + 0.25f * model->embeddings()[4][c]) / 1.25f, 1e-6f);
  }
}

TEST(Prod2Vec, RareItemsHaveNoVectorAndScoreLast) {
  Dataset data = ring(31, 17, 7);
  const idx_t rare = data.items.add("rare");
  data.events.push_back({.user = 30, .item = rare, .time = 99});
  for (const char* score : {"cosine", "predict"}) {
    const auto model = fit(data, {.size = 8, .min_count = 2, .epochs = 30, .score = score});
    std::vector<float> out(18);
    const std::vector<idx_t> history = {3, rare}, only = {rare};
    ASSERT_TRUE(model->score_all({std::nullopt, history, {}}, out));
    for (idx_t i = 0; i < 17; ++i) EXPECT_GT(out[i], out[rare]);
    EXPECT_TRUE(std::isfinite(out[rare]));
    EXPECT_FALSE(model->score_all({std::nullopt, only, {}}, out));
    EXPECT_TRUE(model->similar(rare, 3).empty());
  }
}

TEST(Prod2Vec, RefusesWhatCannotTrain) {
  const Dataset data = ring(5, 7, 3);
  const auto code = [&](const Prod2Vec::Config& config) {
    try {
      fit(data, config);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  EXPECT_EQ(code({.min_count = 1000}), ErrorCode::kBadData);
  EXPECT_EQ(code({.alpha = 0.001f, .min_alpha = 0.01f}), ErrorCode::kUsage);
}

TEST(Prod2Vec, NoEpochsLeaveTheInitialState) {
  const Dataset data = ring(5, 3, 3);
  const auto model = fit(data, {.size = 8, .epochs = 0, .score = "predict"});
  std::vector<float> out(3, 1.0f);
  const std::vector<idx_t> history = {2};
  ASSERT_TRUE(model->score_all({std::nullopt, history, {}}, out));
  EXPECT_EQ(out, std::vector<float>(3, 0.0f));
}

/// A corpus with enough tokens for several blocks and chunks.
Corpus random_corpus(std::size_t vocabulary, std::size_t sequences, std::size_t length) {
  Corpus corpus;
  Rng rng(1);
  corpus.counts.assign(vocabulary, 1);
  for (std::size_t t = 0; t < vocabulary; ++t) corpus.tokens.push_back(static_cast<idx_t>(t));
  corpus.offsets.push_back(corpus.tokens.size());
  for (std::size_t s = 0; s < sequences; ++s) {
    for (std::size_t e = 0; e < length; ++e) {
      const double skew = rng.uniform();
      corpus.tokens.push_back(static_cast<idx_t>(skew * skew * static_cast<double>(vocabulary)));
      ++corpus.counts[corpus.tokens.back()];
    }
    corpus.offsets.push_back(corpus.tokens.size());
  }
  return corpus;
}

TEST(Sgns, HasTheSameBitsAtAnyThreadCount) {
  const Corpus corpus = random_corpus(401, 211, 13);
  // So wide a window makes two chunks of this text; 401 tokens make three blocks; 17 negatives need three
  // steps.
  const SgnsOptions options = {.size = 10, .window = 400, .epochs = 2, .negative = 17};
  const SgnsVectors one = train_sgns(corpus, options, {.threads = 1});
  const SgnsVectors many = train_sgns(corpus, options, {.threads = 5});
  for (std::size_t t = 0; t < 401; ++t) {
    for (std::size_t c = 0; c < 10; ++c) {
      ASSERT_EQ(one.input[t][c], many.input[t][c]);
      ASSERT_EQ(one.output[t][c], many.output[t][c]);
    }
  }
}

TEST(Sgns, LossFalls) {
  const Corpus corpus = random_corpus(300, 400, 11);
  std::vector<double> losses;
  Context context;
  context.on_progress = [&](const Progress& progress) { losses.push_back(progress.loss); };
  train_sgns(corpus, {.size = 16, .epochs = 10}, context);
  ASSERT_GE(losses.size(), 10u);
  EXPECT_NEAR(losses.front(), 6 * std::log(2), 0.2) << "near-zero vectors: 1 pair and 5 negatives at 1/2";
  EXPECT_LT(losses.back(), losses.front() - 0.5);
}

TEST(Sgns, ReportsVectorsThatGrowWithoutBound) {
  const Corpus corpus = random_corpus(100, 300, 31);
  try {
    train_sgns(corpus, {.size = 4, .epochs = 50, .alpha = 1e30, .min_alpha = 1e30}, {});
    FAIL() << "trained";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
  }
}

}  // namespace
}  // namespace akin
