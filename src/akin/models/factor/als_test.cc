#include "akin/models/factor/als.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>

#include "akin/models/factor/toy_data_test.h"

namespace akin {
namespace {

using namespace testing_data;

Als::Config small_config() {
  Als::Config config;
  config.factors = 7;
  config.iterations = 4;
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
  for (const char* solver : {"exact", "cg"}) {
    for (const float count_power : {0.0f, 1.0f}) {
      SCOPED_TRACE(::testing::Message() << solver << " " << count_power);
      Als::Config config = small_config();
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
  for (const char* solver : {"exact", "cg"}) {
    SCOPED_TRACE(solver);
    Als::Config config = small_config();
    config.solver = solver;
    config.iterations = 8;
    config.report_loss = true;
    std::vector<double> losses;
    Context context;
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
  Als::Config config = small_config();
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
  for (const char* solver : {"exact", "cg"}) {
    Als::Config config = small_config();
    config.solver = solver;
    const auto expected = fit_scores<Als>(toy, config, 5, 1);
    for (const int threads : {1, 2, 3, 5, 200})
      EXPECT_EQ(fit_scores<Als>(toy, config, 5, threads), expected) << threads;
    EXPECT_NE(fit_scores<Als>(toy, config, 6, 1), expected);
  }
}

TEST(Als, SavedAndLoadedModelScoresTheSame) {
  const Toy toy = random_toy();
  const auto model = Als::fit(toy.training(), small_config(), {});
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
  for (const char* solver : {"exact", "cg"}) {
    Als::Config config = small_config();
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
  const auto model = Als::fit(toy.training(), small_config(), {});
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
  Als::Config config = small_config();
  config.iterations = 0;
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
