#include "akin/models/implicit/svd.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/models/fit/toy_data_test.h"

namespace akin {
namespace {

using namespace testing_data;

Svd::Config small_svd(float item_scaling) {
  Svd::Config config;
  config.factors = 7;
  config.power_iterations = 12;
  config.item_scaling = item_scaling;
  return config;
}

std::unique_ptr<Model> fit(const Toy& toy, const Svd::Config& config, int threads = 1) {
  return Svd::fit(toy.training(), config, {.threads = threads});
}

Eigen::MatrixXd dense_events(const Toy& toy, bool use_values) {
  Eigen::MatrixXd r = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(toy.data.n_users()),
                                            static_cast<Eigen::Index>(toy.data.n_items()));
  for (const Event& event : toy.events) r(event.user, event.item) += static_cast<double>(event.value);
  if (!use_values) r = (r.array() > 0).cast<double>();
  return r;
}

std::vector<float> scores_of(const Model& model, const Toy& toy, idx_t user) {
  const auto items = items_of(toy, user);
  const auto values = values_of(toy, user);
  std::vector<float> scores(model.n_items());
  EXPECT_TRUE(model.score_all({.user = user, .history = items, .values = values}, scores));
  return scores;
}

/// Users in groups with a random taste, so that the largest singular values stand apart.
Toy grouped_toy() {
  std::vector<Event> events;
  for (idx_t u = 0; u < 96; ++u) {
    Rng rng(3, u);
    for (idx_t i = 0; i < 60; ++i) {
      const bool own = i % 8 == u % 8 || (u % 3 == 0 && i % 8 == 7 && u % 8 > 3);
      if (rng.uniform() < (own ? 0.6 + 0.04 * (u % 8) : 0.03))
        events.push_back({u, i, static_cast<float>(1 + rng.below(3))});
    }
  }
  return make_toy(97, 61, std::move(events));
}

TEST(Svd, ScoresAreTheProjectionOnTheSingularVectors) {
  const Toy toy = grouped_toy();
  for (const bool use_values : {false, true}) {
    for (const float scaling : {0.0f, 0.4f}) {
      SCOPED_TRACE(::testing::Message() << use_values << " " << scaling);
      Svd::Config config = small_svd(scaling);
      config.use_values = use_values;
      const auto model = fit(toy, config);
      const Eigen::MatrixXd r = dense_events(toy, use_values);
      const Eigen::ArrayXd counts = (r.array() > 0).cast<double>().colwise().sum().transpose().max(1);
      const Eigen::MatrixXd a = r * counts.pow(-static_cast<double>(scaling)).matrix().asDiagonal();
      const Eigen::MatrixXd v =
          Eigen::JacobiSVD<Eigen::MatrixXd>(a, Eigen::ComputeThinU | Eigen::ComputeThinV)
              .matrixV()
              .leftCols(7);
      const Eigen::MatrixXd expected = r * v * v.transpose();
      for (idx_t user = 0; user < 96; ++user) {
        const std::vector<float> scores = scores_of(*model, toy, user);
        for (idx_t item = 0; item < 61; ++item) EXPECT_NEAR(scores[item], expected(user, item), 2e-3);
      }
    }
  }
}

TEST(Svd, FoldingInAnItemOfTheTrainingDataGivesItsVector) {
  const Toy toy = grouped_toy();
  for (const float scaling : {0.0f, 0.4f}) {
    const auto model = fit(toy, small_svd(scaling));
    for (idx_t item = 0; item < 60; item += 7) {
      std::vector<idx_t> users;
      std::vector<float> values;
      for (const Event& event : toy.events) {
        if (event.item != item) continue;
        users.push_back(event.user);
        values.push_back(event.value);
      }
      std::vector<float> folded(7), without_values(7);
      ASSERT_TRUE(model->item_vector(users, values, folded));
      ASSERT_TRUE(model->item_vector(users, {}, without_values));
      for (std::size_t f = 0; f < 7; ++f) {
        EXPECT_NEAR(folded[f], model->item_vectors()[item][f], 5e-3);
        EXPECT_EQ(folded[f], without_values[f]);
      }
    }
  }
}

TEST(Svd, FoldsInNothingWithoutKnownUsers) {
  const auto model = fit(grouped_toy(), small_svd(0));
  std::vector<float> out(7);
  const std::vector<idx_t> without_events = {96}, unknown = {1000}, disliked = {3};
  const std::vector<float> negative = {-1};
  EXPECT_FALSE(model->item_vector({}, {}, out));
  EXPECT_FALSE(model->item_vector(without_events, {}, out));
  EXPECT_FALSE(model->item_vector(unknown, {}, out));
  EXPECT_FALSE(model->item_vector(disliked, negative, out));
  EXPECT_FALSE(model->user_vector({.user = 3}, out)) << "a user is their history";
}

TEST(Svd, CausesAddUpToTheScore) {
  const Toy toy = grouped_toy();
  const auto model = fit(toy, small_svd(0.2f));
  const auto history = items_of(toy, 11);
  const std::vector<float> scores = scores_of(*model, toy, 11);
  for (idx_t item = 0; item < 61; ++item) {
    const auto why = model->explain({.history = history}, item);
    ASSERT_TRUE(why.has_value());
    float sum = why->base;
    for (const Scored& cause : why->causes) sum += cause.score;
    EXPECT_NEAR(sum, scores[item], 1e-5);
  }
  EXPECT_FALSE(model->explain({}, 3).has_value());
}

TEST(Svd, SameBitsAtAnyThreadCountAndOfAFile) {
  const Toy toy = random_toy();
  const auto expected = fit(toy, small_svd(0.2f), 1);
  const auto loaded = reload<Svd>(*expected, 97, 331);
  for (const int threads : {2, 3, 5, 200}) {
    const auto model = fit(toy, small_svd(0.2f), threads);
    for (const idx_t user : {0u, 50u})
      EXPECT_EQ(scores_of(*model, toy, user), scores_of(*expected, toy, user));
  }
  EXPECT_EQ(scores_of(*loaded, toy, 1), scores_of(*expected, toy, 1));
  const std::vector<idx_t> users = {3, 5, 90};
  std::vector<float> before(7), after(7);
  ASSERT_TRUE(expected->item_vector(users, {}, before));
  ASSERT_TRUE(loaded->item_vector(users, {}, after));
  EXPECT_EQ(before, after);
}

TEST(Svd, RefusesDataWithoutPositiveEventsAndOverflow) {
  const Toy none = make_toy(3, 3, {}), negative = make_toy(2, 2, {{0, 0, 0}, {1, 1, -1}});
  const Toy infinite = make_toy(2, 2, {{0, 0, 3e38f}, {0, 0, 3e38f}, {1, 1, 1}});
  EXPECT_EQ(error_of([&] { fit(none, {}); }), ErrorCode::kBadData);
  EXPECT_EQ(error_of([&] { fit(negative, {}); }), ErrorCode::kBadData);
  Svd::Config config;
  config.use_values = true;
  EXPECT_EQ(error_of([&] { fit(infinite, config); }), ErrorCode::kBadData);
}

TEST(Svd, StopsOnRequest) {
  for (const int threads : {1, 3})
    EXPECT_EQ(error_when_stopped<Svd>(random_toy(), small_svd(0), threads), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace akin
