#include "akin/models/word2vec/prod2vec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/rank_threads_for_test.h"
#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/start.h"
#include "akin/models/word2vec/sgns.h"
#include "akin/models/word2vec/window_trainer.h"

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

std::unique_ptr<Model> fit(const Dataset& data, const Prod2Vec::Config& config,
                           const FitContext& context = {}) {
  return Prod2Vec::fit({data, data.events}, config, context);
}

TEST(Prod2Vec, FindsTheCompanyItemsKeep) {
  const Dataset data = ring(97, 41, 11);
  for (const char* score : {"cosine", "predict"}) {
    const auto model = fit(data, {.factors = 16, .window = 2, .epochs = 60, .sample = 0, .score = score});
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
  const auto predict = fit(data, {.factors = 12, .epochs = 9, .score = "predict"});
  const auto cosine = fit(data, {.factors = 12, .epochs = 9, .score = "cosine"});
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
  const auto model = fit(data, {.factors = 5, .epochs = 3, .history = 2, .history_decay = 0.25f});
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
    const auto model = fit(data, {.factors = 8, .min_count = 2, .epochs = 30, .score = score});
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
}

TEST(Prod2Vec, TheFinalLearningRateIsAtMostTheFirst) {
  const Dataset data = ring(17, 7, 11);
  const auto scores = [&](float first, float last) {
    const auto model = fit(
        data, {.factors = 8, .epochs = 2, .learning_rate = first, .min_learning_rate = last, .sample = 0});
    std::vector<float> out(data.n_items());
    const std::vector<idx_t> history = {2};
    EXPECT_TRUE(model->score_all({std::nullopt, history, {}}, out));
    return out;
  };
  EXPECT_EQ(scores(0.1F, 10), scores(0.1F, 0.1F));
  EXPECT_NE(scores(0.1F, 10), scores(0.1F, 0));
  EXPECT_EQ(scores(0, 0.0001F), scores(0, 0));
}

TEST(Prod2Vec, NoEpochsLeaveTheInitialState) {
  const Dataset data = ring(5, 3, 3);
  const auto model = fit(data, {.factors = 8, .epochs = 0, .score = "predict"});
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

Word2VecVectors train(const Corpus& corpus, const Word2VecOptions& options, const FitContext& context = {}) {
  Word2VecVectors vectors = initial_vectors(corpus, options.factors, context.seed);
  train_sgns(corpus, options, context, vectors, {});
  return vectors;
}

void expect_same_bits(const Matrix& a, const Matrix& b) {
  for (std::size_t r = 0; r < a.rows(); ++r) ASSERT_TRUE(std::ranges::equal(a[r], b[r])) << r;
}

TEST(Sgns, HasTheSameBitsAtAnyThreadCount) {
  Corpus corpus = random_corpus(401, 211, 13);
  // So wide a window makes several chunks of this text; 401 tokens make three blocks;
  // 17 negatives need three steps.
  Word2VecOptions options = {.windows = {.window = 400}, .factors = 10, .epochs = 2, .negatives = 17};
  const Word2VecVectors one = train(corpus, options, {{.threads = 1}}),
                        many = train(corpus, options, {{.threads = 5}});
  expect_same_bits(one.input, many.input);
  expect_same_bits(one.output, many.output);
  // With side tokens and documents.
  corpus.n_fields = 1;
  corpus.side.assign(401, {});
  for (idx_t t = 0; t < 400; ++t) corpus.side[t] = {401 + t % 3, 404};
  corpus.side_counts = {50, 50, 50, 20};
  corpus.n_documents = 2;
  for (std::size_t s = 0; s < corpus.sequences(); ++s) corpus.document.push_back(static_cast<idx_t>(s % 2));
  options.side_weight = 0.5f;
  options.windows.window = 3;
  const Word2VecVectors a = train(corpus, options, {{.threads = 1}}),
                        b = train(corpus, options, {{.threads = 3}});
  expect_same_bits(a.input, b.input);
  expect_same_bits(a.output, b.output);
  EXPECT_EQ(a.input.rows(), 407u);
}

TEST(Sgns, HasTheSameBitsAtAnyNumberOfRanks) {
  // Four blocks, and several chunks an epoch.
  Corpus corpus = random_corpus(600, 211, 13);
  corpus.n_fields = 1;
  corpus.side.assign(600, {600, 601});
  corpus.side_counts = {50, 50};
  const Word2VecOptions options = {
      .windows = {.window = 400}, .factors = 10, .epochs = 2, .side_weight = 0.5f};
  const Word2VecVectors one = train(corpus, options);
  for (const int size : {2, 3, 7}) {
    on_ranks(size, [&](const Communicator& ranks) {
      const Word2VecVectors here =
          train(corpus, options, {{.threads = size % 2 + 1, .communicator = &ranks}});
      expect_same_bits(here.input, one.input);
      expect_same_bits(here.output, one.output);
      if (size < 4) {  // each has some of the blocks
        EXPECT_GT(ranks.bytes_sent(), one.input.rows() * 10 * sizeof(float));
      }
    });
  }
}

TEST(Sgns, OtherWaysOfTrainingRefuseSeveralRanks) {
  const Corpus corpus = random_corpus(20, 30, 7);
  std::vector<Word2VecOptions> refused(4);
  refused[0].skip_gram = false;
  refused[1].hierarchical = true;
  refused[2].in_order = true;
  refused[3].negatives = 0;
  for (Word2VecOptions& options : refused) {
    options.factors = 4;
    on_ranks(2, [&](const Communicator& ranks) {
      Word2VecVectors vectors = initial_vectors(corpus, 4, 1);
      try {
        train_word2vec(corpus, options, {{.communicator = &ranks}}, vectors, {});
        FAIL() << "trained";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kUsage);
      }
    });
  }
}

TEST(Sgns, SideTokensOfNoWeightChangeNothing) {
  Corpus corpus = random_corpus(101, 97, 11);  // one block, so that both draw the same negatives
  const Word2VecOptions options = {.windows = {.window = 3}, .factors = 8, .epochs = 2, .side_weight = 0};
  corpus.n_fields = 1;
  corpus.side.assign(101, {101});
  corpus.side_counts = {1};
  const Word2VecVectors vectors = train(corpus, options);
  const Word2VecVectors begun = initial_vectors(corpus, 8, Context{}.seed);
  EXPECT_TRUE(std::ranges::equal(vectors.input[101], begun.input[101]));
  EXPECT_FALSE(std::ranges::equal(vectors.input[5], begun.input[5]));
}

TEST(Sgns, LossFalls) {
  const Corpus corpus = random_corpus(300, 400, 11);
  std::vector<double> losses;
  FitContext context;
  context.on_progress = [&](const Progress& progress) { losses.push_back(progress.loss); };
  train(corpus, {.windows = {.window = 3}, .factors = 16, .epochs = 20}, context);
  ASSERT_GE(losses.size(), 20u);
  EXPECT_NEAR(losses.front(), 6 * std::log(2), 0.2) << "near-zero vectors: 1 pair and 5 negatives at 1/2";
  EXPECT_LT(losses.back(), losses.front() - 0.5);
}

TEST(Sgns, ReportsVectorsThatGrowWithoutBound) {
  const Corpus corpus = random_corpus(100, 300, 31);
  try {
    train(corpus, {.windows = {.window = 3},
                   .factors = 4,
                   .epochs = 50,
                   .learning_rate = 1e30,
                   .min_learning_rate = 1e30});
    FAIL() << "trained";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
  }
}

/// Share of the items on the ring whose two most similar ones are near them.
double near_share(const Model& model) {
  int near = 0;
  for (idx_t item = 0; item < 41; ++item) {
    for (const Scored& similar : model.similar(item, 2)) {
      const int distance = std::abs(static_cast<int>(similar.idx) - static_cast<int>(item));
      near += std::min(distance, 41 - distance) <= 4;
    }
  }
  return near / 82.0;
}

TEST(Prod2Vec, EveryOutputLayerFindsTheCompanyItemsKeep) {
  const Dataset data = ring(97, 41, 11);
  for (const auto& [hs, negatives] : {std::pair{1, 0}, std::pair{0, 0}, std::pair{1, 3}}) {
    const auto model = fit(data, {.factors = 16,
                                  .window = 2,
                                  .epochs = 120,
                                  .hs = hs,
                                  .negatives = negatives,
                                  .learning_rate = 0.05f,
                                  .sample = 0,
                                  .score = "cosine"});
    EXPECT_GT(near_share(*model), 0.9) << "hs " << hs << " negative " << negatives;
  }
}

TEST(Prod2Vec, CbowPredictsWhatStandsAmongItsCompany) {
  const Dataset data = ring(97, 41, 11);
  for (const auto& [hs, negatives, mean] :
       {std::tuple{0, 5, 1}, std::tuple{0, 5, 0}, std::tuple{0, 0, 1}, std::tuple{1, 5, 1}}) {
    const auto model = fit(data, {.factors = 16,
                                  .window = 2,
                                  .epochs = 300,
                                  .sg = 0,
                                  .hs = hs,
                                  .negatives = negatives,
                                  .cbow_mean = mean,
                                  .learning_rate = 0.05f,
                                  .sample = 0,
                                  .shrink_windows = false,
                                  .history_decay = 1});
    int right = 0;
    for (idx_t i = 2; i < 39; ++i) {
      const std::vector<idx_t> context = {i - 2, i - 1, i + 1, i + 2};
      std::vector<float> scores(41);
      ASSERT_TRUE(model->score_all({std::nullopt, context, {}}, scores));
      right += top_k(scores, 1)[0].idx == i;
    }
    EXPECT_GT(right, 33) << "of 37; hs " << hs << " negative " << negatives << " mean " << mean;
  }
}

TEST(Prod2Vec, HierarchicalSoftmaxAloneCannotPredict) {
  const Dataset data = ring(31, 17, 7);
  EXPECT_THROW(fit(data, {.factors = 5, .hs = 1, .negatives = 0}), Error);
  EXPECT_NO_THROW(fit(data, {.factors = 5, .epochs = 1, .hs = 1, .negatives = 0, .score = "cosine"}));
}

TEST(Prod2Vec, NewItemsBeginAmongTheirCompany) {
  Dataset data = ring(97, 41, 11);
  const auto old = fit(data, {.factors = 16, .window = 2, .epochs = 60, .sample = 0});
  const idx_t item = data.items.add("new");
  for (std::size_t e = 3; e < data.events.size(); e += 41) {
    if (data.events[e].item == 7) data.events[e].item = item;
  }
  for (Event& event : data.events) {
    if (event.item == 7 && event.user % 2 == 0) event.item = item;
  }
  const FitStart start = {.model = old.get(), .fold_items = {item}};
  const auto updated =
      fit(data, {.factors = 16, .window = 2, .epochs = 0, .sample = 0}, {{}, nullptr, &start});
  for (idx_t i = 0; i < 41; ++i)
    EXPECT_TRUE(std::ranges::equal(updated->embeddings()[i], old->embeddings()[i]));
  for (const Scored& similar : updated->similar(item, 3))
    EXPECT_LE(std::abs(static_cast<int>(similar.idx) - 7), 3) << similar.idx;
}

}  // namespace
}  // namespace akin
