// Answers, fits and nets as lines for a person.
#include <gtest/gtest.h>

#include <algorithm>

#include "akin/data/builder.h"
#include "akin/report/experiment_text.h"
#include "akin/report/item_text.h"
#include "akin/report/net_report.h"

namespace akin {
namespace {

Dataset titled_dataset() {
  DatasetBuilder builder;
  for (const char* item : {"a", "b", "c"}) builder.add_event("u", item, 1, 1);
  builder.set_item_attribute("a", "title", "Caf\xC3\xA9 au lait");
  ImportReport report;
  return builder.build("events", {}, report, {});
}

TEST(ItemText, TitlesAreCutAtCharacters) {
  const Dataset dataset = titled_dataset();
  EXPECT_EQ(item_title(dataset, 0), "Caf\xC3\xA9 au lait");
  EXPECT_EQ(item_title(dataset, 0, 12), "Caf\xC3\xA9 au lait");
  EXPECT_EQ(item_title(dataset, 0, 11), "Caf\xC3\xA9 au ...");
  EXPECT_EQ(item_title(dataset, 0, 7), "Caf\xC3\xA9...");
  EXPECT_EQ(item_title(dataset, 1), "");
}

TEST(ItemText, RankedLists) {
  const Dataset dataset = titled_dataset();
  EXPECT_EQ(ranked_text(dataset, std::vector<Scored>{{1, 0.5f}, {0, 0.25f}}),
            "rank  item   score  title\n"
            "----  ----  ------  ------------\n"
            "   1  b     0.5000\n"
            "   2  a     0.2500  Caf\xC3\xA9 au lait\n");
  const std::string untitled = ranked_text(dataset, std::vector<Scored>{{1, 0.001f}, {2, 0.0005f}});
  EXPECT_EQ(untitled.find("title"), std::string::npos);
  EXPECT_NE(untitled.find("1.000e-03"), std::string::npos) << "0.0010 would hide tiny scores";
  EXPECT_EQ(items_text(dataset, std::vector<idx_t>{0, 2}), "  a  Caf\xC3\xA9 au lait\n  c\n");
}

TEST(ItemText, Explanations) {
  const Dataset dataset = titled_dataset();
  const Explained explained{{1, 2.5f}, {.base = 0.5f, .causes = {{0, 1.5f}, {2, 0.25f}, {1, 0.25f}}}};
  const ShownCauses shown = shown_causes(explained.why, 1);
  ASSERT_EQ(shown.first.size(), 1u);
  EXPECT_EQ(shown.others, 2u);
  EXPECT_EQ(shown.rest, 0.5f);
  EXPECT_EQ(explanation_text(dataset, explained, 1),
            "b  score 2.5000\n"
            "    +1.5000  a  Caf\xC3\xA9 au lait\n"
            "    +0.5000  2 other items\n"
            "    +0.5000  base (all else)\n");
  EXPECT_NE(explanation_text(dataset, explained, 2).find("1 other item\n"), std::string::npos);
  EXPECT_EQ(explanation_text(dataset, explained, 3).find("other"), std::string::npos);
}

TEST(ExperimentText, Parameters) {
  for (const auto& info : find_model("als").params()) {
    if (info.param.name == "factors") {
      EXPECT_TRUE(param_help(info).ends_with("; 1 to 4096")) << param_help(info);
      EXPECT_EQ(search_text(info), "16 to 256 (log)");
    } else if (info.param.name == "solver") {
      EXPECT_TRUE(param_help(info).ends_with("; one of cg, exact, block")) << param_help(info);
      EXPECT_EQ(search_text(info), "");
    }
  }
}

TEST(ExperimentText, LearningCurvesShowTheBestEpochOfMany) {
  FitHistory history;
  history.metric = "NDCG@10";
  history.epochs = 100;
  history.out_of_patience = true;
  EXPECT_EQ(curve_text(history), "") << "nothing was evaluated";
  for (int epoch = 1; epoch <= 100; ++epoch)
    history.curve.push_back({.epoch = epoch, .loss = 1.0 / epoch, .value = epoch == 48 ? 0.5 : 0.25});
  const std::string text = curve_text(history);
  EXPECT_NE(text.find("\n   48  "), std::string::npos) << text;
  EXPECT_NE(text.find("\n  100  "), std::string::npos) << "the last epoch";
  EXPECT_LE(std::ranges::count(text, '\n'), 26);
  EXPECT_TRUE(
      text.ends_with("stopped after epoch 100: no improvement\n"
                     "kept epoch 48 (NDCG@10 0.5000 on the validation events)\n"))
      << text;
}

TEST(ExperimentText, HowAnUpdateWent) {
  UpdateResult result;
  EXPECT_EQ(how_text(result), "trained from scratch");
  result.epochs = 0;
  EXPECT_EQ(how_text(result), "folded in");
  result.epochs = 3;
  EXPECT_EQ(how_text(result), "3 epochs");
  result.epochs = 1;
  EXPECT_EQ(how_text(result), "1 epoch");
}

TEST(NetReport, EpochsAndPredictions) {
  EXPECT_EQ(epoch_line({3, {{"loss", 2.996}, {"val_loss", 2.9219}}, 4.51}, 5),
            "epoch 3/5  4.5 s  loss 2.9960  val_loss 2.9219\n");
  EXPECT_EQ(scores_text({{"loss", 0.1523}, {"accuracy", 0.9401}}), "loss 0.1523  accuracy 0.9401");
  nets::NetPredictions predictions{nn::make_array({2, 1}, {0.25f, 0.75f}), {}};
  EXPECT_EQ(predictions_csv(predictions), "prediction\n0.25\n0.75\n");
  predictions.targets = nn::make_array({2, 1}, {0, 1});
  EXPECT_EQ(predictions_csv(predictions), "prediction,target\n0.25,0\n0.75,1\n");
}

TEST(NetReport, NormsOfLongSequencesAreThinnedOut) {
  EXPECT_EQ(step_norms_text({}), "");
  EXPECT_EQ(step_norms_text({{"a", {0.5, 1}}, {"b", {2}}}),
            "gradient norm at step          a          b\n"
            "---------------------  ---------  ---------\n"
            "                    0  5.000e-01  2.000e+00\n"
            "                    1  1.000e+00          -\n");
  std::vector<double> norms(100, 1);
  norms[0] = 2e-5;
  const std::string text = step_norms_text({{"rnn_1", norms}});
  EXPECT_EQ(std::ranges::count(text, '\n'), 2 + 12 + 1) << text;
  for (const char* part : {"\n                    0  2.000e-05\n                    9  1.000e+00\n",
                           "\n                   99  1.000e+00\n",
                           "the gradient of rnn_1 at step 0 is 2e-05 of the greatest: it vanishes"})
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

}  // namespace
}  // namespace akin
