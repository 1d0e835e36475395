#include "akin/models/linear/ease.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/models/fit/toy_data_test.h"
#include "akin/models/linear/linear_data_test.h"

namespace akin {
namespace {

using namespace testing_data;

/// B of the class comment by a dense inverse in double precision.
Eigen::MatrixXd closed_form(const Eigen::MatrixXd& x, double lambda) {
  Eigen::MatrixXd p = (x.transpose() * x + lambda * Eigen::MatrixXd::Identity(x.cols(), x.cols())).inverse();
  for (Eigen::Index j = 0; j < p.cols(); ++j) p.col(j) /= -p(j, j);
  p.diagonal().setZero();
  return p;
}

Ease::Config small_ease(int neighbors = 0) {
  Ease::Config config;
  config.regularization = 3;
  config.neighbors = neighbors;
  return config;
}

// More users than items: the inverse is over items; fewer: over users.
class EaseShapes : public ::testing::TestWithParam<std::pair<std::size_t, std::size_t>> {};

TEST_P(EaseShapes, WeightsAreTheClosedForm) {
  const auto [n_users, n_items] = GetParam();
  const Toy toy = random_toy(n_users, n_items, 11);
  for (const bool use_values : {false, true}) {
    Ease::Config config = small_ease();
    config.use_values = use_values;
    const auto model = fit_linear<Ease>(toy, config);
    const Eigen::MatrixXd expected = closed_form(dense_events(toy, use_values), config.regularization);
    EXPECT_LT((dense_weights(*model) - expected).cwiseAbs().maxCoeff(), 2e-5) << use_values;
    EXPECT_GT(expected.cwiseAbs().maxCoeff(), 0.01);
  }
}

TEST_P(EaseShapes, NoOtherWeightsHaveASmallerLoss) {
  const auto [n_users, n_items] = GetParam();
  const Toy toy = random_toy(n_users, n_items, 11);
  const Eigen::MatrixXd x = dense_events(toy, false), b = dense_weights(*fit_linear<Ease>(toy, small_ease()));
  const auto loss = [&](const Eigen::MatrixXd& w) { return (x - x * w).squaredNorm() + 3 * w.squaredNorm(); };
  Rng rng(3);
  for (int k = 0; k < 200; ++k) {
    const auto i = static_cast<Eigen::Index>(rng.below(n_items)),
               j = static_cast<Eigen::Index>(rng.below(n_items));
    if (i == j) continue;
    for (const double step : {-0.03, 0.03}) {
      Eigen::MatrixXd other = b;
      other(i, j) += step;
      EXPECT_GT(loss(other), loss(b));
    }
  }
}

TEST_P(EaseShapes, SameBitsAtAnyThreadCount) {
  const auto [n_users, n_items] = GetParam();
  const Toy toy = random_toy(n_users, n_items, 11);
  const Csr expected = fit_linear<Ease>(toy, small_ease(13), 1)->weights();
  for (const int threads : {2, 3, 7, 300}) {
    const auto model = fit_linear<Ease>(toy, small_ease(13), threads);
    EXPECT_EQ(model->weights().values, expected.values) << threads;
    EXPECT_EQ(model->weights().indices, expected.indices) << threads;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, EaseShapes,
                         ::testing::Values(std::pair<std::size_t, std::size_t>{97, 31},
                                           std::pair<std::size_t, std::size_t>{23, 331},
                                           std::pair<std::size_t, std::size_t>{307, 211}));

TEST(Ease, KeepsTheLargestWeights) {
  const Toy toy = random_toy(97, 61, 11);
  const Eigen::MatrixXd all = dense_weights(*fit_linear<Ease>(toy, small_ease()));
  const auto pruned = fit_linear<Ease>(toy, small_ease(7));
  const Eigen::MatrixXd some = dense_weights(*pruned);
  for (Eigen::Index i = 0; i < 60; ++i) {
    double smallest_kept = 1e9, largest_left = 0;
    int kept = 0;
    for (Eigen::Index j = 0; j < 61; ++j) {
      if (some(i, j) != 0) {
        EXPECT_EQ(some(i, j), all(i, j));
        smallest_kept = std::min(smallest_kept, std::abs(all(i, j)));
        ++kept;
      } else {
        largest_left = std::max(largest_left, std::abs(all(i, j)));
      }
    }
    EXPECT_EQ(kept, 7);
    EXPECT_GE(smallest_kept, largest_left);
  }
  EXPECT_EQ(pruned->weights().row_size(60), 0u) << "an item without events";
}

TEST(Ease, TinyRegularizationIsRefusedOrFinite) {
  for (const auto& [n_users, n_items] : {std::pair<idx_t, idx_t>{40, 20}, {20, 40}}) {
    std::vector<Event> events;  // all rows are the same: singular without a ridge
    for (idx_t u = 0; u < n_users; ++u) {
      for (idx_t i = 0; i < n_items; ++i) events.push_back({u, i, 1});
    }
    const Toy toy = make_toy(n_users, n_items, std::move(events));
    Ease::Config config;
    config.regularization = 1e-3f;
    try {
      const auto model = fit_linear<Ease>(toy, config);
      for (const float weight : model->weights().values) EXPECT_TRUE(std::isfinite(weight));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData);
      EXPECT_NE(std::string(error.what()).find("regularization"), std::string::npos) << error.what();
    }
  }
}

TEST(Ease, MoreThanTheMemoryIsRefusedBeforehand) {
  try {
    check_memory(physical_memory() * 2, "ease with 9 items", "buy some");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
    EXPECT_NE(std::string(error.what()).find("ease with 9 items needs"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("buy some"), std::string::npos);
  }
  check_memory(1000, "little", "none");
}

TEST(Ease, ScoresOfTheTrainingUsersAreXTimesB) {
  const Toy toy = random_toy(97, 61, 11);
  const auto model = fit_linear<Ease>(toy, small_ease());
  const Eigen::MatrixXd expected = dense_events(toy, false) * dense_weights(*model);
  for (idx_t user = 0; user + 1 < 97; ++user) {
    const auto history = items_of(toy, user);
    std::vector<float> scores(61);
    ASSERT_TRUE(model->score_all({.history = history}, scores));
    for (idx_t item = 0; item < 61; ++item) EXPECT_NEAR(scores[item], expected(user, item), 1e-5);
  }
}

TEST(Ease, StopsOnRequest) {
  EXPECT_EQ(error_when_stopped<Ease>(random_toy(97, 331), small_ease(), 3), ErrorCode::kCancelled);
  EXPECT_EQ(error_when_stopped<Ease>(random_toy(331, 97), small_ease(), 1), ErrorCode::kCancelled);
}

TEST(Ease, RefusesDataWithoutPositiveEvents) {
  const Toy none = make_toy(3, 3, {}), negative = make_toy(2, 2, {{0, 0, 0}, {1, 1, -1}});
  const Toy infinite = make_toy(2, 2, {{0, 0, 3e38f}, {0, 0, 3e38f}, {1, 1, 1}});
  EXPECT_EQ(error_of([&] { Ease::fit(none.training(), {}, {}); }), ErrorCode::kBadData);
  EXPECT_EQ(error_of([&] { Ease::fit(negative.training(), {}, {}); }), ErrorCode::kBadData);
  Ease::Config config;
  config.use_values = true;
  EXPECT_EQ(error_of([&] { Ease::fit(infinite.training(), config, {}); }), ErrorCode::kBadData);
}

}  // namespace
}  // namespace akin
