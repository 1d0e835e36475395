#include "akin/nets/pairs/ncf_trainer.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/rank_threads_for_test.h"
#include "akin/base/rng.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/start.h"
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

const NcfShape kShape{.product = 8, .embedding = 8, .layers = {16, 8}};

NcfTrainOptions eight_tiles() {
  return {.objective = {.drop = 0.2f, .regularization = 0.01f},
          .batch = 500,
          .negatives = 3,
          .optimizer = optimizer_options("adam"),
          .model = "test"};
}

/// Two epochs; returns the losses, with what was sent in them at `sent`.
std::vector<double> two_epochs(const Csr& pairs, const FitContext& context, NcfNet& net,
                               std::uint64_t* sent = nullptr) {
  initialize({}, 1, net);
  NcfTrainer trainer(pairs, eight_tiles(), 2, context, net);
  std::vector<double> losses;
  for (int epoch = 0; epoch < 2; ++epoch) losses.push_back(trainer.run_epoch(epoch));
  if (sent) *sent = context.ranks().bytes_sent();
  trainer.gather();
  return losses;
}

void expect_same(const NcfNet& a, const NcfNet& b) {
  for (std::size_t u = 0; u < a.users.rows(); ++u)
    ASSERT_TRUE(std::ranges::equal(a.users[u], b.users[u])) << u;
  for (std::size_t i = 0; i < a.items.rows(); ++i)
    ASSERT_TRUE(std::ranges::equal(a.items[i], b.items[i])) << i;
  for (std::size_t d = 0; d < a.dense().size(); ++d)
    ASSERT_TRUE(std::ranges::equal((*a.dense()[d])[0], (*b.dense()[d])[0])) << d;
}

TEST(NcfTrainer, SameBitsAtAnyNumberOfThreadsAndRanks) {
  const Toy toy = random_toy();
  const Csr pairs = positive_interactions(toy.training(), "test");
  NcfNet one(kShape, pairs.rows(), pairs.cols);
  const std::vector<double> losses = two_epochs(pairs, {{.seed = 9, .threads = 1}}, one);
  for (const int threads : {2, 3}) {
    NcfNet net(kShape, pairs.rows(), pairs.cols);
    EXPECT_EQ(two_epochs(pairs, {{.seed = 9, .threads = threads}}, net), losses);
    expect_same(net, one);
  }
  for (const int size : {2, 3, 11}) {  // the last has more ranks than a minibatch has tiles
    on_ranks(size, [&](const Communicator& ranks) {
      NcfNet net(kShape, pairs.rows(), pairs.cols);
      EXPECT_EQ(
          two_epochs(pairs, {{.seed = 9, .threads = 1 + ranks.rank() % 2, .communicator = &ranks}}, net),
          losses);
      expect_same(net, one);
    });
  }
}

/// However large the tables are.
TEST(NcfTrainer, SendsWhatTheMinibatchesNeed) {
  for (const std::size_t times : {1, 10}) {
    const Toy toy = random_toy(97 * times, 331 * times, 23 / times + 1);
    const Csr pairs = positive_interactions(toy.training(), "test");
    const NcfNet shapes(kShape, 0, 0);
    std::size_t dense = 2;  // the loss
    for (const Matrix* const matrix : shapes.dense()) dense += matrix->rows() * matrix->stride();
    const double samples = 4.0 * static_cast<double>(pairs.entries()), rows = samples;  // of N = 2 ranks
    const double floats = rows * static_cast<double>(shapes.users.stride()) +
                          samples / NcfTile::kPairs / 2 * static_cast<double>(dense) + 3 * samples / 2;
    on_ranks(2, [&](const Communicator& ranks) {
      NcfNet net(kShape, pairs.rows(), pairs.cols);
      std::uint64_t sent = 0;
      two_epochs(pairs, {{.seed = 9, .threads = 1, .communicator = &ranks}}, net, &sent);
      EXPECT_NEAR(static_cast<double>(sent) / (2 * 4 * floats), 1, 0.1) << ranks.rank();
    });
  }
}

TEST(NcfTrainer, HogwildIsForOneProcess) {
  const Toy toy = random_toy();
  on_ranks(2, [&](const Communicator& ranks) {
    RatingDot::Config config;
    config.hogwild = true;
    TrainingData data = toy.training();
    if (!ranks.first()) data.events = {};
    try {
      RatingDot::fit(data, config, {{.communicator = &ranks}});
      FAIL() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      EXPECT_NE(std::string(error.what()).find("hogwild"), std::string::npos) << error.what();
    }
  });
}

/// The loss of each epoch and the net.
struct Trained {
  std::vector<double> losses;
  NcfNet net;
};
Trained train(const Csr& pairs, const NcfTrainOptions& options, int threads) {
  Trained trained{{}, NcfNet(kShape, pairs.rows(), pairs.cols)};
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

NcfTrainOptions async_options(const char* rule) {
  return {.objective = {.drop = 0.2f, .regularization = 0.01f},
          .batch = 64,
          .negatives = 3,
          .linear = true,
          .async = true,
          .optimizer = optimizer_options(rule),
          .model = "test"};
}

/// Five epochs on `size` ranks; all end with the same losses and net.
Trained train_async(const Csr& pairs, const NcfTrainOptions& options, int size) {
  std::vector<Trained> trained;
  for (int r = 0; r < size; ++r) trained.push_back({{}, NcfNet(kShape, pairs.rows(), pairs.cols)});
  on_ranks(size, [&](const Communicator& ranks) {
    Trained& own = trained[static_cast<std::size_t>(ranks.rank())];
    initialize({}, 1, own.net);
    const FitContext context{{.seed = 9, .threads = 1, .communicator = &ranks}};
    NcfTrainer trainer(pairs, options, 5, context, own.net);
    for (int epoch = 0; epoch < 5; ++epoch) own.losses.push_back(trainer.run_epoch(epoch));
    trainer.gather();
  });
  for (const Trained& own : trained) {
    EXPECT_EQ(own.losses, trained[0].losses);
    expect_same(own.net, trained[0].net);
  }
  return std::move(trained[0]);
}

/// With one worker, each of its minibatches sees all steps before it: as without ranks. With three a loss is reached
/// that one process reaches.
TEST(NcfTrainer, AsyncReachesTheSameLoss) {
  const Toy toy = random_toy();
  const Csr pairs = positive_interactions(toy.training(), "test");
  for (const char* const rule : {"sgd", "adagrad", "adam"}) {
    NcfTrainOptions options = async_options(rule);
    const Trained one = train_async(pairs, options, 2), three = train_async(pairs, options, 4);
    options.async = false;
    const Trained plain = train(pairs, options, 1);
    EXPECT_EQ(one.losses, plain.losses) << rule;
    expect_same(one.net, plain.net);
    EXPECT_NEAR(three.losses.back(), plain.losses.back(), 0.03 * plain.losses.back()) << rule;
  }
}

TEST(NcfTrainer, AsyncKeepsFrozenItems) {
  const Toy toy = random_toy();
  const Csr pairs = positive_interactions(toy.training(), "test");
  NcfTrainOptions options = async_options("adam");
  options.freeze_items = true;
  const PretrainedItems given{Matrix(pairs.cols, 16), std::vector<char>(pairs.cols, 1), ""};
  FitStart start;
  start.items = &given;
  NcfNet net(kShape, pairs.rows(), pairs.cols);
  initialize({}, 1, net);
  const NcfNet before = net.clone();
  on_ranks(3, [&](const Communicator& ranks) {
    NcfNet own = before.clone();
    const FitContext context{{.seed = 9, .threads = 1, .communicator = &ranks}, nullptr, &start};
    NcfTrainer trainer(pairs, options, 1, context, own);
    trainer.run_epoch(0);
    trainer.gather();
    for (std::size_t i = 0; i < pairs.cols; ++i)
      ASSERT_TRUE(std::ranges::equal(own.items[i], before.items[i]));
    EXPECT_FALSE(std::ranges::equal(own.users[0], before.users[0]));
  });
}

/// Nobody waits for ever.
TEST(NcfTrainer, AFailedWorkerEndsAsync) {
  const Toy toy = random_toy();
  const Csr pairs = positive_interactions(toy.training(), "test");
  EXPECT_THROW(on_ranks(3,
                        [&](const Communicator& ranks) {
                          NcfNet net(kShape, pairs.rows(), pairs.cols);
                          const FitContext context{{.threads = 1, .communicator = &ranks}};
                          NcfTrainer trainer(pairs, async_options("adam"), 1, context, net);
                          if (ranks.rank() == 2) fail(ErrorCode::kBadData, "out of luck");
                          trainer.run_epoch(0);
                        }),
               Error);
}

TEST(NcfTrainer, AsyncNeedsProcesses) {
  const Toy toy = random_toy();
  const Csr pairs = positive_interactions(toy.training(), "test");
  NcfNet net(kShape, pairs.rows(), pairs.cols);
  const auto message = [&](const NcfTrainOptions& options) {
    try {
      const FitContext context;
      NcfTrainer(pairs, options, 1, context, net);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      return std::string(error.what());
    }
    return std::string();
  };
  NcfTrainOptions options = async_options("adam");
  EXPECT_NE(message(options).find("mpirun -n 3"), std::string::npos);
  options.hogwild = true;
  EXPECT_NE(message(options).find("choose one"), std::string::npos);
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
