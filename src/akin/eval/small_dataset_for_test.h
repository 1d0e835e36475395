// For tests of the evaluator: a model that is a table of scores, and a small split data set.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "akin/base/safetensors.h"
#include "akin/eval/evaluate.h"

namespace akin {

/// A model that is a table of scores, (users, items); it knows a user if they have a history. With
/// `as_product`, the same scores come from item vectors: score = table^T row . unit vector of the user.
class TableModel : public Model {
 public:
  enum class Kind { kProduct, kScores };
  TableModel(Kind kind, const std::vector<std::vector<float>>& table)
      : table_(table), vectors_(kind == Kind::kProduct ? Matrix(table[0].size(), table.size()) : Matrix()) {
    if (kind == Kind::kScores) return;
    for (std::size_t u = 0; u < table.size(); ++u) {
      for (std::size_t i = 0; i < table[u].size(); ++i) vectors_[i][u] = table[u][i];
    }
  }
  const Matrix& item_vectors() const override { return vectors_; }
  std::size_t n_items() const override { return table_[0].size(); }
  bool user_vector(const Query& query, std::span<float> out) const override {
    if (!query.user) return false;
    std::ranges::fill(out, 0.0F);
    out[*query.user] = 1;
    return true;
  }
  bool score_all(const Query& query, std::span<float> out) const override {
    if (!vectors_.empty()) return Model::score_all(query, out);
    if (!query.user) return false;
    std::ranges::copy(table_[*query.user], out.begin());
    return true;
  }
  void save(TensorWriter&) const override {}

 private:
  std::vector<std::vector<float>> table_;
  Matrix vectors_;
};

using Kind = TableModel::Kind;
inline constexpr Kind kKinds[] = {Kind::kProduct, Kind::kScores};

inline Event event(idx_t user, idx_t item, float value = 1) {
  return {.user = user, .item = item, .value = value};
}

/// The ranking metrics at one cutoff.
struct Figures {
  int cutoff = 10;
  double hr = 0, recall = 0, precision = 0, f1 = 0, ndcg = 0, map = 0, mrr = 0;
};

inline std::vector<Figures> figures(const Evaluation& e) {
  std::vector<Figures> all;
  for (const int k : e.cutoffs) {
    const auto value = [&](const std::string& name) { return e.value(name + "@" + std::to_string(k)); };
    all.push_back({k, value("HR"), value("Recall"), value("Precision"), value("F1"), value("NDCG"),
                   value("MAP"), value("MRR")});
  }
  return all;
}

/// A data set with its split.
struct SmallDataset {
  Dataset data;
  std::vector<Event> train;
  std::vector<Event> test;

  SmallDataset(std::size_t users, std::size_t items, std::vector<Event> train_events,
               std::vector<Event> test_events)
      : train(std::move(train_events)), test(std::move(test_events)) {
    for (std::size_t u = 0; u < users; ++u) data.users.add("u" + std::to_string(u));
    for (std::size_t i = 0; i < items; ++i) data.items.add("i" + std::to_string(i));
  }
  Evaluation evaluate(const Model& model, std::vector<int> cutoffs, int threads = 1, Traits traits = {},
                      Ties ties = Ties::kAgainst) const {
    return evaluate(model, EvaluateOptions{.cutoffs = std::move(cutoffs), .ties = ties}, threads, traits);
  }
  Evaluation evaluate(const Model& model, const EvaluateOptions& options, int threads = 1,
                      Traits traits = {}) const {
    return akin::evaluate(model, traits, {data, train}, test, options, {.threads = threads});
  }
};

}  // namespace akin
