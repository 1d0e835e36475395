#include "akin/models/linear/slim.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "akin/base/error.h"
#include "akin/models/linear/item_gram.h"
#include "akin/models/linear/linear_data_test.h"

namespace akin {
namespace {

using namespace testing_data;

Slim::Config small_slim() {
  Slim::Config config;
  config.l1 = 0.7f;
  config.regularization = 2;
  config.tolerance = 1e-7f;
  config.max_sweeps = 100'000;
  return config;
}

/// The minimum of the class comment for one item by proximal gradient steps (ISTA) in double precision.
Eigen::VectorXd reference_column(const Eigen::MatrixXd& a, Eigen::Index j, const Slim::Config& config) {
  const Eigen::MatrixXd gram = a.transpose() * a;
  const double step = 1 / (gram.eigenvalues().real().maxCoeff() + static_cast<double>(config.regularization));
  Eigen::VectorXd w = Eigen::VectorXd::Zero(a.cols());
  for (int k = 0; k < 20'000; ++k) {
    Eigen::VectorXd next =
        w - step * (gram * w - gram.col(j) + static_cast<double>(config.regularization) * w);
    next = (next.array() - step * static_cast<double>(config.l1)).max(0.0);
    next(j) = 0;
    const double change = (next - w).cwiseAbs().maxCoeff();
    w = next;
    if (change < 1e-12) break;
  }
  return w;
}

TEST(Slim, WeightsAreTheMinimumThatProximalGradientFinds) {
  const Toy toy = random_toy(97, 61, 17);
  for (const bool use_values : {false, true}) {
    Slim::Config config = small_slim();
    config.use_values = use_values;
    if (use_values) config.l1 = 7;
    const Eigen::MatrixXd a = dense_events(toy, use_values),
                          w = dense_weights(*fit_linear<Slim>(toy, config));
    int zero = 0, positive = 0;
    for (Eigen::Index j = 0; j < a.cols(); ++j) {
      const Eigen::VectorXd expected = reference_column(a, j, config);
      EXPECT_LT((w.col(j) - expected).cwiseAbs().maxCoeff(), 1e-4) << "item " << j;
      positive += static_cast<int>((expected.array() > 1e-4).count());
      zero += static_cast<int>((expected.array() <= 1e-4).count());
    }
    EXPECT_GT(positive, 100);  // so that both kinds were compared
    EXPECT_GT(zero, 100);
    EXPECT_GE(w.minCoeff(), 0);
    EXPECT_EQ(w.diagonal().cwiseAbs().maxCoeff(), 0);
  }
}

TEST(Slim, AgreesWithScikitLearn) {
  std::ifstream file(AKIN_SOURCE_DIR "/tests/reference/slim.json");
  const auto reference = nlohmann::json::parse(file);
  std::vector<Event> events;
  for (const auto& event : reference["events"]) events.push_back({event[0], event[1], 1});
  const Toy toy = make_toy(reference["users"], reference["items"], std::move(events));
  for (const auto& fit : reference["fits"]) {
    Slim::Config config = small_slim();
    config.l1 = fit["l1"];
    config.regularization = fit["l2"];
    const Eigen::MatrixXd w = dense_weights(*fit_linear<Slim>(toy, config));
    Eigen::MatrixXd expected = Eigen::MatrixXd::Zero(w.rows(), w.cols());
    for (const auto& weight : fit["weights"])
      expected(weight[0].get<Eigen::Index>(), weight[1].get<Eigen::Index>()) = weight[2].get<double>();
    EXPECT_GT((expected.array() > 0).count(), 20);
    EXPECT_LT((w - expected).cwiseAbs().maxCoeff(), 1e-4) << "l1 = " << config.l1;
  }
}

TEST(Slim, CandidatesAreTheItemsOfTheLargestCosine) {
  const Toy toy = random_toy(97, 61, 17);
  Slim::Config config = small_slim();
  config.candidates = 5;
  const Eigen::MatrixXd w = dense_weights(*fit_linear<Slim>(toy, config)), a = dense_events(toy, false);
  int weights = 0;
  for (Eigen::Index j = 0; j < 60; ++j) {
    std::vector<double> cosines;
    for (Eigen::Index i = 0; i < 60; ++i) {
      if (i != j) cosines.push_back(a.col(i).dot(a.col(j)) / a.col(i).norm() / a.col(j).norm());
    }
    std::ranges::sort(cosines, std::greater<>());
    EXPECT_LE((w.col(j).array() > 0).count(), 5);
    for (Eigen::Index i = 0; i < 60; ++i) {
      if (w(i, j) == 0) continue;
      ++weights;
      EXPECT_GE(a.col(i).dot(a.col(j)) / a.col(i).norm() / a.col(j).norm(), cosines[4] - 1e-6);
    }
  }
  EXPECT_GT(weights, 60);
  // Of so many candidates, none is left out.
  config.candidates = 1000;
  const auto many = fit_linear<Slim>(toy, config), all = fit_linear<Slim>(toy, small_slim());
  EXPECT_EQ(many->weights().indices, all->weights().indices);
}

TEST(Slim, StrongerPenaltiesLeaveFewerAndSmallerWeights) {
  const Toy toy = random_toy(97, 61, 17);
  std::size_t entries = 61 * 61;
  for (const float l1 : {0.3f, 1.0f, 3.0f}) {
    Slim::Config config = small_slim();
    config.l1 = l1;
    const std::size_t now = fit_linear<Slim>(toy, config)->weights().entries();
    EXPECT_LT(now, entries);
    entries = now;
  }
}

TEST(Slim, SameBitsAtAnyThreadCount) {
  const Toy toy = random_toy(97, 331, 23);
  const Csr expected = fit_linear<Slim>(toy, small_slim(), 1)->weights();
  EXPECT_GT(expected.entries(), 1000u);
  for (const int threads : {2, 3, 7, 300}) {
    const auto model = fit_linear<Slim>(toy, small_slim(), threads);
    EXPECT_EQ(model->weights().values, expected.values) << threads;
    EXPECT_EQ(model->weights().indices, expected.indices) << threads;
  }
}

TEST(Slim, OneSweepIsEnoughToSayNo) {
  Slim::Config config = small_slim();
  config.max_sweeps = 1;
  const auto model = fit_linear<Slim>(random_toy(97, 61, 17), config);
  for (const float weight : model->weights().values) EXPECT_GT(weight, 0);
  EXPECT_NE(model->weights().values,
            fit_linear<Slim>(random_toy(97, 61, 17), small_slim())->weights().values);
}

TEST(Slim, StopsOnRequest) {
  for (const int threads : {1, 3})
    EXPECT_EQ(error_when_stopped<Slim>(random_toy(97, 331), small_slim(), threads), ErrorCode::kCancelled);
}

TEST(Slim, RefusesDataWithoutPositiveEvents) {
  const Toy none = make_toy(3, 3, {}), negative = make_toy(2, 2, {{0, 0, 0}, {1, 1, -1}});
  EXPECT_EQ(error_of([&] { Slim::fit(none.training(), {}, {}); }), ErrorCode::kBadData);
  EXPECT_EQ(error_of([&] { Slim::fit(negative.training(), {}, {}); }), ErrorCode::kBadData);
}

TEST(ItemGram, RowsAreSumsOfProducts) {
  // Few items a user: sparse rows; many: dense ones.
  for (const std::size_t per_user : {2u, 40u}) {
    const Toy toy = random_toy(61, 331, per_user);
    const Interactions x = linear_interactions(toy.training(), /*use_values=*/true, "test");
    const ItemGram gram(x, {.threads = 3});
    const Eigen::MatrixXd a = dense_events(toy, true), expected = a.transpose() * a;
    ASSERT_EQ(gram.size(), 331u);
    for (std::size_t i = 0; i < gram.size(); ++i) {
      std::vector<float> row(331, 1.0f);
      gram.add_row(i, -2, row);
      for (std::size_t k = 0; k < row.size(); ++k)
        EXPECT_EQ(row[k], 1 - 2 * expected(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)));
      EXPECT_EQ(gram.diagonal(i), expected(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(i)));
    }
    EXPECT_LE(gram.bytes(), 8.0 * static_cast<double>((expected.array() > 0).count()) * 2);
  }
}

}  // namespace
}  // namespace akin
