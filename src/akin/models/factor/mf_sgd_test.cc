#include "akin/models/factor/mf_sgd.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>

#include "akin/models/factor/toy_data_test.h"

namespace akin {
namespace {

using namespace testing_data;

MfSgd::Config small_config() {
  MfSgd::Config config;
  config.factors = 5;
  config.epochs = 10;
  return config;
}

/// Ratings 3 + a_u + b_i + p_u . q_i of rank 2 without noise; half of the cells go to the training side.
struct Planted {
  Toy toy;
  std::vector<Event> held_out;
  explicit Planted(std::size_t n_users, std::size_t n_items) {
    const Matrix p = Matrix::normal(n_users, 3, 0.6, 11), q = Matrix::normal(n_items, 3, 0.6, 12);
    std::vector<Event> train;
    for (idx_t u = 0; u < n_users; ++u) {
      Rng rng(13, u);
      for (idx_t i = 0; i < n_items; ++i) {
        const float rating = 3 + p[u][2] + q[i][2] + p[u][0] * q[i][0] + p[u][1] * q[i][1];
        (rng.uniform() < 0.5 ? train : held_out).push_back({u, i, rating});
      }
    }
    toy = make_toy(n_users, n_items, std::move(train));
  }
};

double rmse(const Model& model, std::span<const Event> events) {
  double sum = 0;
  for (const Event& event : events) {
    float score = 0;
    AKIN_ASSERT(model.score({.user = event.user}, {&event.item, 1}, {&score, 1}));
    sum += std::pow(double{score} - event.value, 2);
  }
  return std::sqrt(sum / static_cast<double>(events.size()));
}

TEST(MfSgd, RecoversAPlantedMatrix) {
  const Planted planted(151, 211);
  MfSgd::Config config;
  config.factors = 4;
  config.epochs = 150;
  config.decay = 0.98f;
  config.regularization = config.bias_regularization = 0.001f;
  std::vector<double> losses;
  Context context;
  context.on_progress = [&](const Progress& progress) { losses.push_back(progress.loss); };
  const auto model = MfSgd::fit(planted.toy.training(), config, context);
  EXPECT_LT(rmse(*model, planted.held_out), 0.05);  // the ratings' standard deviation is about 1
  ASSERT_EQ(losses.size(), 150u);
  EXPECT_LT(losses.back(), 0.05);
  EXPECT_GT(losses.front(), 0.5);
}

TEST(MfSgd, ScoreIsTheRatingEquation) {
  const Toy toy = random_toy();
  const auto model = MfSgd::fit(toy.training(), small_config(), {});
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
  const auto expected = fit_scores<MfSgd>(toy, small_config(), 5, 1);
  for (const int threads : {1, 2, 3, 5, 200})
    EXPECT_EQ(fit_scores<MfSgd>(toy, small_config(), 5, threads), expected);
  EXPECT_NE(fit_scores<MfSgd>(toy, small_config(), 6, 1), expected);
}

TEST(MfSgd, SavedAndLoadedModelScoresTheSame) {
  const Toy toy = random_toy();
  const auto model = MfSgd::fit(toy.training(), small_config(), {});
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
  const MfSgd::Config config = small_config();
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
  const Planted planted(151, 211);
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
  const auto model = MfSgd::fit(toy.training(), small_config(), {});
  const std::vector<idx_t> history = {1, 2, 3};
  const std::vector<float> values = {4, 4, 4};
  std::vector<float> without(7), with(7);
  ASSERT_TRUE(model->user_vector({.history = history}, without));
  ASSERT_TRUE(model->user_vector({.history = history, .values = values}, with));
  EXPECT_EQ(without, with);
}

TEST(MfSgd, UnknownUsersAndItems) {
  const Toy toy = random_toy();
  const auto model = MfSgd::fit(toy.training(), small_config(), {});
  std::vector<float> user(7);
  EXPECT_FALSE(model->user_vector({.user = 96}, user));
  EXPECT_FALSE(model->user_vector({}, user));
  const auto item = model->item_vectors()[330];
  const std::vector<float> expected = {0, 0, 0, 0, 0, 1, 0};
  EXPECT_EQ(std::vector<float>(item.begin(), item.end()), expected);
}

TEST(MfSgd, TheLatestOfRepeatedRatingsCounts) {
  Toy toy = random_toy();
  const auto expected = fit_scores<MfSgd>(toy, small_config(), 5, 1);
  Event repeated = toy.events.front();
  repeated.value = repeated.value == 1 ? 5.0f : 1.0f;
  toy.events.insert(toy.events.begin(), repeated);
  EXPECT_EQ(fit_scores<MfSgd>(toy, small_config(), 5, 1), expected);
  std::swap(toy.events[0], toy.events[1]);
  EXPECT_NE(fit_scores<MfSgd>(toy, small_config(), 5, 1), expected);
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

TEST(MfSgd, ZeroEpochsAreTheInitialState) {
  MfSgd::Config config = small_config();
  config.epochs = 0;
  const auto model = MfSgd::fit(random_toy().training(), config, {});
  EXPECT_NE(model->item_vectors()[0][0], 0);
  EXPECT_EQ(model->item_vectors()[0][6], 0);
}

}  // namespace
}  // namespace akin
