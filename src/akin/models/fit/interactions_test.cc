#include "akin/models/fit/interactions.h"

#include <gtest/gtest.h>

#include "akin/models/fit/toy_data_test.h"

namespace akin {
namespace {

using namespace testing_data;

TEST(Interactions, SumsRepeatsAndDropsWhatIsNotPositive) {
  const Toy toy =
      make_toy(4, 5, {{0, 4, 2}, {0, 1, 1}, {0, 4, 0.5}, {0, 2, 0}, {2, 3, 1}, {2, 3, -1}, {2, 0, 7}});
  const Csr matrix = positive_interactions(toy.training(), "als");
  EXPECT_EQ(matrix.offsets, (std::vector<std::uint64_t>{0, 2, 2, 3, 3}));
  EXPECT_EQ(matrix.indices, (std::vector<idx_t>{1, 4, 0}));
  EXPECT_EQ(matrix.values, (std::vector<float>{1, 2.5, 7}));
  EXPECT_EQ(matrix.cols, 5u);
}

TEST(Interactions, HistoryBecomesARow) {
  const std::vector<idx_t> history = {7, 2, 7, 5};
  const std::vector<float> values = {1, -3, 4, 2};
  const HistoryRow latest = history_row({.history = history, .values = values}, Repeats::kLast, 9);
  EXPECT_EQ(latest.items, (std::vector<idx_t>{2, 5, 7}));
  EXPECT_EQ(latest.values, (std::vector<float>{-3, 2, 4}));
  EXPECT_EQ(history_row({.history = history}, Repeats::kLast, 9).values, (std::vector<float>{9, 9, 9}));
  const HistoryRow positive = positive_history_row({.history = history, .values = values});
  EXPECT_EQ(positive.items, (std::vector<idx_t>{5, 7}));
  EXPECT_EQ(positive.values, (std::vector<float>{2, 5}));
  EXPECT_EQ(positive_history_row({.history = history}).values, (std::vector<float>{1, 1, 2}));
  EXPECT_TRUE(positive_history_row({}).items.empty());
}

TEST(Interactions, AZeroRowIsAnUnknownUser) {
  Matrix users(3, 2);
  users[1][1] = -1;
  EXPECT_TRUE(stored_row(users, {.user = 0}).empty());
  EXPECT_EQ(stored_row(users, {.user = 1}).size(), 2u);
  EXPECT_TRUE(stored_row(users, {.user = 3}).empty());
  EXPECT_TRUE(stored_row(users, {}).empty());
}

TEST(Interactions, KnownUsersAreThoseWithARow) {
  Matrix stored(3, 2);
  stored[1][0] = 2;
  stored[2][1] = 3;
  const std::vector<idx_t> users = {0, 1, 2, 5};
  const std::vector<float> values = {4, -1, 6, 7};
  const KnownUsers known = known_users(stored, users, values, 9);
  EXPECT_EQ(known.users, (std::vector<idx_t>{1, 2}));
  EXPECT_EQ(known.values, (std::vector<float>{-1, 6}));
  EXPECT_EQ(known_users(stored, users, {}, 9).values, (std::vector<float>{9, 9}));
  EXPECT_EQ(known_positive_users(stored, users, values).users, (std::vector<idx_t>{2}));
  EXPECT_EQ(known_positive_users(stored, users, {}).values, (std::vector<float>{1, 1}));
  std::vector<float> out(2, 5.0f);
  EXPECT_FALSE(copy_stored_row(stored, {.user = 0}, out));
  EXPECT_EQ(out[0], 5.0f) << "left as it was";
  EXPECT_TRUE(copy_stored_row(stored, {.user = 2}, out));
  EXPECT_EQ(out, (std::vector<float>{0, 3}));
}

}  // namespace
}  // namespace akin
