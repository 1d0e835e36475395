#include "akin/models/sequence/session_popularity.h"

#include <gtest/gtest.h>

#include "akin/models/sequence/sequence_data_test.h"

namespace akin {
namespace {

using namespace testing_sequences;

TEST(SessionPopularity, CountsTheSessionAndBreaksTiesByPopularity) {
  const Dataset data = dataset_of({{0, 1, 1, 2}, {1, 2}}, 4);
  const auto model = SessionPopularity::fit({data, data.events}, {}, {});
  EXPECT_EQ(scores_after(*model, {}), (std::vector<float>{0.25f, 0.75f, 0.5f, 0}));
  EXPECT_EQ(scores_after(*model, {0, 3, 0}), (std::vector<float>{2.25f, 0.75f, 0.5f, 1}));
}

TEST(SessionPopularity, LooksAtTheRunningSessionOnly) {
  const Dataset data = dataset_of({{0, 1}}, 2);
  const auto model = SessionPopularity::fit({data, data.events}, {.session_gap = 60}, {});
  const std::vector<idx_t> history = {0, 1};
  const std::vector<std::int64_t> times = {0, 100 * kSecond};
  std::vector<float> out(2);
  ASSERT_TRUE(model->score_all({.history = history, .times = times}, out));
  EXPECT_EQ(out, (std::vector<float>{0.5f, 1.5f}));
}

}  // namespace
}  // namespace akin
