#include "akin/experiment/predict.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/catalog/sources.h"
#include "akin/experiment/made_dataset_for_test.h"
#include "akin/experiment/model_result.h"
#include "akin/experiment/train.h"

namespace akin {
namespace {

std::vector<UserItem> pairs_of(const Bundle& bundle, const std::vector<Event>& events) {
  std::vector<UserItem> pairs;
  for (const Event& event : events) {
    pairs.push_back(
        {std::string(bundle.dataset.users.id(event.user)), std::string(bundle.dataset.items.id(event.item))});
  }
  return pairs;
}

/// Every model that predicts, quickly.
std::vector<ModelSpec> predicting() {
  std::vector<ModelSpec> specs;
  for (const ModelEntry& entry : models()) {
    if (!entry.traits.predicts_ratings && !entry.traits.predicts_probability) continue;
    if (!missing_source(ModelSpec(entry, {}), made_dataset()).empty()) continue;
    ParamValues params;
    if (entry.traits.iterative) params["epochs"] = "2";
    specs.emplace_back(entry, params);
  }
  return specs;
}

TEST(Predict, IsWhatEvaluateScores) {
  for (const char* holdout : {"last", "cold-users:0.2", "cold-items:0.2"}) {
    for (const ModelSpec& spec : predicting()) {
      const Bundle bundle = train(made_dataset(), spec, {.holdout = holdout}).bundle;
      std::vector<UserItem> pairs = pairs_of(bundle, bundle.test);
      const Evaluation evaluation =
          evaluate_bundle(bundle, {.beyond = false, .liked = 4.0F, .resamples = 0}).evaluation;
      const Predictions predictions = predict(bundle, pairs);
      ASSERT_EQ(predictions.values.size(), bundle.test.size());
      double squares = 0, loss = 0;
      std::uint64_t stand_ins = 0;
      for (std::size_t p = 0; p < pairs.size(); ++p) {
        const auto value = static_cast<double>(predictions.values[p].value);
        const auto actual = static_cast<double>(bundle.test[p].value);
        squares += (value - actual) * (value - actual);
        loss -= std::log(std::clamp(actual >= 4 ? value : 1 - value, 1e-7, 1.0));
        stand_ins += predictions.values[p].stands_in ? 1 : 0;
      }
      const auto n = static_cast<double>(pairs.size());
      EXPECT_EQ(stand_ins, evaluation.mean_events) << spec.name() << " " << holdout;
      if (spec.traits().predicts_ratings) {
        EXPECT_NEAR(std::sqrt(squares / n), evaluation.value("RMSE"), 1e-6) << spec.name() << " " << holdout;
      }
      if (spec.traits().predicts_probability) {
        EXPECT_NEAR(loss / n, evaluation.value("log loss"), 1e-4) << spec.name() << " " << holdout;
      }
    }
  }
}

TEST(Predict, TheOrderOfPairsAndThreadsDoNotMatter) {
  const Bundle bundle = train(made_dataset(), ModelSpec("mf-sgd", {{"factors", "3"}})).bundle;
  std::vector<UserItem> pairs = pairs_of(bundle, bundle.test);
  const Predictions forward = predict(bundle, pairs, {}, {.threads = 1});
  std::ranges::reverse(pairs);
  Predictions backward = predict(bundle, pairs, {}, {.threads = 3});
  std::ranges::reverse(backward.values);
  for (std::size_t p = 0; p < pairs.size(); ++p) EXPECT_EQ(backward.values[p].value, forward.values[p].value);
}

TEST(Predict, UnknownIdsAreSaid) {
  const Bundle bundle = train(made_dataset(), "bias", {.holdout = "none"}).bundle;
  const std::vector<UserItem> pairs = {
      {"u1", "i1"}, {"nobody", "i1"}, {"u1", "nothing"}, {"nobody", "nothing"}};
  const Predictions predictions = predict(bundle, pairs);
  double sum = 0;
  for (const Event& event : bundle.dataset.events) sum += static_cast<double>(event.value);
  EXPECT_FLOAT_EQ(predictions.stand_in,
                  static_cast<float>(sum / static_cast<double>(bundle.dataset.events.size())));
  const std::vector<Prediction>& values = predictions.values;
  EXPECT_FALSE(values[0].unknown_user || values[0].unknown_item || values[0].stands_in);
  EXPECT_TRUE(values[1].unknown_user && !values[1].unknown_item && !values[1].stands_in) << "the item's bias";
  EXPECT_TRUE(!values[2].unknown_user && values[2].unknown_item && values[2].stands_in);
  EXPECT_TRUE(values[3].unknown_user && values[3].unknown_item && values[3].stands_in);
  EXPECT_EQ(values[2].value, predictions.stand_in);
  EXPECT_NE(values[1].value, predictions.stand_in);
}

TEST(Predict, ClippedToTheTrainingRatingsOrNot) {
  DatasetBuilder builder;  // u likes all, a is liked by all: u would rate a above 5
  for (const char* user : {"u", "v", "w", "x"}) {
    for (const char* item : {"a", "b", "c", "d"}) {
      const bool best = *user == 'u' || *item == 'a';
      if (*user != 'u' || *item != 'a') builder.add_event(user, item, best ? 5 : 1, 1);
    }
  }
  ImportReport report;
  const ModelSpec bias("bias", {{"user_regularization", "0"}, {"item_regularization", "0"}});
  const Bundle bundle = train(builder.build("r", {}, report, {}), bias, {.holdout = "none"}).bundle;
  const std::vector<UserItem> pair = {{"u", "a"}};
  EXPECT_EQ(predict(bundle, pair).values[0].value, 5);
  EXPECT_EQ(predict(bundle, pair).high, 5);
  EXPECT_GT(predict(bundle, pair, {.clip = false}).values[0].value, 5.5);
}

TEST(Predict, OnlyModelsThatPredict) {
  const Bundle bundle = train(made_dataset(), "item-knn").bundle;
  const std::string text = message_of(ErrorCode::kUsage, [&] { predict(bundle, {}); });
  EXPECT_TRUE(contains(text, "item-knn") && contains(text, "mf-sgd")) << text;
}

TEST(ReadPairs, WithAndWithoutHeader) {
  const TempDir dir;
  const auto read = [&](const std::string& text, const PairColumns& columns = {}) {
    write_file(dir / "pairs", text);
    std::string result;
    for (const UserItem& pair : read_pairs(dir / "pairs", columns))
      result += pair.user + ">" + pair.item + ";";
    return result;
  };
  EXPECT_EQ(read("user,item\nu1,i1\nu2,\"i,2\"\n"), "u1>i1;u2>i,2;");
  EXPECT_EQ(read("item_id\tuser_id\ni1\tu1\n"), "u1>i1;");
  EXPECT_EQ(read("u1,i1\nu2,i2\n"), "u1>i1;u2>i2;");
  EXPECT_EQ(read("newu,newi\n196,1\n"), "newu>newi;196>1;") << "unknown ids are no names of columns";
  EXPECT_EQ(read("ann,kettle\nu2,i2\nu3,i3\n"), "ann>kettle;u2>i2;u3>i3;");
  EXPECT_EQ(read("kunde,artikel\n196,1\n", {"kunde", "artikel"}), "196>1;");
  EXPECT_EQ(read(" u1 , i1\t\n\" u2\",i2\n"), "u1>i1;u2>i2;");
  EXPECT_EQ(read("when,who,what\n1,u1,i1\n", {"who", "what"}), "u1>i1;");
  EXPECT_EQ(read("1,u1,i1\n", {"2", "3"}), "u1>i1;");
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kBadData, [&] { read("u1,i1\nu2,\n"); }), ":2: expected a user"));
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { read("user,item\n"); }), "holds no pairs"));
  EXPECT_THROW(read("user,item\nu,i\n", {"user", "product"}), Error);
}

}  // namespace
}  // namespace akin
