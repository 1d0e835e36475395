#include "akin/models/fit/old_names.h"

#include <gtest/gtest.h>

namespace akin {
namespace {

TEST(OldNames, BecomeCurrentOnesOfTheirModelOnly) {
  EXPECT_EQ(with_current_names("als", {{"iterations", "3"}, {"alpha", "2"}}),
            (ParamValues{{"epochs", "3"}, {"alpha", "2"}}));
  EXPECT_EQ(with_current_names("prod2vec", {{"alpha", "0.1"}, {"min-alpha", "0.01"}}),
            (ParamValues{{"learning_rate", "0.1"}, {"min_learning_rate", "0.01"}}));
  EXPECT_EQ(with_current_names("user-knn", {{"alpha", "0.3"}}), (ParamValues{{"asymmetric_alpha", "0.3"}}));
  EXPECT_EQ(with_current_names("ease", {{"iterations", "3"}}), (ParamValues{{"iterations", "3"}}));
  EXPECT_EQ(with_current_names("item-knn-rating", {{"k", "5"}, {"neighbors", "9"}}),
            (ParamValues{{"max_neighbors", "5"}, {"neighbors", "9"}}));
  EXPECT_EQ(with_current_names("word2vec", {{"iter", "3"}}), (ParamValues{{"epochs", "3"}}));
  EXPECT_EQ(with_current_names("item-knn", {{"lists", "target"}}), (ParamValues{{"neighbors_of", "target"}}));
  EXPECT_EQ(with_current_names("item2vec", {{"set", "user"}}), (ParamValues{{"basket", "user"}}));
  EXPECT_EQ(with_current_names("meta-prod2vec", {{"lambda", "2"}}), (ParamValues{{"metadata_weight", "2"}}));
}

TEST(OldNames, ANegatedSwitchTurnsItsValueAround) {
  EXPECT_EQ(with_current_names("als", {{"ignore_values", "true"}}), (ParamValues{{"use_values", "false"}}));
  EXPECT_EQ(with_current_names("als", {{"ignore_values", "0"}}), (ParamValues{{"use_values", "1"}}));
  EXPECT_EQ(with_current_names("als", {{"ignore_values", "maybe"}}), (ParamValues{{"use_values", "maybe"}}));
}

TEST(OldNames, TheCurrentNameWins) {
  EXPECT_EQ(with_current_names("als", {{"iterations", "3"}, {"epochs", "5"}}),
            (ParamValues{{"epochs", "5"}}));
}

TEST(OldNames, LeadBack) {
  EXPECT_EQ(old_name("user-knn", "asymmetric_alpha"), "alpha");
  EXPECT_EQ(old_name("user-knn", "neighbors"), "neighbors");
}

TEST(OldNames, OfRangesBecomeCurrentOnes) {
  EXPECT_EQ(current_ranges("neumf", "fine-tune-rate=0.1:1"), "fine_tune_learning_rate=0.1:1");
  EXPECT_EQ(current_ranges("als", "ignore_values=true"), "use_values=false");
  EXPECT_EQ(current_ranges("als", "ignore-values=false,true, iterations=3:9"),
            "use_values=true,false, epochs=3:9");
  EXPECT_EQ(current_ranges("als", "solver=cg,exact"), "solver=cg,exact");
  EXPECT_EQ(current_ranges("als", "iterations"), "iterations") << "no range, which the search reports";
  EXPECT_EQ(current_ranges("als", ""), "");
}

TEST(OldNames, OfFlags) {
  EXPECT_EQ(flag_aliases("word2vec", "epochs"), (std::vector<std::string>{"iter"}));
  EXPECT_EQ(flag_aliases("item-knn", "neighbors_of"), (std::vector<std::string>{"lists"}));
  EXPECT_EQ(flag_aliases("item-knn", "asymmetric_alpha"), std::vector<std::string>());
  EXPECT_EQ(flag_aliases("als", "epochs"), std::vector<std::string>());
}

TEST(OldNames, OfWhatIdentifiesASearch) {
  EXPECT_EQ(identity_with_current_names(
                {{"model", "prod2vec"},
                 {"parameter size", "8"},
                 {"ranges", "alpha=0.005:0.1 (log), size=32:256 (log), score=cosine,predict"},
                 {"number of passes between evaluations", "1"},
                 {"seed", "42"}}),
            (std::map<std::string, std::string>{
                {"model", "prod2vec"},
                {"parameter factors", "8"},
                {"ranges", "learning_rate=0.005:0.1 (log), factors=32:256 (log), score=cosine,predict"},
                {"number of epochs between evaluations", "1"},
                {"seed", "42"}}));
}

}  // namespace
}  // namespace akin
