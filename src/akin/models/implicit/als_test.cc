#include "akin/models/implicit/als.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>

#include "akin/base/error.h"
#include "akin/models/fit/toy_data_test.h"

namespace akin {
namespace {

using namespace testing_data;

Als::Config small_als() {
  Als::Config config;
  config.factors = 7;
  config.epochs = 4;
  config.alpha = 2;
  config.regularization = 0.3f;
  return config;
}

/// c and p of all cells, from the events one by one.
struct Cells {
  Eigen::MatrixXd confidence, preference;
  explicit Cells(const Toy& toy, double alpha) {
    Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(toy.data.n_users()),
                                                 static_cast<Eigen::Index>(toy.data.n_items()));
    for (const Event& event : toy.events) sums(event.user, event.item) += event.value;
    preference = (sums.array() > 0).cast<double>();
    confidence = 1 + alpha * sums.array() * preference.array();
  }
};

Eigen::MatrixXd dense(const Matrix& matrix) {
  Eigen::MatrixXd result(matrix.rows(), matrix.cols());
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    for (std::size_t c = 0; c < matrix.cols(); ++c) {
      result(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)) = matrix[r][c];
    }
  }
  return result;
}

Eigen::MatrixXd user_vectors(const Model& model, std::size_t n_users) {
  Matrix users(n_users, model.item_vectors().cols());
  for (std::size_t u = 0; u < n_users; ++u) model.user_vector({.user = static_cast<idx_t>(u)}, users[u]);
  return dense(users);
}

/// L of the class comment over all cells.
double objective(const Cells& cells, const Eigen::MatrixXd& x, const Eigen::MatrixXd& y,
                 const Als::Config& config) {
  double sum = (cells.confidence.array() * (cells.preference - x * y.transpose()).array().square()).sum();
  for (Eigen::Index u = 0; u < x.rows(); ++u) {
    sum += config.regularization * std::pow(cells.preference.row(u).sum(), config.count_power) *
           x.row(u).squaredNorm();
  }
  for (Eigen::Index i = 0; i < y.rows(); ++i) {
    sum += config.regularization * std::pow(cells.preference.col(i).sum(), config.count_power) *
           y.row(i).squaredNorm();
  }
  return sum;
}

TEST(Als, UserVectorsSolveTheDenseRidgeRegression) {
  const Toy toy = random_toy(29, 37, 11);
  for (const char* solver : {"exact", "cg", "block"}) {
    for (const float count_power : {0.0f, 1.0f}) {
      SCOPED_TRACE(::testing::Message() << solver << " " << count_power);
      Als::Config config = small_als();
      config.solver = solver;
      config.count_power = count_power;
      const auto model = Als::fit(toy.training(), config, {});
      const Cells cells(toy, config.alpha);
      const Eigen::MatrixXd y = dense(model->item_vectors()), x = user_vectors(*model, 29);
      for (Eigen::Index u = 0; u < x.rows(); ++u) {
        const Eigen::VectorXd c = cells.confidence.row(u), p = cells.preference.row(u);
        Eigen::MatrixXd a = y.transpose() * c.asDiagonal() * y;
        a += config.regularization * std::pow(p.sum(), count_power) * Eigen::MatrixXd::Identity(7, 7);
        const Eigen::VectorXd expected = a.llt().solve(y.transpose() * (c.array() * p.array()).matrix());
        EXPECT_LT((x.row(u).transpose() - expected).norm(), 1e-4 * (1 + expected.norm())) << "user " << u;
      }
    }
  }
}

TEST(Als, ReportedLossIsTheDenseObjectiveAndNeverRises) {
  const Toy toy = random_toy(29, 37, 11);
  for (const char* solver : {"exact", "cg", "block"}) {
    SCOPED_TRACE(solver);
    Als::Config config = small_als();
    config.solver = solver;
    config.epochs = 8;
    config.report_loss = true;
    std::vector<double> losses;
    FitContext context;
    context.on_progress = [&](const Progress& progress) { losses.push_back(progress.loss); };
    const auto model = Als::fit(toy.training(), config, context);
    ASSERT_EQ(losses.size(), 8u);
    const double expected =
        objective(Cells(toy, config.alpha), user_vectors(*model, 29), dense(model->item_vectors()), config);
    EXPECT_NEAR(losses.back(), expected, 1e-4 * expected);
    for (std::size_t k = 1; k < losses.size(); ++k)
      EXPECT_LE(losses[k], losses[k - 1] * (1 + 1e-5)) << "iteration " << k;
    EXPECT_LT(losses.back(), 0.99 * losses.front());
  }
}

TEST(Als, ManyConjugateGradientStepsReachTheExactSolution) {
  const Toy toy = random_toy(29, 37, 11);
  Als::Config config = small_als();
  config.solver = "exact";
  const auto exact = fit_scores<Als>(toy, config, 1, 1);
  config.solver = "cg";
  config.cg_steps = 1;
  const auto rough = fit_scores<Als>(toy, config, 1, 1);
  config.cg_steps = 50;
  const auto converged = fit_scores<Als>(toy, config, 1, 1);
  double error = 0, rough_error = 0;
  for (std::size_t k = 0; k < exact.size(); ++k) {
    error = std::max(error, std::abs(double{converged[k]} - exact[k]));
    rough_error = std::max(rough_error, std::abs(double{rough[k]} - exact[k]));
  }
  EXPECT_LT(error, 1e-3);
  EXPECT_GT(rough_error, 1e-2);  // so the bound above says something
}

TEST(Als, SameSeedSameBitsAtAnyThreadCount) {
  const Toy toy = random_toy();
  for (const char* solver : {"exact", "cg", "block"}) {
    Als::Config config = small_als();
    config.solver = solver;
    const auto expected = fit_scores<Als>(toy, config, 5, 1);
    for (const int threads : {1, 2, 3, 5, 200})
      EXPECT_EQ(fit_scores<Als>(toy, config, 5, threads), expected) << threads;
    EXPECT_NE(fit_scores<Als>(toy, config, 6, 1), expected);
  }
}

TEST(Als, SavedAndLoadedModelScoresTheSame) {
  const Toy toy = random_toy();
  const auto model = Als::fit(toy.training(), small_als(), {});
  const auto loaded = reload<Als>(*model, 97, 331);
  EXPECT_EQ(all_scores(*loaded, 97), all_scores(*model, 97));
  const std::vector<idx_t> history = {5, 3, 200};
  std::vector<float> before(331), after(331);
  ASSERT_TRUE(model->score_all({.history = history}, before));
  ASSERT_TRUE(loaded->score_all({.history = history}, after));
  EXPECT_EQ(before, after);
}

TEST(Als, FoldingInTheTrainingHistoryGivesTheStoredVector) {
  const Toy toy = random_toy();
  for (const char* solver : {"exact", "cg", "block"}) {
    Als::Config config = small_als();
    config.solver = solver;
    const auto model = Als::fit(toy.training(), config, {});
    for (idx_t user = 0; user + 1 < 97; ++user) {
      std::vector<idx_t> history = items_of(toy, user);
      std::vector<float> values = values_of(toy, user);
      std::ranges::reverse(history);  // the order does not matter
      std::ranges::reverse(values);
      std::vector<float> stored(7), folded(7);
      ASSERT_TRUE(model->user_vector({.user = user}, stored));
      ASSERT_TRUE(model->user_vector({.history = history, .values = values}, folded));
      EXPECT_EQ(folded, stored) << solver << " user " << user;
    }
  }
}

/// The same where the sides are not turned to an eigenbasis, because there are few rows or many factors.
TEST(Als, ManyFactorsForFewRows) {
  const Toy toy = random_toy(29, 37, 11);
  Als::Config config = small_als();
  config.factors = 43;
  config.cg_steps = 60;
  config.block_size = 48;
  const auto expected = [&] {
    config.solver = "exact";
    return fit_scores<Als>(toy, config, 1, 1);
  }();
  for (const char* solver : {"cg", "block"}) {
    config.solver = solver;
    const auto scores = fit_scores<Als>(toy, config, 1, 3);
    for (std::size_t k = 0; k < scores.size(); ++k) ASSERT_NEAR(scores[k], expected[k], 2e-3) << solver;
  }
}

/// "iALS revisited": its objective, its parameters, its gradient.
TEST(Als, CanExpressTheObjectiveOfIalsRevisited) {
  const Toy toy = random_toy(29, 37, 11);
  const double alpha0 = 0.3, lambda = 0.01;
  for (const double nu : {1.0, 0.5}) {
    Als::Config config = small_als();
    config.alpha = static_cast<float>(1 / alpha0);
    config.regularization = static_cast<float>(lambda * (1 + 1 / alpha0));
    config.count_power = static_cast<float>(nu);
    config.count_unobserved = true;
    config.use_values = false;
    const auto model = Als::fit(toy.training(), config, {});
    const double shorter = 1 / std::sqrt(1 + alpha0);
    const Eigen::MatrixXd y = shorter * dense(model->item_vectors()), x = shorter * user_vectors(*model, 29);
    const Cells cells(toy, 1);
    for (Eigen::Index u = 0; u + 1 < x.rows(); ++u) {
      // The gradient of their loss at x_u, which is the optimum for the items
      const Eigen::VectorXd p = cells.preference.row(u), scores = y * x.row(u).transpose();
      const double ridge = lambda * std::pow(p.sum() + alpha0 * 37, nu);
      const Eigen::VectorXd down = y.transpose() * p;
      const Eigen::VectorXd up =
          y.transpose() * (p.array() * scores.array() + alpha0 * scores.array()).matrix() +
          ridge * x.row(u).transpose();
      EXPECT_LT((up - down).norm(), 1e-4 * down.norm()) << "user " << u << ", nu " << nu;
    }
  }
}

/// y_i by the normal equations over all users.
Eigen::VectorXd optimal_item(const Eigen::MatrixXd& x, const std::vector<idx_t>& users,
                             const Als::Config& config) {
  Eigen::VectorXd p = Eigen::VectorXd::Zero(x.rows());
  for (const idx_t user : users) p(user) = 1;
  const Eigen::VectorXd c = 1 + config.alpha * p.array();
  Eigen::MatrixXd a = x.transpose() * c.asDiagonal() * x;
  a += config.regularization * std::pow(p.sum(), config.count_power) *
       Eigen::MatrixXd::Identity(x.cols(), x.cols());
  return a.llt().solve(x.transpose() * (c.array() * p.array()).matrix());
}

TEST(Als, ItemVectorSolvesTheDenseRidgeRegression) {
  const Toy toy = random_toy(29, 37, 11);
  const Als::Config config = small_als();
  const auto model = Als::fit(toy.training(), config, {});
  const std::vector<idx_t> users = {1, 2, 5, 11, 17}, with_unknown = {1, 2, 5, 11, 17, 28}, unknown = {28};
  const Eigen::VectorXd expected = optimal_item(user_vectors(*model, 29), users, config);
  for (const auto& asked : {users, with_unknown}) {  // user 28 has no events
    std::vector<float> out(7);
    ASSERT_TRUE(model->item_vector(asked, {}, out));
    for (std::size_t k = 0; k < 7; ++k) EXPECT_NEAR(out[k], expected(static_cast<Eigen::Index>(k)), 1e-4);
  }
  std::vector<float> out(7);
  EXPECT_FALSE(model->item_vector(unknown, {}, out));
  EXPECT_FALSE(model->item_vector({}, {}, out));
}

TEST(Als, ExplanationAddsUpToTheScore) {
  const Toy toy = random_toy(29, 37, 11);
  const auto model = Als::fit(toy.training(), small_als(), {});
  for (const idx_t user : {0u, 7u, 27u}) {
    const std::vector<idx_t> history = items_of(toy, user);
    const std::vector<float> values = values_of(toy, user);
    for (const Query& query : {Query{user, history, values}, Query{std::nullopt, history, values}}) {
      std::vector<float> scores(37);
      ASSERT_TRUE(model->score_all(query, scores));
      for (const idx_t item : {0u, 3u, 36u}) {
        const auto explanation = model->explain(query, item);
        ASSERT_TRUE(explanation);
        double sum = explanation->base;
        for (const Scored& cause : explanation->causes) sum += cause.score;
        EXPECT_NEAR(sum, scores[item], 1e-4);
        EXPECT_EQ(explanation->causes.size(), history.size());
        EXPECT_TRUE(std::ranges::is_sorted(explanation->causes, ranks_before));
      }
    }
  }
  EXPECT_FALSE(model->explain({.user = 28}, 3));  // has no events
  EXPECT_FALSE(model->explain({}, 3));
}

/// s_ij c_uj of section 5 of the paper, in plain matrices.
TEST(Als, ExplanationIsThePapers) {
  const Toy toy = random_toy(29, 37, 11);
  const Als::Config config = small_als();
  const auto model = Als::fit(toy.training(), config, {});
  const Eigen::MatrixXd y = dense(model->item_vectors());
  const std::vector<idx_t> history = {4, 9, 30};
  Eigen::VectorXd c = Eigen::VectorXd::Ones(37);
  for (const idx_t item : history) c(item) += config.alpha;
  const Eigen::MatrixXd a =
      y.transpose() * c.asDiagonal() * y + 3 * config.regularization * Eigen::MatrixXd::Identity(7, 7);
  const Eigen::MatrixXd similarity = y * a.inverse() * y.transpose();
  const auto explanation = model->explain({.history = history}, 12);
  ASSERT_TRUE(explanation);
  for (const Scored& cause : explanation->causes)
    EXPECT_NEAR(cause.score, similarity(12, cause.idx) * c(cause.idx), 1e-4);
}

/// The first `n_users` users and `n_items` items, and the events between them.
Toy part_of(const Toy& toy, std::size_t n_users, std::size_t n_items) {
  std::vector<Event> events;
  for (const Event& event : toy.events) {
    if (event.user < n_users && event.item < n_items) events.push_back(event);
  }
  return make_toy(n_users, n_items, events);
}

TEST(Als, GoesOnFromAModelOfFewerUsersAndItems) {
  const Toy all = random_toy(53, 61, 11), part = part_of(all, 41, 47);
  Als::Config config = small_als();
  config.epochs = 6;
  const auto old = Als::fit(part.training(), config, {});
  FitStart start;
  start.model = old.get();
  for (idx_t item = 47; item < 61; ++item) start.fold_items.push_back(item);
  for (idx_t user = 0; user < 53; ++user) start.fold_users.push_back(user);
  FitContext context;
  context.start = &start;
  config.epochs = 0;
  const auto folded = Als::fit(all.training(), config, context);
  EXPECT_EQ(folded->n_items(), 61u);
  std::vector<float> stored(7), again(7);
  for (idx_t item = 0; item < 47; ++item)
    EXPECT_TRUE(std::ranges::equal(folded->item_vectors()[item], old->item_vectors()[item]))
        << "item " << item;
  for (const idx_t item : {47u, 59u}) {
    std::vector<idx_t> users;
    std::vector<float> values;
    for (const Event& event : all.events) {
      if (event.item != item || event.user >= 41) continue;
      users.push_back(event.user);
      values.push_back(event.value);
    }
    ASSERT_TRUE(old->item_vector(users, values, again));
    EXPECT_TRUE(std::ranges::equal(folded->item_vectors()[item], again)) << "item " << item;
  }
  for (const idx_t user : {0u, 40u, 41u, 51u}) {  // folded into the grown model
    ASSERT_TRUE(folded->user_vector({.user = user}, stored));
    ASSERT_TRUE(folded->user_vector({std::nullopt, items_of(all, user), values_of(all, user)}, again));
    for (std::size_t k = 0; k < 7; ++k) EXPECT_NEAR(stored[k], again[k], 1e-4f) << "user " << user;
  }
  // One epoch from there is further than one from random vectors, and no worse than where it began.
  const auto loss_after = [&](const FitStart* from, int epochs) {
    FitContext watched;
    watched.start = from;
    double loss = 0;
    watched.on_progress = [&](const Progress& progress) { loss = progress.loss; };
    Als::Config with_loss = config;
    with_loss.epochs = epochs;
    with_loss.report_loss = true;
    Als::fit(all.training(), with_loss, watched);
    return loss;
  };
  const double begun =
      objective(Cells(all, config.alpha), user_vectors(*folded, 53), dense(folded->item_vectors()), config);
  EXPECT_LT(loss_after(&start, 1), loss_after(nullptr, 1));
  EXPECT_LT(loss_after(&start, 1), begun);
  config.factors = 8;
  EXPECT_EQ(error_of([&] { Als::fit(all.training(), config, context); }), ErrorCode::kUsage);
}

TEST(Als, BeginsFromItemVectorsWithTheUsersOptimumForThem) {
  const Toy toy = random_toy(29, 37, 11);
  Als::Config config = small_als();
  config.epochs = 0;
  PretrainedItems items{Matrix::normal(37, 7, 0.3, 8), std::vector<char>(37, 1), "a file"};
  items.given[5] = 0;
  FitStart start;
  start.items = &items;
  FitContext context;
  context.start = &start;
  const auto model = Als::fit(toy.training(), config, context);
  for (idx_t item = 0; item < 36; ++item)  // the last one has no events
    EXPECT_EQ(std::ranges::equal(model->item_vectors()[item], items.vectors[item]), item != 5)
        << "item " << item;
  for (const float value : model->item_vectors()[36]) EXPECT_EQ(value, 0);
  std::vector<float> stored(7), folded(7);
  ASSERT_TRUE(model->user_vector({.user = 3}, stored));
  ASSERT_TRUE(model->user_vector({std::nullopt, items_of(toy, 3), values_of(toy, 3)}, folded));
  EXPECT_EQ(stored, folded);
  config.epochs = 1;
  EXPECT_NE(all_scores(*Als::fit(toy.training(), config, context), 29), fit_scores<Als>(toy, config, 42, 0));
  config.factors = 8;
  EXPECT_EQ(error_of([&] { Als::fit(toy.training(), config, context); }), ErrorCode::kUsage);
}

TEST(Als, RecommendsTheWithheldItemOfACheckerboard) {
  const Toy toy = checkerboard(26);
  Als::Config config;
  config.factors = 3;
  const auto model = Als::fit(toy.training(), config, {});
  for (idx_t user = 0; user < 26; ++user) {
    const auto have = items_of(toy, user);
    EXPECT_EQ(best_new_item(*model, {.user = user}, have), user);
    EXPECT_EQ(best_new_item(*model, {.history = have}, have), user) << "folded in";
    EXPECT_EQ(model->similar(user, 1).at(0).idx % 2, user % 2);
  }
}

TEST(Als, UsersAndItemsWithoutPositiveEventsHaveNoVector) {
  // User 2 only returned what they bought, user 3 has nothing, item 3 was only disliked.
  const Toy toy =
      make_toy(4, 4, {{0, 0, 1}, {0, 1, 2}, {0, 3, -1}, {1, 1, 1}, {1, 2, 1}, {2, 0, 3}, {2, 0, -3}});
  const auto model = Als::fit(toy.training(), small_als(), {});
  std::vector<float> out(7);
  EXPECT_TRUE(model->user_vector({.user = 0}, out));
  EXPECT_FALSE(model->user_vector({.user = 2}, out));
  EXPECT_FALSE(model->user_vector({.user = 3}, out));
  EXPECT_FALSE(model->user_vector({}, out));
  const std::vector<idx_t> history = {1};
  const std::vector<float> disliked = {-2};
  EXPECT_TRUE(model->user_vector({.user = 3, .history = history}, out));
  EXPECT_FALSE(model->user_vector({.user = 3, .history = history, .values = disliked}, out));
  for (const float value : model->item_vectors()[3]) EXPECT_EQ(value, 0);
  EXPECT_TRUE(model->similar(3, 4).empty());
}

TEST(Als, RefusesDataWithoutPositiveEvents) {
  const Toy none = make_toy(3, 3, {}), negative = make_toy(2, 2, {{0, 0, 0}, {1, 1, -1}});
  EXPECT_EQ(error_of([&] { Als::fit(none.training(), {}, {}); }), ErrorCode::kBadData);
  EXPECT_EQ(error_of([&] { Als::fit(negative.training(), {}, {}); }), ErrorCode::kBadData);
}

TEST(Als, StopsOnRequest) {
  for (const int threads : {1, 3})
    EXPECT_EQ(error_when_stopped<Als>(random_toy(), {}, threads), ErrorCode::kCancelled);
}

TEST(Als, ZeroIterationsAreTheInitialState) {
  Als::Config config = small_als();
  config.epochs = 0;
  const auto model = Als::fit(random_toy().training(), config, {});
  EXPECT_TRUE(all_finite(model->item_vectors()));
  EXPECT_NE(model->item_vectors()[0][0], 0);
}

TEST(Als, RefusesOverflow) {
  const Toy toy = make_toy(2, 2, {{0, 0, 3e38f}, {0, 0, 3e38f}, {1, 1, 1}});  // the sum is infinite
  EXPECT_EQ(error_of([&] { Als::fit(toy.training(), {}, {}); }), ErrorCode::kBadData);
}

}  // namespace
}  // namespace akin
