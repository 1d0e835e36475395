// What every model must do that continues from a trained one, starts from given item vectors, or explains.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "akin/base/error.h"
#include "akin/models/fit/context.h"
#include "akin/models/fit/start.h"
#include "planted_data.h"

namespace akin::contract {
namespace {

constexpr idx_t kUsers = 601, kItems = 307;
constexpr idx_t kOldUsers = 401, kOldItems = 281;

const Planted& all_of_it() {
  static const Planted kPlanted = clusters(kUsers, kItems, 12);
  return kPlanted;
}

/// The first users and items, and the events among them.
const Planted& old_part() {
  static const Planted kOld = [] {
    Planted old;
    for (idx_t u = 0; u < kOldUsers; ++u) old.data.users.add(all_of_it().data.users.id(u));
    for (idx_t i = 0; i < kOldItems; ++i) old.data.items.add(all_of_it().data.items.id(i));
    for (const Event& event : all_of_it().data.events) {
      if (event.user < kOldUsers && event.item < kOldItems) old.data.events.push_back(event);
    }
    std::vector<std::uint32_t> rows(kOldItems);
    std::iota(rows.begin(), rows.end(), 0U);
    old.data.item_attributes = all_of_it().data.item_attributes.select(rows);
    return old;
  }();
  return kOld;
}

/// What is new in all_of_it().
FitStart start_from(const Model& model) {
  std::vector<char> user_changed(kUsers), item_had_events(kItems), item_has_events(kItems);
  for (const Event& event : all_of_it().data.events) {
    const bool is_new = event.user >= kOldUsers || event.item >= kOldItems;
    user_changed[event.user] |= static_cast<char>(is_new);
    item_had_events[event.item] |= static_cast<char>(!is_new);
    item_has_events[event.item] = 1;
  }
  FitStart start{.model = &model};
  for (idx_t u = 0; u < kUsers; ++u) {
    if (user_changed[u]) start.fold_users.push_back(u);
  }
  for (idx_t i = 0; i < kItems; ++i) {
    if (item_has_events[i] && !item_had_events[i]) start.fold_items.push_back(i);
  }
  return start;
}

std::vector<float> scores(const Model& model, const Query& query) {
  std::vector<float> out(model.n_items());
  EXPECT_TRUE(model.score_all(query, out));
  return out;
}

/// Share of the users in [first, last) whose held-out item is among their ten best unseen ones.
double hit_rate(const Model& model, idx_t first, idx_t last) {
  int hits = 0, users = 0;
  for (idx_t user = first; user < std::min<idx_t>(last, kUsers - 1); ++user, ++users) {
    const auto history = all_of_it().history(user);
    std::vector<float> all = scores(model, history.known(user));
    for (const idx_t item : history.items) all[item] = -std::numeric_limits<float>::infinity();
    hits += static_cast<int>(std::ranges::count(top_k(all, 10), all_of_it().held[user], &Scored::idx));
  }
  return static_cast<double>(hits) / users;
}

/// Root mean squared error of the ratings that a model was fitted to.
double fit_error(const Model& model) {
  double sum = 0;
  for (idx_t user = 0; user + 1 < kUsers; ++user) {
    const auto history = all_of_it().history(user);
    const std::vector<float> all = scores(model, history.known(user));
    for (std::size_t k = 0; k < history.items.size(); ++k)
      sum += std::pow(static_cast<double>(all[history.items[k]] - history.values[k]), 2);
  }
  return std::sqrt(sum / static_cast<double>(all_of_it().data.events.size()));
}

class StartContract : public testing::TestWithParam<ModelEntry> {
 protected:
  static std::unique_ptr<Model> fit(const Planted& planted, int epochs, const FitStart* start = nullptr,
                                    int threads = 1) {
    ParamValues params = small_parameters(GetParam());
    if (epochs >= 0) params["epochs"] = std::to_string(epochs);
    return GetParam().fit(planted.training(), params, {{.threads = threads}, nullptr, start});
  }
  static std::unique_ptr<Model> old_model() { return fit(old_part(), -1); }
  static bool warm() { return GetParam().traits.warm_start; }
};

TEST_P(StartContract, WithoutPassesOldVectorsStayAndNewOnesAreFoldedIn) {
  if (!warm()) GTEST_SKIP() << "trained from scratch";
  const auto old = old_model();
  const FitStart start = start_from(*old);
  ASSERT_GT(start.fold_items.size(), 10u);
  const auto updated = fit(all_of_it(), 0, &start);
  ASSERT_EQ(updated->n_items(), kItems);
  int unchanged = 0;
  for (idx_t user = 0; user < kOldUsers; ++user) {
    if (std::ranges::binary_search(start.fold_users, user)) continue;
    const auto history = all_of_it().history(user);
    const std::vector<float> before = scores(*old, history.known(user));
    std::vector<float> after = scores(*updated, history.known(user));
    after.resize(kOldItems);
    ASSERT_EQ(before, after) << "user " << user << " has no new event";
    ++unchanged;
  }
  EXPECT_GT(unchanged, 100);
  const auto whole = fit(all_of_it(), -1);
  const double folded = hit_rate(*updated, kOldUsers, kUsers), trained = hit_rate(*whole, kOldUsers, kUsers);
  EXPECT_GE(folded, 0.6 * trained) << "new users";
  for (const idx_t item : start.fold_items) {
    const auto row = updated->embeddings()[item];
    EXPECT_TRUE(std::ranges::any_of(row, [](float x) { return x != 0; })) << "new item " << item;
    EXPECT_FALSE(updated->similar(item, 3).empty());
  }
}

/// Of how many of the three most similar items a new item shares the cluster with.
double similar_of_own_cluster(const Model& model, const std::vector<idx_t>& items) {
  int own = 0, all = 0;
  for (const idx_t item : items) {
    for (const Scored& other : model.similar(item, 3)) {
      own += other.idx % 7 == item % 7;
      ++all;
    }
  }
  return static_cast<double>(own) / all;
}

TEST_P(StartContract, NewItemsAreFoldedInAmongTheirKind) {
  if (!warm() || GetParam().traits.predicts_ratings) GTEST_SKIP() << "clusters differ in who buys them";
  const auto old = old_model();
  const FitStart start = start_from(*old);
  EXPECT_GT(similar_of_own_cluster(*fit(all_of_it(), 0, &start), start.fold_items), 0.4) << "chance is 0.14";
}

TEST_P(StartContract, GoesOnTraining) {
  if (!warm()) GTEST_SKIP() << "trained from scratch";
  const auto old = old_model();
  const FitStart start = start_from(*old);
  const auto cold = fit(all_of_it(), 2), warm = fit(all_of_it(), 2, &start);
  if (GetParam().traits.predicts_ratings) {
    EXPECT_LE(fit_error(*warm), fit_error(*cold)) << "two epochs from what was learned";
  } else {
    EXPECT_GE(hit_rate(*warm, 0, kUsers), hit_rate(*cold, 0, kUsers)) << "two epochs from what was learned";
  }
  EXPECT_EQ(scores(*warm, all_of_it().history(3).known(3)),
            scores(*fit(all_of_it(), 2, &start, 3), all_of_it().history(3).known(3)))
      << "with three threads";
}

TEST_P(StartContract, RefusesWhatItCannotGoOnFrom) {
  if (!warm()) GTEST_SKIP() << "trained from scratch";
  const auto popularity = find_model("popularity").fit(old_part().training(), {}, {});
  const FitStart other{.model = popularity.get()};
  EXPECT_THROW(fit(all_of_it(), 1, &other), Error);
  ParamValues params = small_parameters(GetParam());
  params["factors"] = "9";
  const auto longer = GetParam().fit(old_part().training(), params, {});
  const FitStart of_other_length = start_from(*longer);
  EXPECT_THROW(fit(all_of_it(), 1, &of_other_length), Error) << "vectors of another length";
}

TEST_P(StartContract, BeginsWithGivenItemVectors) {
  if (!GetParam().traits.takes_item_vectors) GTEST_SKIP() << "takes none";
  const std::size_t dim = fit(all_of_it(), 0)->embedding_dim();
  PretrainedItems items{Matrix(kItems, dim), std::vector<char>(kItems), "test"};
  for (idx_t i = 0; i < kItems; i += 2) {
    items.given[i] = 1;
    for (std::size_t d = 0; d < dim; ++d) items.vectors[i][d] = 0.01f * static_cast<float>((i + d) % 31);
  }
  const FitStart start{.items = &items};
  const auto begun = fit(all_of_it(), 0, &start), random = fit(all_of_it(), 0);
  const std::set<idx_t> with_events = [] {
    std::set<idx_t> result;
    for (const Event& event : all_of_it().data.events) result.insert(event.item);
    return result;
  }();
  for (const idx_t i : with_events) {
    const auto begins = begun->embeddings()[i].first(dim), draws = random->embeddings()[i].first(dim);
    EXPECT_TRUE(std::ranges::equal(begins, items.given[i] ? items.vectors[i] : draws)) << "item " << i;
  }
  EXPECT_NE(scores(*fit(all_of_it(), 1, &start), all_of_it().history(5).known(5)),
            scores(*fit(all_of_it(), 1), all_of_it().history(5).known(5)))
      << "the vectors matter after an epoch";
  PretrainedItems longer{Matrix(kItems, dim + 1), std::vector<char>(kItems, 1), "test"};
  const FitStart wrong{.items = &longer};
  EXPECT_THROW(fit(all_of_it(), 1, &wrong), Error);
}

TEST_P(StartContract, CausesAddUpToTheScore) {
  const Planted& planted = all_of_it();
  const auto model = fit(planted, -1);
  const auto someone = planted.history(17);
  if (!GetParam().traits.explains) {
    EXPECT_FALSE(model->explain(someone.known(17), 3));
    GTEST_SKIP() << "explains nothing";
  }
  EXPECT_FALSE(model->explain({}, 3)) << "nobody";
  for (const idx_t user : {0u, 17u, 599u}) {
    const auto history = planted.history(user);
    for (const Query& query : {history.known(user), history.unknown()}) {
      const std::vector<float> all = scores(*model, query);
      for (idx_t item = 0; item < kItems; item += 3) {
        const auto why = model->explain(query, item);
        ASSERT_TRUE(why);
        float sum = why->base;
        std::set<idx_t> seen;
        for (const Scored& cause : why->causes) {
          sum += cause.score;
          EXPECT_TRUE(seen.insert(cause.idx).second) << "twice";
          EXPECT_EQ(std::ranges::count(history.items, cause.idx), 1) << "not of the history";
        }
        EXPECT_TRUE(std::ranges::is_sorted(why->causes, ranks_before));
        EXPECT_NEAR(sum, all[item], 2e-3f * (1 + std::abs(all[item])))
            << "user " << user << ", item " << item;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, StartContract, testing::ValuesIn(tested_models()),
                         [](const auto& test) { return test_name(test.param); });

}  // namespace
}  // namespace akin::contract
