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

TEST(Synonyms, OneMeaningCanDecide) {
  const std::vector<std::string> neumf = {"factors", "mlp_factors", "regularization", "mlp_regularization"};
  EXPECT_EQ(did_you_mean_parameter("embedding", neumf), " (did you mean mlp_factors?)");
  EXPECT_EQ(did_you_mean_parameter("reg_layers", neumf), " (did you mean mlp_regularization?)");
  const std::vector<std::string> bpr = {"regularization", "item_regularization"};
  EXPECT_EQ(did_you_mean_parameter("reg_pu", bpr), " (did you mean regularization?)");
  EXPECT_EQ(did_you_mean_parameter("reg_qi", bpr), " (did you mean item_regularization?)");
  const std::vector<std::string> mf_sgd = {"learning_rate_decay", "half_life_days"};
  EXPECT_EQ(did_you_mean_parameter("decay", mf_sgd), " (did you mean learning_rate_decay?)");
  EXPECT_EQ(did_you_mean_parameter("decay", std::vector<std::string>{"half_life_days"}),
            " (did you mean half_life_days?)");
}

TEST(Synonyms, SayThatTheMeaningIsOpposite) {
  EXPECT_EQ(did_you_mean_parameter("--ignore-values", std::vector<std::string>{"--use-values"}),
            " (did you mean --no-use-values?)");
  EXPECT_EQ(did_you_mean_parameter("ignore_values", std::vector<std::string>{"use_values"}),
            " (did you mean use_values with the opposite value?)");
}

TEST(Synonyms, NamesOfSomethingElseLeadNowhere) {
  EXPECT_EQ(did_you_mean_parameter("--rate", std::vector<std::string>{"--data"}), "");
  EXPECT_EQ(did_you_mean_parameter("--rate", std::vector<std::string>{"--data", "--dropout"}),
            " (did you mean --dropout?)");
  EXPECT_EQ(did_you_mean_parameter("validation-steps", std::vector<std::string>{"validation"}), "");
  EXPECT_EQ(did_you_mean_parameter("mape", std::vector<std::string>{"mae", "mse"}), "");
}

TEST(Synonyms, OtherNamesLeadToTheNearestSpelling) {
  EXPECT_EQ(did_you_mean_parameter("factor", kNames), " (did you mean factors?)");
  EXPECT_EQ(did_you_mean_parameter("n_factors", std::vector<std::string>{"seed"}), "");
  EXPECT_EQ(did_you_mean_parameter("", kNames), "");
  EXPECT_EQ(did_you_mean_parameter("--", kNames), "");
}

}  // namespace
}  // namespace akin
