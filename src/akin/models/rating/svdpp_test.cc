#include "akin/models/rating/svdpp.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/models/rating/rating_toy_test.h"
#include "akin/models/rating/svdpp_kernels.h"

namespace akin {
namespace {

using namespace testing_data;

Svdpp::Config small_svdpp() {
  Svdpp::Config config;
  config.factors = 5;
  config.epochs = 7;
  config.batch_size = 13;
  return config;
}

/// What a model saved under a name.
Matrix saved_matrix(const Model& model, const std::string& name, std::size_t rows) {
  const std::string path =
      (std::filesystem::temp_directory_path() / "akin_svdpp_matrix_test.safetensors").string();
  TensorWriter writer("model");
  model.save(writer);
  writer.write(path);
  const TensorReader reader(path);
  std::filesystem::remove(path);
  return read_matrix(reader, name, rows);
}

TEST(Svdpp, RecoversAPlantedMatrix) {
  const PlantedRatings planted(151, 211);
  Svdpp::Config config;
  config.factors = 4;
  config.epochs = 200;
  config.learning_rate = 0.02f;
  config.learning_rate_decay = 0.98f;
  config.regularization = config.bias_regularization = config.implicit_regularization = 0.001f;
  config.batch_size = 7;
  std::vector<double> losses;
  FitContext context;
  context.on_progress = [&](const Progress& progress) { losses.push_back(progress.loss); };
  const auto model = Svdpp::fit(planted.toy.training(), config, context);
  EXPECT_LT(rmse(*model, planted.held_out), 0.1);  // the ratings' standard deviation is about 1
  ASSERT_EQ(losses.size(), 200u);
  EXPECT_LT(losses.back(), 0.1);
  EXPECT_GT(losses.front(), 0.5);
}

/// What a user rates says what they like, beyond the ratings: users of one kind rate the first half of the
/// items, of the other kind the second half, and each new user's few ratings do not tell them apart.
TEST(Svdpp, LearnsFromWhatIsRatedNotOnlyHow) {
  constexpr idx_t kUsers = 199, kItems = 41;
  std::vector<Event> train, held;
  for (idx_t u = 0; u < kUsers; ++u) {
    Rng rng(21, u);
    for (idx_t i = 0; i < kItems; ++i) {
      const bool own = (i < kItems / 2) == (u % 2 == 0);
      // The last item is liked by the first kind and disliked by the second; all else is rated 3.
      if (i == kItems - 1) {
        (u < 150 ? train : held).push_back({u, i, u % 2 == 0 ? 5.0f : 1.0f});
      } else if (own && rng.uniform() < 0.4) {
        train.push_back({u, i, 3});
      }
    }
  }
  const Toy toy = make_toy(kUsers, kItems, train);
  Svdpp::Config config;
  config.factors = 4;
  config.epochs = 150;
  config.learning_rate = 0.03f;
  config.learning_rate_decay = 1;
  config.regularization = config.implicit_regularization = 0.005f;
  const auto with = Svdpp::fit(toy.training(), config, {});
  EXPECT_LT(rmse(*with, held), 1);
  config.implicit_regularization = 30;  // keeps the implicit vectors at zero
  config.learning_rate = 0.02f;
  const auto without = Svdpp::fit(toy.training(), config, {});
  EXPECT_GT(rmse(*without, held), 1.5);
}

TEST(Svdpp, ScoreIsTheEquation) {
  const Toy toy = random_toy();
  const auto model = Svdpp::fit(toy.training(), small_svdpp(), {});
  const Matrix y = saved_matrix(*model, "model.implicit", 331);
  const Query query{.user = 3};
  const auto items = items_of(toy, 3);
  const auto stored = row_of(*model, query);
  ASSERT_EQ(stored.size(), 7u);
  EXPECT_EQ(stored[6], 1);
  EXPECT_EQ(model->item_vectors()[17][5], 1);
  EXPECT_NE(y[items[0]][0], 0);
  // A user of the same items whose own part is kept at zero by folding in with ratings
  // that the rest explains.
  std::vector<float> values;
  std::vector<double> implicit(5);
  for (const idx_t item : items) {
    for (std::size_t c = 0; c < 5; ++c)
      implicit[c] += y[item][c] / std::sqrt(static_cast<double>(items.size()));
  }
  double mean = 0;
  for (const Event& event : toy.events) mean += event.value / static_cast<double>(toy.events.size());
  for (const idx_t item : items) {
    double rating = mean + model->item_vectors()[item][6];
    for (std::size_t c = 0; c < 5; ++c) rating += implicit[c] * model->item_vectors()[item][c];
    values.push_back(static_cast<float>(rating));
  }
  const auto folded = row_of(*model, {.history = items, .values = values});
  for (std::size_t c = 0; c < 5; ++c) EXPECT_NEAR(folded[c], implicit[c], 1e-4);
  EXPECT_NEAR(folded[5], mean, 1e-4);
}

/// A batch of a few users and items with random vectors.
struct Few {
  FactorModel model{Matrix::normal(5, kFactors, 0.4, 1), Matrix::normal(7, kFactors, 0.4, 2), {}, {}};
  Matrix implicit = Matrix::normal(7, kFactors, 0.4, 3);
  UserBatch batch_size{Matrix::normal(5, kFactors, 0.4, 4), Matrix::normal(5, kFactors, 0.4, 5),
                       Matrix::normal(5, kFactors, 0.4, 6)};
  static constexpr std::size_t kFactors = 19;
  Few() {
    Rng rng(7);
    for (int u = 0; u < 5; ++u) model.user_bias.push_back(static_cast<float>(rng.normal()));
    for (int i = 0; i < 7; ++i) model.item_bias.push_back(static_cast<float>(rng.normal()));
  }
};

void expect_same(const Matrix& got, const Matrix& expected) {
  for (std::size_t r = 0; r < got.rows(); ++r) {
    for (std::size_t c = 0; c < got.stride(); ++c)
      ASSERT_NEAR(got.row(r)[c], expected.row(r)[c], 1e-4) << "row " << r << " column " << c;
  }
}

constexpr SvdppStep kStep{3.5f, 0.02f, 0.1f, 0.3f, 0.2f};

TEST(SvdppKernels, MatchTheirReferences) {
  Few fast, slow;
  const std::vector<idx_t> items = {0, 2, 3, 6};
  const std::vector<float> values = {5, 1, 3, 4};
  const double loss = svdpp_user(items, values, kStep, fast.model, 2, fast.batch_size, 1, 0.5f);
  EXPECT_NEAR(loss, reference::svdpp_user(items, values, kStep, slow.model, 2, slow.batch_size, 1, 0.5f),
              1e-3);
  const std::vector<BatchRating> ratings = {{1, 0, 4}, {2, 1, 5}, {4, 3, 1}};
  svdpp_item(ratings, kStep, fast.batch_size, 3, fast.model, fast.implicit);
  reference::svdpp_item(ratings, kStep, slow.batch_size, 3, slow.model, slow.implicit);
  expect_same(fast.model.users, slow.model.users);
  expect_same(fast.model.items, slow.model.items);
  expect_same(fast.implicit, slow.implicit);
  expect_same(fast.batch_size.effective, slow.batch_size.effective);
  expect_same(fast.batch_size.gradient, slow.batch_size.gradient);
  for (std::size_t k = 0; k < 5; ++k) EXPECT_NEAR(fast.model.user_bias[k], slow.model.user_bias[k], 1e-4);
  for (std::size_t k = 0; k < 7; ++k) EXPECT_NEAR(fast.model.item_bias[k], slow.model.item_bias[k], 1e-4);
}

/// Both kernels over one user with one rating are a step down the gradient of
/// 1/2 e^2 + lambda/2 (|p|^2 + |q|^2) + lambda_b/2 (b_u^2 + b_i^2) + lambda_y/2 |y|^2, e of eq. 15.
TEST(SvdppKernels, AreGradientSteps) {
  Few few;
  constexpr idx_t kUser = 2, kItem = 3;
  constexpr float kRate = 1e-4f;
  const SvdppStep step{3.5f, kRate, 0.1f, 0.3f, 0.2f};
  const auto parameters = [&](Few& f) {
    std::vector<float*> all = {&f.model.user_bias[kUser], &f.model.item_bias[kItem]};
    for (float& value : f.model.users[kUser]) all.push_back(&value);
    for (float& value : f.model.items[kItem]) all.push_back(&value);
    for (float& value : f.implicit[kItem]) all.push_back(&value);
    return all;
  };
  const auto objective = [&](Few& f) {
    const auto p = f.model.users[kUser], q = f.model.items[kItem], y = f.implicit[kItem];
    double error = 5 - (3.5 + f.model.user_bias[kUser] + f.model.item_bias[kItem]), sum = 0;
    for (std::size_t c = 0; c < p.size(); ++c) {
      error -= q[c] * (double{p[c]} + y[c]);  // |N(u)| = 1
      sum += 0.05 * (double{p[c]} * p[c] + double{q[c]} * q[c]) + 0.1 * double{y[c]} * y[c];
    }
    return sum + 0.5 * error * error + 0.15 * std::pow(f.model.user_bias[kUser], 2) +
           0.15 * std::pow(f.model.item_bias[kItem], 2);
  };
  Few moved;
  std::ranges::copy(moved.implicit[kItem], moved.batch_size.implicit[0].begin());
  svdpp_user(std::vector<idx_t>{kItem}, std::vector<float>{5}, step, moved.model, kUser, moved.batch_size, 0,
             1);
  svdpp_item(std::vector<BatchRating>{{kUser, 0, 5}}, step, moved.batch_size, kItem, moved.model,
             moved.implicit);
  const auto before = parameters(few), after = parameters(moved);
  for (std::size_t k = 0; k < before.size(); ++k) {
    const float value = *before[k];
    *before[k] = value + 1e-2f;
    const double high = objective(few), high_at = *before[k];
    *before[k] = value - 1e-2f;
    const double low = objective(few), low_at = *before[k];
    *before[k] = value;
    const double slope = (high - low) / (high_at - low_at);
    EXPECT_NEAR((double{*after[k]} - value) / -kRate, slope, 1e-2 * (1 + std::abs(slope)))
        << "parameter " << k;
  }
}

TEST(Svdpp, SameSeedSameBitsAtAnyThreadCount) {
  const Toy toy = random_toy();
  const auto expected = fit_scores<Svdpp>(toy, small_svdpp(), 5, 1);
  for (const int threads : {2, 3, 5, 200})
    EXPECT_EQ(fit_scores<Svdpp>(toy, small_svdpp(), 5, threads), expected);
  EXPECT_NE(fit_scores<Svdpp>(toy, small_svdpp(), 6, 1), expected);
}

TEST(Svdpp, FoldedInUsersPredictLikeStoredOnes) {
  const PlantedRatings planted(151, 211);
  Svdpp::Config config;
  config.factors = 4;
  config.epochs = 60;
  config.batch_size = 7;
  config.regularization = 0.02f;
  const auto model = Svdpp::fit(planted.toy.training(), config, {});
  for (const idx_t user : {0u, 75u, 150u}) {
    const auto history = items_of(planted.toy, user);
    const auto values = values_of(planted.toy, user);
    std::vector<float> stored(211), folded(211);
    ASSERT_TRUE(model->score_all({.user = user}, stored));
    ASSERT_TRUE(model->score_all({.history = history, .values = values}, folded));
    EXPECT_GT(correlation(stored, folded), 0.98) << "user " << user;
  }
}

TEST(Svdpp, BeginsWhereAnotherFitEnded) {
  const Toy toy = random_toy();
  const Toy first = part_of(toy, 89, 317);
  Svdpp::Config config = small_svdpp();
  const auto old = Svdpp::fit(first.training(), config, {});
  config.epochs = 0;
  const auto model = update<Svdpp>(toy, *old, 89, 317, config);
  const auto close = [](std::span<const float> a, std::span<const float> b) {
    for (std::size_t c = 0; c < a.size(); ++c) EXPECT_NEAR(a[c], b[c], 1e-5);
  };
  int as_before = 0;
  for (idx_t user = 0; user < 89; ++user) {
    if (items_of(toy, user) != items_of(first, user)) continue;
    close(row_of(*model, {.user = user}), row_of(*old, {.user = user}));
    ++as_before;
  }
  EXPECT_GT(as_before, 5);
  for (const std::size_t item : {std::size_t{0}, std::size_t{316}})
    EXPECT_TRUE(std::ranges::equal(model->item_vectors()[item], old->item_vectors()[item]));
  // A new user's vector is what the old model would say, where it knows all their items.
  int folded = 0;
  for (idx_t user = 89; user < 96; ++user) {
    const std::vector<idx_t> history = items_of(toy, user);
    if (history.back() >= 317) continue;
    close(row_of(*model, {.user = user}), row_of(*old, {.history = history, .values = values_of(toy, user)}));
    ++folded;
  }
  EXPECT_GT(folded, 0);
  config.epochs = 3;
  const auto warm = update<Svdpp>(toy, *old, 89, 317, config, 3);
  const auto cold = Svdpp::fit(toy.training(), config, {});
  EXPECT_LT(rmse(*warm, toy.events), rmse(*cold, toy.events));
  config.factors = 6;
  EXPECT_EQ(error_of([&] { update<Svdpp>(toy, *old, 89, 317, config); }), ErrorCode::kUsage);
}

TEST(Svdpp, BeginsWithGivenItemVectors) {
  PretrainedItems given{Matrix::normal(331, 5, 1, 9), std::vector<char>(331, 1), "a test"};
  given.given[5] = 0;
  FitStart start;
  start.items = &given;
  Svdpp::Config config = small_svdpp();
  config.epochs = 0;
  const auto model = Svdpp::fit(random_toy().training(), config, {{}, nullptr, &start});
  EXPECT_TRUE(std::ranges::equal(model->item_vectors()[3].first(5), given.vectors[3]));
  EXPECT_FALSE(std::ranges::equal(model->item_vectors()[5].first(5), given.vectors[5]));
}

TEST(Svdpp, RefusesEmptyDataAndDivergenceAndStopsOnRequest) {
  const Toy none = make_toy(3, 3, {}), toy = random_toy();
  EXPECT_EQ(error_of([&] { Svdpp::fit(none.training(), {}, {}); }), ErrorCode::kBadData);
  Svdpp::Config config;
  config.learning_rate = 9;
  EXPECT_EQ(error_of([&] { Svdpp::fit(toy.training(), config, {}); }), ErrorCode::kBadData);
  for (const int threads : {1, 3})
    EXPECT_EQ(error_when_stopped<Svdpp>(toy, {}, threads), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace akin
