// The ranking metrics against trec_eval's: tests/reference/ranking_metrics.py made the numbers.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "akin/eval/small_dataset_for_test.h"

namespace akin {
namespace {

TEST(RankingReference, AgreesWithTrecEval) {
  std::ifstream file(AKIN_SOURCE_DIR "/tests/reference/ranking_metrics.json");
  ASSERT_TRUE(file.is_open());
  const auto fixture = nlohmann::json::parse(file);
  std::vector<std::vector<float>> table;
  std::vector<Event> train, test;
  for (const auto& user : fixture["cases"]) {
    const auto idx = static_cast<idx_t>(table.size());
    table.push_back(user["scores"].get<std::vector<float>>());
    for (const auto& item : user["seen"]) train.push_back(event(idx, item.get<idx_t>()));
    for (const auto& item : user["held_out"]) test.push_back(event(idx, item.get<idx_t>()));
  }
  const SmallDataset dataset(table.size(), table[0].size(), train, test);
  std::vector<int> cutoffs;
  for (const auto& expected : fixture["ranking"]) cutoffs.push_back(expected["cutoff"]);
  for (const Kind kind : kKinds) {
    const Evaluation e = dataset.evaluate(TableModel(kind, table), cutoffs);
    EXPECT_EQ(e.users, table.size());
    for (std::size_t c = 0; c < cutoffs.size(); ++c) {
      const auto& expected = fixture["ranking"][c];
      EXPECT_NEAR(figures(e)[c].hr, expected["hr"].get<double>(), 1e-12);
      EXPECT_NEAR(figures(e)[c].recall, expected["recall"].get<double>(), 1e-12);
      EXPECT_NEAR(figures(e)[c].precision, expected["precision"].get<double>(), 1e-12);
      EXPECT_NEAR(figures(e)[c].ndcg, expected["ndcg"].get<double>(), 1e-12);
      EXPECT_NEAR(figures(e)[c].map, expected["map"].get<double>(), 1e-12);
      EXPECT_NEAR(figures(e)[c].mrr, expected["mrr"].get<double>(), 1e-12);
    }
  }
}

}  // namespace
}  // namespace akin
