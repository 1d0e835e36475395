#include "akin/experiment/tune/search_space.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "akin/base/error.h"

namespace akin {
namespace {

constexpr int kDraws = 1009;

TEST(SearchSpace, EveryModelsDrawsAreWithinItsRanges) {
  for (const ModelEntry& entry : models()) {
    const auto params = entry.params();
    if (std::ranges::none_of(params, [](const auto& info) { return info.param.search.on(); })) {
      EXPECT_THROW(SearchSpace(entry, {}, {}), Error) << entry.name << " has nothing to search";
      continue;
    }
    const SearchSpace space(entry, {}, {});
    for (int trial = 1; trial < kDraws; trial += 11) {
      const ParamValues values = space.sample(3, trial);
      EXPECT_EQ(values.size(), space.dimensions().size());
      EXPECT_NO_THROW(entry.complete(values)) << entry.name;
      for (const Dimension& dimension : space.dimensions()) {
        if (dimension.kind == Dimension::Kind::kChoice) continue;
        const double value = std::stod(values.at(dimension.name));
        EXPECT_GE(value, dimension.low) << dimension.name;
        EXPECT_LE(value, dimension.high) << dimension.name;
      }
    }
  }
}

TEST(SearchSpace, TrialZeroIsTheDefaults) {
  const SearchSpace space(find_model("als"), {{"cg-steps", "5"}}, {});
  EXPECT_EQ(space.sample(1, 0), (ParamValues{{"cg_steps", "5"}}));
}

TEST(SearchSpace, DrawsDependOnSeedAndTrialOnly) {
  const ModelEntry& entry = find_model("bpr");
  const SearchSpace space(entry, {}, {}), fewer(entry, {{"factors", "8"}}, {});
  EXPECT_EQ(space.sample(1, 7), space.sample(1, 7));
  EXPECT_NE(space.sample(1, 7), space.sample(2, 7));
  EXPECT_NE(space.sample(1, 7), space.sample(1, 8));
  ParamValues same = space.sample(1, 7);
  same["factors"] = "8";
  EXPECT_EQ(fewer.sample(1, 7), same) << "fixing one parameter leaves the others as they were";
}

TEST(SearchSpace, LogScaleGivesEachDecadeItsShare) {
  const SearchSpace space(find_model("als"), {}, {"regularization=0.001:10", "count_power=0:2"});
  std::map<int, int> decades;
  int low_half = 0;
  for (int trial = 1; trial <= kDraws; ++trial) {
    const ParamValues values = space.sample(5, trial);
    ++decades[static_cast<int>(std::floor(std::log10(std::stod(values.at("regularization")))))];
    low_half += std::stod(values.at("count_power")) < 1;
  }
  for (const int decade : {-3, -2, -1, 0}) EXPECT_NEAR(decades[decade], kDraws / 4.0, 60) << decade;
  EXPECT_NEAR(low_half, kDraws / 2.0, 70);
}

TEST(SearchSpace, WholeNumbersReachBothEnds) {
  const SearchSpace space(find_model("bpr"), {}, {"negatives=2:5"});
  std::set<std::string> seen;
  for (int trial = 1; trial <= kDraws; ++trial) seen.insert(space.sample(5, trial).at("negatives"));
  EXPECT_EQ(seen, (std::set<std::string>{"2", "3", "4", "5"}));
}

TEST(SearchSpace, ChoicesAndSwitches) {
  const SearchSpace space(find_model("item-knn"), {}, {"similarity=cosine,bm25", "use-values=true,false"});
  std::set<std::string> similarities, switches;
  for (int trial = 1; trial < 53; ++trial) {
    similarities.insert(space.sample(5, trial).at("similarity"));
    switches.insert(space.sample(5, trial).at("use_values"));
  }
  EXPECT_EQ(similarities, (std::set<std::string>{"cosine", "bm25"}));
  EXPECT_EQ(switches, (std::set<std::string>{"true", "false"}));
}

TEST(SearchSpace, RefusesWrongRanges) {
  const ModelEntry& entry = find_model("als");
  for (const char* range :
       {"factors", "factors=", "factors=8", "factors=8:", "factors=9:8", "factors=8:8", "factors=a:b",
        "factors=0:8", "factors=8:5000", "factor=8:64", "solver=cg,exact,fast", "alpha=1:nan"}) {
    try {
      SearchSpace(entry, {}, {range});
      ADD_FAILURE() << range;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
    }
  }
  EXPECT_THROW(SearchSpace(entry, {{"factors", "8"}}, {"factors=8:64"}), Error);
  EXPECT_THROW(SearchSpace(entry, {{"factors", "0"}}, {}), Error);
  EXPECT_THROW(SearchSpace(entry, {{"nothing", "0"}}, {}), Error);
  EXPECT_THROW(SearchSpace(find_model("popularity"), {{"half_life_days", "0"}}, {}), Error) << "nothing left";
}

}  // namespace
}  // namespace akin
