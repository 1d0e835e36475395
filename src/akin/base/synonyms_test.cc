#include "akin/base/synonyms.h"

#include <gtest/gtest.h>

#include <vector>

namespace akin {
namespace {

const std::vector<std::string> kNames = {"factors",       "epochs",    "learning_rate",
                                         "max_neighbors", "neighbors", "seed"};

TEST(Synonyms, LeadToTheNameThatThereIs) {
  EXPECT_EQ(did_you_mean_parameter("n_factors", kNames), " (did you mean factors?)");
  EXPECT_EQ(did_you_mean_parameter("Vector-Size", kNames), " (did you mean factors?)");
  EXPECT_EQ(did_you_mean_parameter("alpha", kNames), " (did you mean learning_rate?)");
  EXPECT_EQ(did_you_mean_parameter("k", kNames), " (did you mean max_neighbors, neighbors?)");
  EXPECT_EQ(did_you_mean_parameter("k", std::vector<std::string>{"neighbors"}), " (did you mean neighbors?)");
}

TEST(Synonyms, KeepTheSpellingOfFlags) {
  EXPECT_EQ(did_you_mean_parameter("--lr_all", std::vector<std::string>{"--seed", "--learning-rate"}),
            " (did you mean --learning-rate?)");
}

TEST(Synonyms, OtherNamesLeadToTheNearestSpelling) {
  EXPECT_EQ(did_you_mean_parameter("factor", kNames), " (did you mean factors?)");
  EXPECT_EQ(did_you_mean_parameter("n_factors", std::vector<std::string>{"seed"}), "");
  EXPECT_EQ(did_you_mean_parameter("", kNames), "");
  EXPECT_EQ(did_you_mean_parameter("--", kNames), "");
}

}  // namespace
}  // namespace akin
