#include "akin/models/rating/mf_sgd.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>

#include "akin/base/error.h"
#include "akin/models/rating/rating_toy_test.h"

namespace akin {
namespace {

using namespace testing_data;

MfSgd::Config small_mf_sgd() {
  MfSgd::Config config;
  config.factors = 5;
  config.epochs = 10;
  return config;
}

TEST(MfSgd, RecoversAPlantedMatrix) {
  const PlantedRatings planted(151, 211);
  MfSgd::Config config;
  config.factors = 4;
  config.epochs = 150;
  config.learning_rate_decay = 0.98f;
  config.regularization = config.bias_regularization = 0.001f;
  std::vector<double> losses;
  FitContext context;
  context.on_progress = [&](const Progress& progress) { losses.push_back(progress.loss); };
  const auto model = MfSgd::fit(planted.toy.training(), config, context);
  EXPECT_LT(rmse(*model, planted.held_out), 0.05);  // the ratings' standard deviation is about 1
  ASSERT_EQ(losses.size(), 150u);
  EXPECT_LT(losses.back(), 0.05);
  EXPECT_GT(losses.front(), 0.5);
}

TEST(MfSgd, ScoreIsTheRatingEquation) {
  const Toy toy = random_toy();
  const auto model = MfSgd::fit(toy.training(), small_mf_sgd(), {});
  ASSERT_EQ(model->embedding_dim(), 5u);
  ASSERT_EQ(model->item_vectors().cols(), 7u);
  std::vector<float> user(7);
  ASSERT_TRUE(model->user_vector({.user = 3}, user));
  EXPECT_EQ(user[6], 1);
  const auto item = model->item_vectors()[17];
  EXPECT_EQ(item[5], 1);
  double expected = user[5] + item[6];  // mu + b_u, b_i
  for (std::size_t c = 0; c < 5; ++c) expected += double{user[c]} * item[c];
  float score = 0;
  const idx_t idx = 17;
  ASSERT_TRUE(model->score({.user = 3}, {&idx, 1}, {&score, 1}));
  EXPECT_NEAR(score, expected, 1e-5);
}

TEST(MfSgd, SameSeedSameBitsAtAnyThreadCount) {
  const Toy toy = random_toy();
  const auto expected = fit_scores<MfSgd>(toy, small_mf_sgd(), 5, 1);
  for (const int threads : {1, 2, 3, 5, 200})
    EXPECT_EQ(fit_scores<MfSgd>(toy, small_mf_sgd(), 5, threads), expected);
  EXPECT_NE(fit_scores<MfSgd>(toy, small_mf_sgd(), 6, 1), expected);
}

TEST(MfSgd, SavedAndLoadedModelScoresTheSame) {
  const Toy toy = random_toy();
  const auto model = MfSgd::fit(toy.training(), small_mf_sgd(), {});
  const auto loaded = reload<MfSgd>(*model, 97, 331);
  EXPECT_EQ(all_scores(*loaded, 97), all_scores(*model, 97));
  const std::vector<idx_t> history = {5, 3, 200};
  std::vector<float> before(331), after(331);
  ASSERT_TRUE(model->score_all({.history = history}, before));
  ASSERT_TRUE(loaded->score_all({.history = history}, after));
  EXPECT_EQ(before, after);
}

TEST(MfSgd, FoldInIsTheRidgeRegression) {
  const Toy toy = random_toy();
  const MfSgd::Config config = small_mf_sgd();
  const auto model = MfSgd::fit(toy.training(), config, {});
  double mean = 0;
  for (const Event& event : toy.events) mean += event.value / static_cast<double>(toy.events.size());
  const std::vector<idx_t> history = {9, 4, 300, 77, 78, 79, 123, 5, 4};
  const std::vector<float> values = {1, 5, 2, 4, 4, 3, 5, 1, 2};  // item 4 twice: the latest counts
  Eigen::MatrixXd a(8, 6);
  Eigen::VectorXd b(8);
  for (Eigen::Index k = 0; k < 8; ++k) {
    const std::size_t from = k == 1 ? 8 : static_cast<std::size_t>(k);
    const auto item = model->item_vectors()[history[from]];
    for (std::size_t c = 0; c < 6; ++c) a(k, static_cast<Eigen::Index>(c)) = item[c];  // [q, 1]
    b(k) = values[from] - mean - item[6];
  }
  Eigen::VectorXd ridge = Eigen::VectorXd::Constant(6, 8 * config.regularization);
  ridge(5) = 8 * config.bias_regularization;
  const Eigen::MatrixXd system = a.transpose() * a + Eigen::MatrixXd(ridge.asDiagonal());
  const Eigen::VectorXd expected = system.llt().solve(a.transpose() * b);
  std::vector<float> user(7);
  ASSERT_TRUE(model->user_vector({.history = history, .values = values}, user));
  for (std::size_t c = 0; c < 5; ++c) EXPECT_NEAR(user[c], expected(static_cast<Eigen::Index>(c)), 1e-4);
  EXPECT_NEAR(user[5], mean + expected(5), 1e-4);
  EXPECT_EQ(user[6], 1);
}

TEST(MfSgd, FoldedInUsersPredictLikeStoredOnes) {
  const PlantedRatings planted(151, 211);
  MfSgd::Config config;
  config.factors = 4;
  config.regularization = 0.02f;
  const auto model = MfSgd::fit(planted.toy.training(), config, {});
  for (const idx_t user : {0u, 75u, 150u}) {
    const auto history = items_of(planted.toy, user);
    const auto values = values_of(planted.toy, user);
    std::vector<float> stored(211), folded(211);
    ASSERT_TRUE(model->score_all({.user = user, .history = history, .values = values}, stored));
    ASSERT_TRUE(model->score_all({.history = history, .values = values}, folded));
    EXPECT_GT(correlation(stored, folded), 0.98) << "user " << user;
  }
}

TEST(MfSgd, HistoryWithoutValuesCountsAsLiked) {
  const Toy toy = random_toy();  // ratings 1..5 in equal numbers: the upper quartile is 4
  const auto model = MfSgd::fit(toy.training(), small_mf_sgd(), {});
  const std::vector<idx_t> history = {1, 2, 3};
  const std::vector<float> values = {4, 4, 4};
  std::vector<float> without(7), with(7);
  ASSERT_TRUE(model->user_vector({.history = history}, without));
  ASSERT_TRUE(model->user_vector({.history = history, .values = values}, with));
  EXPECT_EQ(without, with);
}

TEST(MfSgd, UnknownUsersAndItems) {
  const Toy toy = random_toy();
  const auto model = MfSgd::fit(toy.training(), small_mf_sgd(), {});
  std::vector<float> user(7);
  EXPECT_FALSE(model->user_vector({.user = 96}, user));
  EXPECT_FALSE(model->user_vector({}, user));
  const auto item = model->item_vectors()[330];
  const std::vector<float> expected = {0, 0, 0, 0, 0, 1, 0};
  EXPECT_EQ(std::vector<float>(item.begin(), item.end()), expected);
}

TEST(MfSgd, TheLatestOfRepeatedRatingsCounts) {
  Toy toy = random_toy();
  const auto expected = fit_scores<MfSgd>(toy, small_mf_sgd(), 5, 1);
  Event repeated = toy.events.front();
  repeated.value = repeated.value == 1 ? 5.0f : 1.0f;
  toy.events.insert(toy.events.begin(), repeated);
  EXPECT_EQ(fit_scores<MfSgd>(toy, small_mf_sgd(), 5, 1), expected);
  std::swap(toy.events[0], toy.events[1]);
  EXPECT_NE(fit_scores<MfSgd>(toy, small_mf_sgd(), 5, 1), expected);
}

TEST(MfSgd, RefusesEmptyDataAndDivergence) {
  const Toy none = make_toy(3, 3, {}), toy = random_toy();
  EXPECT_EQ(error_of([&] { MfSgd::fit(none.training(), {}, {}); }), ErrorCode::kBadData);
  MfSgd::Config config;
  config.learning_rate = 5;
  try {
    MfSgd::fit(toy.training(), config, {});
    FAIL() << "should have diverged";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
    EXPECT_NE(std::string(error.what()).find("lower learning_rate"), std::string::npos) << error.what();
  }
}

TEST(MfSgd, StopsOnRequest) {
  for (const int threads : {1, 3})
    EXPECT_EQ(error_when_stopped<MfSgd>(random_toy(), {}, threads), ErrorCode::kCancelled);
}

/// sum over ratings of [ w e^2 + penalties ], in plain loops, of a model's stored vectors; `by_row` = each
/// row's penalty once.
double objective(const Model& model, const Toy& toy, const MfSgd::Config& config) {
  const std::size_t f = model.embedding_dim();
  const Csr by_user = to_csr(toy.events, toy.data.n_users(), toy.data.n_items(), Repeats::kLast);
  const Csr by_item = transpose(by_user);
  double mean = 0, sum = 0, weight_sum = 0;
  for (const float value : by_user.values) mean += value / static_cast<double>(by_user.entries());
  const auto weight = [&](idx_t item) {
    if (config.weights == "none") return 1.0;
    return std::pow(static_cast<double>(by_item.row_size(item)), -double{config.weight_power});
  };
  for (const idx_t item : by_user.indices) weight_sum += weight(item);
  const auto penalty = [&](std::span<const float> row, float own, double bias, std::size_t n) {
    const double lambda = own < 0 ? config.regularization : own;
    double value = config.biases ? config.bias_regularization * bias * bias : 0;
    for (std::size_t c = 0; c < f; ++c) value += lambda * row[c] * row[c] + 2 * config.l1 * std::abs(row[c]);
    return config.penalty == "row" ? value / static_cast<double>(n) : value;
  };
  for (idx_t u = 0; u < by_user.rows(); ++u) {
    for (std::size_t k = 0; k < by_user.row_size(u); ++k) {
      const auto user = row_of(model, {.user = u});
      const idx_t i = by_user.cols_of(u)[k];
      const auto item = model.item_vectors()[i];
      double score = 0;
      for (std::size_t c = 0; c < user.size(); ++c) score += double{user[c]} * item[c];
      sum += weight(i) / weight_sum * static_cast<double>(by_user.entries()) *
             std::pow(by_user.values_of(u)[k] - score, 2);
      sum +=
          penalty(user, config.user_regularization, config.biases ? user[f] - mean : 0, by_user.row_size(u));
      sum += penalty(item, config.item_regularization, config.biases ? item[f + 1] : 0, by_item.row_size(i));
    }
  }
  return sum;
}

/// Configurations that use every option.
std::vector<MfSgd::Config> all_configs() {
  std::vector<MfSgd::Config> configs;
  for (const bool biases : {true, false}) {
    for (const char* penalty : {"rating", "row"}) {
      for (const char* weights : {"none", "popularity"}) {
        MfSgd::Config config = small_mf_sgd();
        config.biases = biases;
        config.penalty = penalty;
        config.weights = weights;
        const float scale = config.penalty == "row" ? 20 : 1;  // about as strong: a user has 23 ratings
        config.user_regularization = 0.15f * scale;
        config.item_regularization = 0.05f * scale;
        config.bias_regularization *= scale;
        config.l1 = 0.01f * scale;
        configs.push_back(config);
      }
    }
  }
  return configs;
}

std::string describe(const MfSgd::Config& config) {
  return "biases " + std::to_string(config.biases) + ", penalty " + config.penalty + ", weights " +
         config.weights;
}

/// Over an epoch with short steps every parameter moves by -rate/2 times the derivative
/// of the whole objective.
TEST(MfSgd, AnEpochGoesDownTheGradientOfTheObjective) {
  const Toy toy = random_toy(17, 67, 5);
  for (MfSgd::Config config : all_configs()) {
    SCOPED_TRACE(describe(config));
    config.l1 = 0;  // see ProximalStepsGiveExactZeros
    config.init_sigma = 0.5f;
    config.epochs = 0;
    const auto before = MfSgd::fit(toy.training(), config, {});
    config.epochs = 1;
    config.learning_rate = 1e-4f;
    const auto after = MfSgd::fit(toy.training(), config, {});
    // Items: a model with one entry changed is made by beginning from changed item vectors.
    Matrix items(67, 5);
    for (std::size_t i = 0; i < 67; ++i)
      std::ranges::copy(before->item_vectors()[i].first(5), items[i].begin());
    const auto objective_at = [&](std::size_t i, std::size_t c, float move) {
      PretrainedItems given{items.clone(), std::vector<char>(67, 1), "a test"};
      given.vectors[i][c] += move;
      FitStart start;
      start.items = &given;
      MfSgd::Config none = config;
      none.epochs = 0;
      return objective(*MfSgd::fit(toy.training(), none, {{}, nullptr, &start}), toy, config);
    };
    const Csr by_item = transpose(to_csr(toy.events, 17, 67, Repeats::kLast));
    int checked = 0;
    for (std::size_t i = 0; i < 67 && checked < 3; ++i) {
      if (by_item.row_size(i) < 2) continue;
      ++checked;
      for (std::size_t c = 0; c < 5; ++c) {
        const double slope = (objective_at(i, c, 0.02f) - objective_at(i, c, -0.02f)) / 0.04;
        const double moved = double{after->item_vectors()[i][c]} - before->item_vectors()[i][c];
        EXPECT_NEAR(moved / -1e-4, slope / 2, 0.02 * (1 + std::abs(slope)))
            << "item " << i << " column " << c;
      }
    }
    EXPECT_EQ(checked, 3);
  }
}

TEST(MfSgd, EveryObjectiveFallsAndLowersItself) {
  const Toy toy = random_toy();
  for (MfSgd::Config config : all_configs()) {
    SCOPED_TRACE(describe(config));
    config.epochs = 2;
    const double early = objective(*MfSgd::fit(toy.training(), config, {}), toy, config);
    config.epochs = 40;
    const auto late = MfSgd::fit(toy.training(), config, {});
    EXPECT_LT(objective(*late, toy, config), early);
    EXPECT_EQ(late->item_vectors().cols(), config.biases ? 7u : 5u);
    EXPECT_EQ(late->embedding_dim(), 5u);
  }
}

TEST(MfSgd, RecoversALowRankMatrixWithoutBiases) {
  const PlantedRatings planted(151, 211);  // of rank 5 with its mean and biases
  MfSgd::Config config;
  config.factors = 5;
  config.epochs = 300;
  config.learning_rate = 0.03f;
  config.learning_rate_decay = 0.99f;
  config.biases = false;
  config.regularization = 1e-4f;
  const auto model = MfSgd::fit(planted.toy.training(), config, {});
  EXPECT_EQ(model->item_vectors().cols(), 5u);
  EXPECT_LT(rmse(*model, planted.held_out), 0.05);
}

TEST(MfSgd, ProximalStepsGiveExactZeros) {
  const Toy toy = random_toy();
  const auto zeros = [&](float l1) {
    MfSgd::Config config = small_mf_sgd();
    config.epochs = 60;
    config.regularization = 0.01f;
    config.l1 = l1;
    const auto model = MfSgd::fit(toy.training(), config, {});
    int count = 0;
    for (std::size_t i = 0; i < 330; ++i) {
      for (std::size_t c = 0; c < 5; ++c) count += model->item_vectors()[i][c] == 0 ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(zeros(0), 0);
  EXPECT_GT(zeros(0.05f), 100);
  EXPECT_LT(zeros(0.05f), zeros(0.15f));
}

TEST(MfSgd, SeparatePenaltiesReachTheirOwnSide) {
  const Toy toy = random_toy();
  const auto lengths = [&](float user, float item) {
    MfSgd::Config config = small_mf_sgd();
    config.user_regularization = user;
    config.item_regularization = item;
    const auto model = MfSgd::fit(toy.training(), config, {});
    double users = 0, items = 0;
    for (idx_t u = 0; u < 96; ++u) {
      const auto row = row_of(*model, {.user = u});
      for (std::size_t c = 0; c < 5; ++c) users += double{row[c]} * row[c];
    }
    for (std::size_t i = 0; i < 330; ++i) {
      for (const float value : model->item_vectors()[i].first(5)) items += double{value} * value;
    }
    return std::pair(users, items);
  };
  const auto [users, items] = lengths(-1, -1);
  const auto [short_users, other_items] = lengths(5, -1);
  const auto [other_users, short_items] = lengths(-1, 5);
  EXPECT_LT(short_users, 0.2 * users);
  EXPECT_LT(short_items, 0.2 * items);
  EXPECT_GT(other_items, 2 * short_items);
  EXPECT_GT(other_users, 2 * short_users);
}

TEST(MfSgd, WeightsDecideWhoseErrorsCount) {
  // One item rated 5 by most and once 1 by each: the weighted mean decides. Old ratings are 1, new ones 5.
  std::vector<Event> events;
  for (idx_t u = 0; u < 101; ++u) {
    for (idx_t i = 0; i < 3; ++i) {
      const bool old = u % 2 == 0;
      events.push_back(
          {.user = u, .item = i, .value = old ? 1.0f : 5.0f, .time = old ? 0 : 86400 * 1000 * kSecond});
    }
  }
  const Toy toy = make_toy(101, 3, events);
  MfSgd::Config config = small_mf_sgd();
  config.factors = 1;
  config.epochs = 300;
  config.learning_rate_decay = 1;
  config.learning_rate = 0.002f;
  config.init_sigma = 0;  // item biases alone
  config.bias_regularization = 0;
  config.user_regularization = config.item_regularization = 1;
  const auto bias = [&] { return MfSgd::fit(toy.training(), config, {})->item_vectors()[0][2]; };
  const float even = bias();
  config.weights = "recency";
  config.half_life_days = 100;
  EXPECT_GT(bias(), even + 0.3f);
  events.clear();
  for (const Event& event : toy.events) events.push_back({event.user, event.item, event.value});
  const Toy timeless = make_toy(101, 3, events);
  EXPECT_EQ(error_of([&] { MfSgd::fit(timeless.training(), config, {}); }), ErrorCode::kBadData);
}

TEST(MfSgd, AnItemsVectorIsTheOptimumGivenItsUsers) {
  const Toy toy = random_toy();
  const MfSgd::Config config = small_mf_sgd();
  const auto model = MfSgd::fit(toy.training(), config, {});
  const std::vector<idx_t> users = {1, 4, 9, 16, 96};  // the last is unknown
  const std::vector<float> values = {5, 1, 2, 5, 3};
  std::vector<float> item(7);
  ASSERT_TRUE(model->item_vector(users, values, item));
  EXPECT_EQ(item[5], 1);
  const auto loss = [&](std::span<const float> q) {
    double sum = 4 * config.bias_regularization * double{q[6]} * q[6];
    for (std::size_t k = 0; k < 4; ++k) {
      const auto user = row_of(*model, {.user = users[k]});
      double score = 0;
      for (std::size_t c = 0; c < 7; ++c) score += double{user[c]} * q[c];
      sum += std::pow(values[k] - score, 2);
    }
    for (std::size_t c = 0; c < 5; ++c) sum += 4 * config.regularization * double{q[c]} * q[c];
    return sum;
  };
  const double best = loss(item);
  for (std::size_t c = 0; c < 7; ++c) {
    if (c == 5) continue;
    for (const float move : {-0.02f, 0.02f}) {
      auto other = item;
      other[c] += move;
      EXPECT_GT(loss(other), best) << "column " << c;
    }
  }
  EXPECT_FALSE(model->item_vector(std::vector<idx_t>{96}, {}, item));
}

TEST(MfSgd, BeginsWhereAnotherFitEnded) {
  const Toy toy = random_toy();
  const Toy first = part_of(toy, 89, 317);
  for (const bool biases : {true, false}) {
    MfSgd::Config config = small_mf_sgd();
    config.biases = biases;
    const auto old = MfSgd::fit(first.training(), config, {});
    config.epochs = 0;
    const auto model = update<MfSgd>(toy, *old, 89, 317, config);
    int as_before = 0, folded = 0;
    const auto close = [](std::span<const float> a, std::span<const float> b) {
      for (std::size_t c = 0; c < a.size(); ++c) EXPECT_NEAR(a[c], b[c], 1e-5);
    };
    for (idx_t user = 0; user < 96; ++user) {
      const auto items = items_of(toy, user);
      if (items.back() >= 317) continue;
      const auto values = values_of(toy, user);
      const Query query = user < 89 ? Query{.user = user} : Query{.history = items, .values = values};
      close(row_of(*model, {.user = user}), row_of(*old, query));
      ++(user < 89 ? as_before : folded);
    }
    EXPECT_GT(as_before, 5);
    EXPECT_GT(folded, 0);
    EXPECT_TRUE(std::ranges::equal(model->item_vectors()[316], old->item_vectors()[316]));
    EXPECT_NE(model->item_vectors()[320][0], 0);
    config.epochs = 3;
    const auto warm = update<MfSgd>(toy, *old, 89, 317, config, 3);
    EXPECT_LT(rmse(*warm, toy.events), rmse(*MfSgd::fit(toy.training(), config, {}), toy.events));
    config.factors = 6;
    EXPECT_EQ(error_of([&] { update<MfSgd>(toy, *old, 89, 317, config); }), ErrorCode::kUsage);
  }
}

TEST(MfSgd, ZeroEpochsAreTheInitialState) {
  MfSgd::Config config = small_mf_sgd();
  config.epochs = 0;
  const auto model = MfSgd::fit(random_toy().training(), config, {});
  EXPECT_NE(model->item_vectors()[0][0], 0);
  EXPECT_EQ(model->item_vectors()[0][6], 0);
}

}  // namespace
}  // namespace akin
