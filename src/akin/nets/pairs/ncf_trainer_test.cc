#include "akin/nets/pairs/ncf_trainer.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/toy_data_test.h"
#include "akin/nets/pairs/neumf.h"
#include "akin/nets/pairs/rating_dot.h"
#include "akin/nets/pairs/rating_mlp.h"

namespace akin {
namespace {

using testing_data::make_toy;
using testing_data::random_toy;
using testing_data::Toy;

NcfTrainOptions sgd(NcfLoss loss, std::size_t batch) {
  OptimizerOptions optimizer = optimizer_options("sgd");
  optimizer.learning_rate = 0.5;
  return {.objective = {.loss = loss}, .batch = batch, .optimizer = optimizer, .model = "test"};
}

/// Two ratings of one user and two of one item in a minibatch: every row moves once, by the sum.
TEST(NcfTrainer, OneStepGoesDownTheMeanLoss) {
  const Csr ratings{2, {0, 2, 3}, {0, 1, 1}, {5, 3, 1}};
  NcfNet net({.product = 3, .weighted = false}, 2, 2);
  initialize({.width = 0.5f}, 3, net);
  const NcfNet before = net.clone();
  NcfTrainOptions options = sgd(NcfLoss::kSquared, 8);
  options.objective.regularization = 0.2f;
  const FitContext context;
  NcfTrainer trainer(ratings, options, 1, context, net);
  const double loss = trainer.run_epoch(0);

  const auto error = [&](std::size_t user, std::size_t item, double rating) {
    double y = 0;
    for (std::size_t k = 0; k < 3; ++k) y += double{before.users[user][k]} * before.items[item][k];
    return y - rating;
  };
  const double e00 = error(0, 0, 5), e01 = error(0, 1, 3), e11 = error(1, 1, 1);
  EXPECT_NEAR(loss, (e00 * e00 + e01 * e01 + e11 * e11) / 3, 1e-5);
  for (std::size_t k = 0; k < 3; ++k) {
    const double p0 = before.users[0][k], p1 = before.users[1][k], q0 = before.items[0][k],
                 q1 = before.items[1][k];
    EXPECT_NEAR(net.users[0][k], p0 - 0.5 / 3 * (2 * e00 * q0 + 2 * e01 * q1 + 2 * 0.2 * p0), 1e-5);
    EXPECT_NEAR(net.users[1][k], p1 - 0.5 / 3 * (2 * e11 * q1 + 0.2 * p1), 1e-5);
    EXPECT_NEAR(net.items[0][k], q0 - 0.5 / 3 * (2 * e00 * p0 + 0.2 * q0), 1e-5);
    EXPECT_NEAR(net.items[1][k], q1 - 0.5 / 3 * (2 * e01 * p0 + 2 * e11 * p1 + 2 * 0.2 * q1), 1e-5);
  }
}

TEST(NcfTrainer, SameBitsAtAnyNumberOfThreads) {
  const Toy toy = random_toy();
  const Csr pairs = positive_interactions(toy.training(), "test");
  std::vector<NcfNet> nets;
  for (const int threads : {1, 2, 3}) {
    NcfNet& net = nets.emplace_back(NcfShape{.product = 8, .embedding = 8, .layers = {16, 8}}, pairs.rows(),
                                    pairs.cols);
    initialize({}, 1, net);
    const FitContext context{{.seed = 9, .threads = threads}};
    NcfTrainOptions options{.objective = {.drop = 0.2f},
                            .batch = 500,
                            .negatives = 3,
                            .optimizer = optimizer_options("adam"),
                            .model = "test"};
    NcfTrainer trainer(pairs, options, 2, context, net);
    for (int epoch = 0; epoch < 2; ++epoch) trainer.run_epoch(epoch);
  }
  for (const NcfNet& net : {std::cref(nets[1]), std::cref(nets[2])}) {
    for (std::size_t u = 0; u < pairs.rows(); ++u)
      ASSERT_TRUE(std::ranges::equal(net.users[u], nets[0].users[u])) << u;
    for (std::size_t i = 0; i < pairs.cols; ++i)
      ASSERT_TRUE(std::ranges::equal(net.items[i], nets[0].items[i])) << i;
    ASSERT_TRUE(std::ranges::equal(net.layers[0].weights[3], nets[0].layers[0].weights[3]));
  }
}

/// The loss of each epoch and the net.
struct Trained {
  std::vector<double> losses;
  NcfNet net;
};
Trained train(const Csr& pairs, const NcfTrainOptions& options, int threads) {
  Trained trained{{}, NcfNet({.product = 8, .embedding = 8, .layers = {16, 8}}, pairs.rows(), pairs.cols)};
  initialize({}, 1, trained.net);
  const FitContext context{{.seed = 9, .threads = threads}};
  NcfTrainer trainer(pairs, options, 5, context, trained.net);
  for (int epoch = 0; epoch < 5; ++epoch) trained.losses.push_back(trainer.run_epoch(epoch));
  return trained;
}

/// On one thread without locks is as with them; on three it reaches the loss that one reaches.
TEST(NcfTrainer, HogwildReachesTheSameLoss) {
  const Toy toy = random_toy();
  const Csr pairs = positive_interactions(toy.training(), "test");
  for (const char* const rule : {"sgd", "adagrad", "adam"}) {
    NcfTrainOptions options{.objective = {.drop = 0.2f, .regularization = 0.01f},
                            .batch = 64,
                            .negatives = 3,
                            .linear = true,
                            .optimizer = optimizer_options(rule),
                            .model = "test"};
    const Trained together = train(pairs, options, 1);
    options.hogwild = true;
    const Trained alone = train(pairs, options, 1), apart = train(pairs, options, 3);
    EXPECT_EQ(together.losses, alone.losses) << rule;
    for (std::size_t u = 0; u < pairs.rows(); ++u)
      ASSERT_TRUE(std::ranges::equal(together.net.users[u], alone.net.users[u])) << rule << u;
    EXPECT_TRUE(std::ranges::equal(together.net.layers[0].weights[3], alone.net.layers[0].weights[3]));
    EXPECT_NEAR(apart.losses.back(), together.losses.back(), 0.03 * together.losses.back()) << rule;
  }
}

TEST(NcfTrainer, DivergenceIsAnErrorWithAdvice) {
  const Toy toy = random_toy();
  RatingDot::Config config;
  config.optimizer = "sgd";
  config.loss = "mse";
  config.learning_rate = 100;
  try {
    RatingDot::fit(toy.training(), config, {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
    EXPECT_NE(std::string(error.what()).find("lower learning_rate"), std::string::npos) << error.what();
  }
}

TEST(NcfModel, ScoresItemsAsItScoresAll) {
  const Toy toy = random_toy();
  RatingMlp::Config config;
  config.factors = 7;
  config.layers = "19,5";
  const auto model = RatingMlp::fit(toy.training(), config, {});
  std::vector<float> all(toy.data.items.size()), some(3);
  const std::vector<idx_t> items = {200, 7, 330};
  const std::vector<idx_t> history = {1, 2, 3};
  for (const Query& query : {Query{.user = 5}, Query{.history = history}}) {
    ASSERT_TRUE(model->score_all(query, all) && model->score(query, items, some));
    for (std::size_t k = 0; k < items.size(); ++k) EXPECT_EQ(some[k], all[items[k]]);
  }
  EXPECT_FALSE(model->score_all({}, all)) << "nothing is known of the user";
}

/// Users of two tastes: folded in from their history, a user is recommended what those of their taste like.
TEST(NcfModel, FoldsUsersInByTheirTaste) {
  std::vector<Event> events;
  for (idx_t u = 0; u < 60; ++u) {
    Rng rng(4, u);
    std::set<idx_t> chosen;
    while (chosen.size() < 8) chosen.insert(static_cast<idx_t>(2 * rng.below(15) + u % 2));
    for (const idx_t item : chosen) events.push_back({u, item, 1});
  }
  const Toy toy = make_toy(60, 30, std::move(events));
  NeuMf::Config config;
  config.factors = config.mlp_factors = 4;
  config.layers = "8";
  config.epochs = 60;
  config.batch_size = 64;
  config.learning_rate = 0.01f;
  const auto model = NeuMf::fit(toy.training(), config, {});
  const std::vector<idx_t> history = {1, 5, 9, 11};
  std::vector<float> scores(30);
  ASSERT_TRUE(model->score_all({.history = history}, scores));
  float odd = 0, even = 0;
  for (std::size_t i = 0; i < 30; ++i) (i % 2 == 1 ? odd : even) += scores[i] / 15;
  EXPECT_GT(odd, even + 1);
}

TEST(ParseLayers, ReadsSizesOrSaysWhatIsWrong) {
  EXPECT_EQ(parse_layers("64, 32,8", "mlp"), (std::vector<std::size_t>{64, 32, 8}));
  for (const char* wrong : {"", ",", "64,x", "0", "8,-3", "1.5", "99999999"})
    EXPECT_THROW(parse_layers(wrong, "mlp"), Error) << wrong;
}

}  // namespace
}  // namespace akin
