#include "akin/models/implicit/nmf.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>

#include "akin/base/error.h"
#include "akin/models/fit/start.h"
#include "akin/models/fit/toy_data_test.h"

namespace akin {
namespace {

using namespace testing_data;

Nmf::Config small_nmf() {
  Nmf::Config config;
  config.factors = 5;
  config.epochs = 20;
  config.regularization = 0.3f;
  return config;
}

Eigen::MatrixXd dense(const Matrix& matrix) {
  Eigen::MatrixXd result(matrix.rows(), matrix.cols());
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    for (std::size_t c = 0; c < matrix.cols(); ++c)
      result(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)) = static_cast<double>(matrix[r][c]);
  }
  return result;
}

Eigen::MatrixXd user_vectors(const Model& model, std::size_t n_users) {
  Matrix users(n_users, model.item_vectors().cols());
  for (std::size_t u = 0; u < n_users; ++u) model.user_vector({.user = static_cast<idx_t>(u)}, users[u]);
  return dense(users);
}

Eigen::MatrixXd dense_events(const Toy& toy, bool use_values) {
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(toy.data.n_users()),
                                            static_cast<Eigen::Index>(toy.data.n_items()));
  for (const Event& event : toy.events) x(event.user, event.item) += static_cast<double>(event.value);
  if (!use_values) x = (x.array() > 0).cast<double>();
  return x;
}

double objective(const Eigen::MatrixXd& x, const Eigen::MatrixXd& w, const Eigen::MatrixXd& h,
                 double lambda) {
  return (x - w * h.transpose()).squaredNorm() + lambda * (w.squaredNorm() + h.squaredNorm());
}

std::vector<double> losses_of(const Toy& toy, const Nmf::Config& config) {
  std::vector<double> losses;
  FitContext context;
  context.on_progress = [&](const Progress& progress) { losses.push_back(progress.loss); };
  Nmf::fit(toy.training(), config, context);
  return losses;
}

TEST(Nmf, LossIsTheDenseObjectiveAndNeverRises) {
  const Toy toy = random_toy(97, 61, 17);
  for (const bool use_values : {false, true}) {
    Nmf::Config config = small_nmf();
    config.use_values = use_values;
    const std::vector<double> losses = losses_of(toy, config);
    ASSERT_EQ(losses.size(), 20u);
    for (std::size_t k = 1; k < losses.size(); ++k) EXPECT_LE(losses[k], losses[k - 1] * (1 + 1e-6)) << k;
    EXPECT_LT(losses.back(), 0.99 * losses.front());
    // The users of the model are the best ones for its items, so a little better than those of the last epoch.
    const auto model = Nmf::fit(toy.training(), config, {});
    const double expected =
        objective(dense_events(toy, use_values), user_vectors(*model, 97), dense(model->item_vectors()),
                  static_cast<double>(config.regularization));
    EXPECT_LE(expected, losses.back() * (1 + 1e-6));
    EXPECT_GT(expected, losses.back() * 0.99);
  }
}

TEST(Nmf, VectorsAreNotNegativeAndSomeEntriesAreZero) {
  const auto model = Nmf::fit(random_toy(97, 61, 17).training(), small_nmf(), {});
  const Eigen::MatrixXd w = user_vectors(*model, 97), h = dense(model->item_vectors());
  EXPECT_EQ(std::min(w.minCoeff(), h.minCoeff()), 0);
  EXPECT_GT((w.array() == 0).count(), 97);
  EXPECT_GT((h.array() > 0).count(), 61);
}

TEST(Nmf, AFactorizationThatExistsIsFound) {
  // Two groups of users with two groups of items: X has rank 2.
  const Toy toy = make_toy(6, 5,
                           {{0, 0},
                            {0, 1},
                            {1, 0},
                            {1, 1},
                            {2, 0},
                            {2, 1},
                            {3, 2},
                            {3, 3},
                            {3, 4},
                            {4, 2},
                            {4, 3},
                            {4, 4},
                            {5, 2},
                            {5, 3},
                            {5, 4}});
  Nmf::Config config;
  config.factors = 2;
  config.epochs = 200;
  config.regularization = 0;
  const auto model = Nmf::fit(toy.training(), config, {});
  EXPECT_LT(
      (dense_events(toy, false) - user_vectors(*model, 6) * dense(model->item_vectors()).transpose()).norm(),
      1e-3);
}

TEST(Nmf, FoldingInTheTrainingHistoryGivesTheStoredVector) {
  const Toy toy = random_toy(97, 61, 17);
  const auto model = Nmf::fit(toy.training(), small_nmf(), {});
  for (idx_t user = 0; user + 1 < 97; ++user) {
    const auto history = items_of(toy, user);
    std::vector<float> stored(5), folded(5);
    ASSERT_TRUE(model->user_vector({.user = user}, stored));
    ASSERT_TRUE(model->user_vector({.history = history}, folded));
    EXPECT_EQ(folded, stored) << user;
  }
}

TEST(Nmf, FoldedInItemsAreTheMinimumForTheirUsers) {
  const Toy toy = random_toy(97, 61, 17);
  const auto model = Nmf::fit(toy.training(), small_nmf(), {});
  const Eigen::MatrixXd w = user_vectors(*model, 97);
  const std::vector<idx_t> users = {3, 5, 40, 41, 60, 96, 1000};  // 96 has no events, 1000 does not exist
  std::vector<float> folded(5);
  ASSERT_TRUE(model->item_vector(users, {}, folded));
  Eigen::VectorXd x = Eigen::VectorXd::Zero(97), h(5);
  for (std::size_t k = 0; k < 5; ++k) {
    x(users[k]) = 1;
    h(static_cast<Eigen::Index>(k)) = static_cast<double>(folded[k]);
  }
  const auto loss = [&](const Eigen::VectorXd& v) {
    return (x - w * v).squaredNorm() + 0.3 * v.squaredNorm();
  };
  for (Eigen::Index k = 0; k < 5; ++k) {
    for (const double step : {-0.02, 0.02}) {
      Eigen::VectorXd other = h;
      other(k) = std::max(0.0, other(k) + step);
      EXPECT_GE(loss(other), loss(h) - 1e-6);
    }
  }
  EXPECT_GT(h.maxCoeff(), 0.01);
  EXPECT_FALSE(model->item_vector(std::vector<idx_t>{96}, {}, folded));
}

TEST(Nmf, SameSeedSameBitsAtAnyThreadCountAndOfAFile) {
  const Toy toy = random_toy();
  const auto expected = fit_scores<Nmf>(toy, small_nmf(), 5, 1);
  for (const int threads : {2, 3, 5, 200}) EXPECT_EQ(fit_scores<Nmf>(toy, small_nmf(), 5, threads), expected);
  EXPECT_NE(fit_scores<Nmf>(toy, small_nmf(), 6, 1), expected);
  const auto model = Nmf::fit(toy.training(), small_nmf(), {{.seed = 5}});
  EXPECT_EQ(all_scores(*reload<Nmf>(*model, 97, 331), 97), expected);
}

TEST(Nmf, RefusesNegativeVectorsToBeginWith) {
  const Toy toy = random_toy(97, 61, 17);
  PretrainedItems items{Matrix(61, 5), std::vector<char>(61, 1), "some.csv"};
  FitStart start;
  start.items = &items;
  EXPECT_NO_THROW(Nmf::fit(toy.training(), small_nmf(), {{}, nullptr, &start}));
  items.vectors[7][2] = -0.1f;
  try {
    Nmf::fit(toy.training(), small_nmf(), {{}, nullptr, &start});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("some.csv has negative"), std::string::npos) << error.what();
  }
}

TEST(Nmf, GoesOnFromATrainedModel) {
  const Toy all = random_toy(97, 61, 17);
  std::vector<Event> old_events;
  for (const Event& event : all.events) {
    if (event.user < 83 && event.item < 53) old_events.push_back(event);
  }
  const Toy before = make_toy(83, 53, std::move(old_events));
  const auto old = Nmf::fit(before.training(), small_nmf(), {});
  FitStart start;
  start.model = old.get();
  for (idx_t user = 0; user < 96; ++user) {
    const auto items = items_of(all, user);
    if (user >= 83 || std::ranges::any_of(items, [](idx_t item) { return item >= 53; }))
      start.fold_users.push_back(user);
  }
  for (idx_t item = 53; item < 60; ++item) start.fold_items.push_back(item);
  Nmf::Config config = small_nmf();
  config.epochs = 0;
  const auto folded = Nmf::fit(all.training(), config, {{}, nullptr, &start});
  std::vector<float> expected(5), stored(5);
  for (idx_t item = 0; item < 53; ++item) {
    EXPECT_TRUE(std::ranges::equal(folded->item_vectors()[item], old->item_vectors()[item]));
  }
  for (idx_t item = 53; item < 60; ++item) {
    std::vector<idx_t> users;
    for (const Event& event : all.events) {
      if (event.item == item && event.user < 83) users.push_back(event.user);
    }
    ASSERT_TRUE(old->item_vector(users, {}, expected));
    EXPECT_TRUE(std::ranges::equal(folded->item_vectors()[item], expected)) << item;
  }
  for (const idx_t user : start.fold_users) {
    ASSERT_TRUE(folded->user_vector({.user = user}, stored));
    ASSERT_TRUE(folded->user_vector({.history = items_of(all, user)}, expected));
    EXPECT_EQ(stored, expected) << user;
  }
  // Two iterations more than from random vectors are worth something.
  config.epochs = 2;
  const auto loss = [&](FitContext watched) {
    double last = 0;
    watched.on_progress = [&](const Progress& progress) { last = progress.loss; };
    Nmf::fit(all.training(), config, watched);
    return last;
  };
  EXPECT_LT(loss({{}, nullptr, &start}), loss({}));
  config.factors = 7;
  EXPECT_EQ(error_of([&] { Nmf::fit(all.training(), config, {{}, nullptr, &start}); }), ErrorCode::kUsage);
}

TEST(Nmf, RecommendsTheWithheldItemOfACheckerboard) {
  const Toy toy = checkerboard(26);
  Nmf::Config config;
  config.factors = 3;
  const auto model = Nmf::fit(toy.training(), config, {});
  for (idx_t user = 0; user < 26; ++user) {
    const auto have = items_of(toy, user);
    EXPECT_EQ(best_new_item(*model, {.user = user}, have), user);
    EXPECT_EQ(best_new_item(*model, {.history = have}, have), user) << "folded in";
  }
}

TEST(Nmf, RefusesDataWithoutPositiveEventsAndOverflow) {
  const Toy none = make_toy(3, 3, {}), negative = make_toy(2, 2, {{0, 0, 0}, {1, 1, -1}});
  const Toy infinite = make_toy(2, 2, {{0, 0, 3e38f}, {0, 0, 3e38f}, {1, 1, 1}});
  EXPECT_EQ(error_of([&] { Nmf::fit(none.training(), {}, {}); }), ErrorCode::kBadData);
  EXPECT_EQ(error_of([&] { Nmf::fit(negative.training(), {}, {}); }), ErrorCode::kBadData);
  Nmf::Config config;
  config.use_values = true;
  EXPECT_EQ(error_of([&] { Nmf::fit(infinite.training(), config, {}); }), ErrorCode::kBadData);
}

TEST(Nmf, StopsOnRequest) {
  for (const int threads : {1, 3})
    EXPECT_EQ(error_when_stopped<Nmf>(random_toy(), small_nmf(), threads), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace akin
