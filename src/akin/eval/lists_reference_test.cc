// Every metric against other libraries' on the same lists: tests/reference/recommendation_lists.py
// made the numbers.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "akin/eval/small_dataset_for_test.h"

namespace akin {
namespace {

using nlohmann::json;

json fixture() {
  std::ifstream file(AKIN_SOURCE_DIR "/tests/reference/recommendation_lists.json");
  return json::parse(file);
}

TEST(ListsReference, MetricsOfLists) {
  const json reference = fixture();
  std::vector<std::vector<float>> table;
  std::vector<Event> train, test;
  for (const json& user : reference["users"]) {
    const auto idx = static_cast<idx_t>(table.size());
    table.push_back(user["scores"].get<std::vector<float>>());
    for (const json& item : user["train"]) train.push_back(event(idx, item.get<idx_t>()));
    for (const json& item : user["held_out"]) test.push_back(event(idx, item.get<idx_t>()));
  }
  const SmallDataset dataset(reference["n_users"], reference["n_items"], train, test);
  EvaluateOptions options{.auc = true};
  options.cutoffs.clear();
  for (const json& expected : reference["metrics"]) options.cutoffs.push_back(expected["cutoff"]);
  const std::pair<const char*, const char*> names[] = {{"hr", "HR"},
                                                       {"recall", "Recall"},
                                                       {"precision", "Precision"},
                                                       {"f1", "F1"},
                                                       {"ndcg", "NDCG"},
                                                       {"map", "MAP"},
                                                       {"mrr", "MRR"},
                                                       {"coverage", "coverage"},
                                                       {"gini", "Gini"},
                                                       {"novelty", "novelty"},
                                                       {"popularity", "popularity"},
                                                       {"diversity", "diversity"}};
  for (const Kind kind : kKinds) {
    const Evaluation e = dataset.evaluate(TableModel(kind, table), options);
    for (const json& expected : reference["metrics"]) {
      for (const auto& [theirs, ours] : names) {
        const std::string name = std::string(ours) + "@" + std::to_string(expected["cutoff"].get<int>());
        if (name == "diversity@1") continue;  // of one item there is none
        EXPECT_NEAR(e.value(name), expected[theirs].get<double>(), 1e-9) << name;
      }
    }
    EXPECT_NEAR(e.value("AUC"), reference["auc"].get<double>(), 1e-12);
  }
}

/// The events of a table with columns user, `value` and "prediction", one item per event.
struct EventTable {
  std::vector<Event> test;
  std::vector<std::vector<float>> scores;

  EventTable(const json& columns, const char* value)
      : scores(columns["user"].back().get<std::size_t>() + 1,
               std::vector<float>(columns["user"].size() + 1)) {
    for (idx_t e = 0; e < columns["user"].size(); ++e) {
      const auto user = columns["user"][e].get<idx_t>();
      test.push_back(event(user, e + 1, columns[value][e].get<float>()));
      scores[user][e + 1] = columns["prediction"][e].get<float>();
    }
  }
};

TEST(ListsReference, ErrorsOfRatings) {
  const json reference = fixture();
  const EventTable events(reference["ratings"], "rating");
  const std::size_t users = events.scores.size();
  std::vector<Event> train;  // of the range of ratings, so that nothing is clipped
  for (idx_t u = 0; u < users; ++u) train.push_back(event(u, 0, u == 0 ? 0.5F : 5.0F));
  const SmallDataset dataset(users, events.scores[0].size(), train, events.test);
  const Evaluation e = dataset.evaluate(TableModel(Kind::kScores, events.scores), EvaluateOptions{}, 1,
                                        {.predicts_ratings = true});
  EXPECT_NEAR(e.value("RMSE"), reference["ratings"]["rmse"].get<double>(), 1e-9);
  EXPECT_NEAR(e.value("MSE"), reference["ratings"]["mse"].get<double>(), 1e-9);
  EXPECT_NEAR(e.value("MAE"), reference["ratings"]["mae"].get<double>(), 1e-9);
}

TEST(ListsReference, Labels) {
  const json reference = fixture();
  const EventTable events(reference["labelled"], "label");
  const std::size_t users = events.scores.size();
  std::vector<Event> train;
  for (idx_t u = 0; u < users; ++u) train.push_back(event(u, 0));
  const SmallDataset dataset(users, events.scores[0].size(), train, events.test);
  const Evaluation e = dataset.evaluate(TableModel(Kind::kScores, events.scores),
                                        EvaluateOptions{.liked = 0.5F}, 1, {.predicts_probability = true});
  const json& expected = reference["labelled"];
  EXPECT_NEAR(e.value("AUC(liked)"), expected["auc"].get<double>(), 1e-12);
  EXPECT_NEAR(e.value("GAUC"), expected["gauc"].get<double>(), 1e-9);
  EXPECT_NEAR(e.value("log loss"), expected["log_loss"].get<double>(), 1e-7);
  EXPECT_NEAR(e.value("accuracy"), expected["accuracy"].get<double>(), 1e-12);
}

}  // namespace
}  // namespace akin
