#include "akin/models/rating/als_wr.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/models/rating/rating_toy_test.h"

namespace akin {
namespace {

using namespace testing_data;

AlsWr::Config small_als_wr() {
  AlsWr::Config config;
  config.factors = 5;
  config.epochs = 4;
  config.regularization = 0.1f;
  config.bias_regularization = 0.05f;
  config.count_power = 1;
  return config;
}

TEST(AlsWr, RecoversAPlantedMatrix) {
  const PlantedRatings planted(151, 211);
  for (const char* solver : {"exact", "cg"}) {
    AlsWr::Config config;
    config.factors = 4;
    config.epochs = 30;
    config.solver = solver;
    config.regularization = config.bias_regularization = 1e-4f;
    const auto model = AlsWr::fit(planted.toy.training(), config, {});
    EXPECT_LT(rmse(*model, planted.held_out), 0.03) << solver;  // the ratings' standard deviation is about 1
  }
}

TEST(AlsWr, RecoversALowRankMatrixWithoutBiases) {
  const PlantedRatings planted(151, 211);  // of rank 5 with its mean and biases
  AlsWr::Config config;
  config.factors = 5;
  config.epochs = 60;
  config.biases = false;
  config.regularization = 1e-5f;
  config.solver = "exact";
  const auto model = AlsWr::fit(planted.toy.training(), config, {});
  EXPECT_EQ(model->item_vectors().cols(), 5u);
  EXPECT_EQ(model->embedding_dim(), 5u);
  EXPECT_LT(rmse(*model, planted.held_out), 0.03);
}

/// The objective in plain loops, of a model's stored vectors.
double objective(const Model& model, const Toy& toy, const AlsWr::Config& config) {
  const std::size_t f = model.embedding_dim();
  const Csr by_user = to_csr(toy.events, toy.data.n_users(), toy.data.n_items(), Repeats::kLast);
  const Csr by_item = transpose(by_user);
  double mean = 0, sum = 0;
  for (const float value : by_user.values) mean += value / static_cast<double>(by_user.entries());
  const auto penalty = [&](std::span<const float> row, std::size_t n, double bias) {
    double squares = 0;
    for (std::size_t c = 0; c < f; ++c) squares += double{row[c]} * row[c];
    return std::pow(static_cast<double>(n), config.count_power) *
           (config.regularization * squares + (config.biases ? config.bias_regularization * bias * bias : 0));
  };
  for (idx_t u = 0; u < by_user.rows(); ++u) {
    if (by_user.row_size(u) == 0) continue;
    const auto user = row_of(model, {.user = u});
    sum += penalty(user, by_user.row_size(u), config.biases ? user[f] - mean : 0);
    for (std::size_t k = 0; k < by_user.row_size(u); ++k) {
      double score = 0;
      const auto item = model.item_vectors()[by_user.cols_of(u)[k]];
      for (std::size_t c = 0; c < user.size(); ++c) score += double{user[c]} * item[c];
      sum += std::pow(by_user.values_of(u)[k] - score, 2);
    }
  }
  for (std::size_t i = 0; i < by_item.rows(); ++i) {
    const auto item = model.item_vectors()[i];
    if (by_item.row_size(i) > 0) sum += penalty(item, by_item.row_size(i), config.biases ? item[f + 1] : 0);
  }
  return sum;
}

TEST(AlsWr, TheObjectiveNeverGrows) {
  const Toy toy = random_toy();
  for (const char* solver : {"exact", "cg"}) {
    for (const bool biases : {true, false}) {
      for (const float power : {0.0f, 1.0f}) {
        SCOPED_TRACE(::testing::Message() << solver << ", biases " << biases << ", power " << power);
        AlsWr::Config config = small_als_wr();
        config.solver = solver;
        config.biases = biases;
        config.count_power = power;
        config.report_loss = true;
        config.epochs = 11;
        std::vector<double> losses;
        FitContext context;
        context.on_progress = [&](const Progress& progress) { losses.push_back(progress.loss); };
        const auto model = AlsWr::fit(toy.training(), config, context);
        ASSERT_EQ(losses.size(), 11u);
        for (std::size_t k = 1; k < losses.size(); ++k) EXPECT_LE(losses[k], losses[k - 1] * (1 + 1e-5));
        EXPECT_LT(losses.back(), 0.98 * losses.front());
        const double last = objective(*model, toy, config);  // the users were solved for once more
        EXPECT_LE(last, losses.back() * (1 + 1e-4));
        EXPECT_NEAR(last, losses.back(), 0.05 * losses.back());
      }
    }
  }
}

TEST(AlsWr, FoldingInAUsersHistoryGivesTheirVector) {
  const Toy toy = random_toy();
  for (const char* solver : {"exact", "cg"}) {
    AlsWr::Config config = small_als_wr();
    config.solver = solver;
    const auto model = AlsWr::fit(toy.training(), config, {});
    for (const idx_t user : {0u, 17u, 95u}) {
      const auto items = items_of(toy, user);
      const auto values = values_of(toy, user);
      EXPECT_EQ(row_of(*model, {.history = items, .values = values}), row_of(*model, {.user = user}));
    }
  }
}

TEST(AlsWr, AnItemsVectorIsTheOptimumGivenItsUsers) {
  const Toy toy = random_toy();
  const AlsWr::Config config = small_als_wr();
  const auto model = AlsWr::fit(toy.training(), config, {});
  const std::vector<idx_t> users = {1, 4, 9, 16, 96};  // the last is unknown
  const std::vector<float> values = {5, 1, 2, 5, 3};
  std::vector<float> item(7);
  ASSERT_TRUE(model->item_vector(users, values, item));
  EXPECT_EQ(item[5], 1);
  const auto loss = [&](std::span<const float> q) {
    double sum = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const auto user = row_of(*model, {.user = users[k]});
      double score = 0;
      for (std::size_t c = 0; c < 7; ++c) score += double{user[c]} * q[c];
      sum += std::pow(values[k] - score, 2);
    }
    for (std::size_t c = 0; c < 5; ++c) sum += 4 * config.regularization * double{q[c]} * q[c];
    return sum + 4 * config.bias_regularization * double{q[6]} * q[6];
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
  const std::vector<idx_t> unknown = {96};
  EXPECT_FALSE(model->item_vector(unknown, {}, item));
  EXPECT_FALSE(model->item_vector({}, {}, item));
}

TEST(AlsWr, SameSeedSameBitsAtAnyThreadCount) {
  const Toy toy = random_toy();
  const auto expected = fit_scores<AlsWr>(toy, small_als_wr(), 5, 1);
  for (const int threads : {2, 3, 5, 200})
    EXPECT_EQ(fit_scores<AlsWr>(toy, small_als_wr(), 5, threads), expected);
  EXPECT_NE(fit_scores<AlsWr>(toy, small_als_wr(), 6, 1), expected);
}

TEST(AlsWr, BeginsWhereAnotherFitEnded) {
  const Toy toy = random_toy();
  const Toy first = part_of(toy, 89, 317);
  AlsWr::Config config = small_als_wr();
  const auto old = AlsWr::fit(first.training(), config, {});
  config.epochs = 0;
  const auto model = update<AlsWr>(toy, *old, 89, 317, config);
  int as_before = 0;
  for (idx_t user = 0; user < 89; ++user) {
    if (items_of(toy, user) != items_of(first, user)) continue;
    EXPECT_EQ(row_of(*model, {.user = user}), row_of(*old, {.user = user}));
    ++as_before;
  }
  EXPECT_GT(as_before, 5);
  for (const std::size_t item : {std::size_t{0}, std::size_t{316}})
    EXPECT_TRUE(std::ranges::equal(model->item_vectors()[item], old->item_vectors()[item]));
  config.epochs = 1;
  config.report_loss = true;
  const auto warm = update<AlsWr>(toy, *old, 89, 317, config, 3);
  const auto cold = AlsWr::fit(toy.training(), config, {});
  EXPECT_LT(objective(*warm, toy, config), objective(*cold, toy, config));
  config.factors = 6;
  EXPECT_EQ(error_of([&] { update<AlsWr>(toy, *old, 89, 317, config); }), ErrorCode::kUsage);
}

TEST(AlsWr, BeginsWithGivenItemVectors) {
  const Toy toy = random_toy();
  PretrainedItems given{Matrix::normal(331, 5, 1, 9), std::vector<char>(331, 1), "a test"};
  FitStart start;
  start.items = &given;
  AlsWr::Config config = small_als_wr();
  config.epochs = 0;
  const auto model = AlsWr::fit(toy.training(), config, {{}, nullptr, &start});
  for (const std::size_t item : {std::size_t{3}, std::size_t{330}})
    EXPECT_TRUE(std::ranges::equal(model->item_vectors()[item].first(5), given.vectors[item]));
}

TEST(AlsWr, RefusesNoDataAndStopsOnRequest) {
  const Toy none = make_toy(3, 3, {});
  EXPECT_EQ(error_of([&] { AlsWr::fit(none.training(), {}, {}); }), ErrorCode::kBadData);
  for (const int threads : {1, 3})
    EXPECT_EQ(error_when_stopped<AlsWr>(random_toy(), {}, threads), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace akin
