#include "akin/models/baseline/popularity.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"

namespace akin {
namespace {

constexpr std::int64_t kDay = 86400 * kSecond;

Dataset dataset() {
  Dataset data;
  for (const char* user : {"a", "b", "c"}) data.users.add(user);
  for (const char* item : {"x", "y", "z"}) data.items.add(item);
  data.events = {{.user = 0, .item = 0, .value = 1, .time = 0},
                 {.user = 0, .item = 1, .value = 5, .time = 2 * kDay},
                 {.user = 1, .item = 0, .value = 2, .time = 1 * kDay},
                 {.user = 2, .item = 0, .value = 1}};
  return data;
}

std::vector<float> scores(const Popularity::Config& config) {
  const Dataset data = dataset();
  const auto model = Popularity::fit({data, data.events}, config, {});
  std::vector<float> out(3);
  EXPECT_TRUE(model->score_all({}, out));
  return out;
}

TEST(Popularity, CountsEvents) { EXPECT_EQ(scores({}), (std::vector<float>{3, 1, 0})); }

TEST(Popularity, SumsValues) { EXPECT_EQ(scores({.use_values = true}), (std::vector<float>{4, 5, 0})); }

TEST(Popularity, HalvesTheWeightPerHalfLife) {
  // Ages in days: x 2, 1 and unknown (counts as the latest), y 0.
  const std::vector<float> out = scores({.half_life_days = 1});
  EXPECT_FLOAT_EQ(out[0], 0.25f + 0.5f + 1);
  EXPECT_FLOAT_EQ(out[1], 1);
  EXPECT_FLOAT_EQ(out[2], 0);
}

TEST(Popularity, CountsOneKindOnly) {
  Dataset data = dataset();
  data.events[1].kind = data.events[3].kind = EventKind::kPurchase;
  const auto model = Popularity::fit({data, data.events}, {.kind = "purchase"}, {});
  std::vector<float> out(3);
  EXPECT_TRUE(model->score_all({}, out));
  EXPECT_EQ(out, (std::vector<float>{1, 1, 0}));
  EXPECT_THROW(Popularity::fit({data, data.events}, {.kind = "cart"}, {}), Error) << "there are none";
}

TEST(Popularity, RefusesNoEvents) {
  const Dataset data = dataset();
  try {
    Popularity::fit({data, {}}, {}, {});
    FAIL() << "fitted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
  }
}

TEST(Popularity, HasNoSimilarItems) {
  const Dataset data = dataset();
  const auto model = Popularity::fit({data, data.events}, {}, {});
  EXPECT_FALSE(model->has_similar());
  EXPECT_TRUE(model->similar(0, 3).empty());
}

}  // namespace
}  // namespace akin
