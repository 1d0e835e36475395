// Items that nobody has bought: how near content comes to the truth of a synthetic data set.
#include <gtest/gtest.h>

#include <algorithm>

#include "akin/base/temp_dir.h"
#include "akin/catalog/fit.h"
#include "akin/data/readers/readers.h"
#include "akin/data/split_dataset.h"
#include "akin/data/synthetic.h"
#include "akin/eval/evaluate.h"
#include "akin/experiment/train.h"

namespace akin {
namespace {

/// Scores items by the chances that they were drawn with: no model can rank better.
class TruthModel : public Model {
 public:
  TruthModel(const SyntheticTruth& truth, const Dataset& data) : truth_(truth) {
    for (idx_t u = 0; u < data.n_users(); ++u) users_.push_back(truth.users.at(data.users.id(u), "user"));
    for (idx_t i = 0; i < data.n_items(); ++i) items_.push_back(truth.items.at(data.items.id(i), "item"));
  }
  const Matrix& item_vectors() const override { return none_; }
  std::size_t n_items() const override { return items_.size(); }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  bool score_all(const Query& query, std::span<float> out) const override {
    const std::vector<double> chances = truth_.pick_probabilities(users_[*query.user]);
    for (std::size_t i = 0; i < items_.size(); ++i) out[i] = static_cast<float>(chances[items_[i]]);
    return true;
  }
  void save(TensorWriter&) const override {}

 private:
  const SyntheticTruth& truth_;
  std::vector<idx_t> users_, items_;
  Matrix none_;
};

class ColdItems : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const TempDir dir;
    SyntheticConfig config;
    config.users = 800;
    config.items = 400;
    config.events = 16000;
    config.images = false;
    const SyntheticFiles files = write_synthetic(config, dir / "raw", {});
    truth_ = std::make_unique<SyntheticTruth>(load_synthetic_truth(files.truth));
    data_ = std::make_unique<Dataset>(
        import_dataset("amazon", {.files = {files.reviews}, .options = {{"meta", files.metadata}}}));
  }
  static void TearDownTestSuite() {
    truth_.reset();
    data_.reset();
  }
  static double recall(const Model& model, const Traits& traits, const SplitDataset& split) {
    EvaluateOptions options{.cutoffs = {10}, .ties = Ties::kRandom, .resamples = 0};
    options.candidates = parse_candidates("cold", 1);
    return evaluate(model, traits, split.known_data(), split.test, options, {}).value("Recall@10");
  }

  static std::unique_ptr<SyntheticTruth> truth_;
  static std::unique_ptr<Dataset> data_;
};
std::unique_ptr<SyntheticTruth> ColdItems::truth_;
std::unique_ptr<Dataset> ColdItems::data_;

TEST_F(ColdItems, ImportKeepsThoseThatOnlyTheMetadataKnow) {
  const auto cold = static_cast<std::size_t>(std::ranges::count(truth_->cold, 1));
  ASSERT_GT(cold, 10u);
  EXPECT_EQ(data_->items_without_events, cold);
  EXPECT_EQ(data_->n_items(), truth_->items.size());
  for (idx_t i = 0; i < data_->n_items(); ++i) {
    EXPECT_EQ(i >= data_->n_event_items(), truth_->cold[truth_->items.at(data_->items.id(i), "item")] == 1);
    EXPECT_NE(data_->item_attributes.get("title", i), "");
  }
}

TEST_F(ColdItems, ContentComesNearTheTruth) {
  const SplitDataset split = split_dataset(*data_, parse_split("cold-items:0.2", 1));
  const TruthModel truth(*truth_, split.dataset);
  const double best = recall(truth, {.uses_content = true}, split);
  const double candidates = static_cast<double>(split.dataset.n_event_items()) * 0.2 +
                            static_cast<double>(split.dataset.items_without_events);
  const double chance = 10 / candidates;
  EXPECT_GT(best, 2 * chance);
  for (const ModelSpec& spec :
       {ModelSpec("content-tfidf", {{"fields", "title,brand,category"}}), ModelSpec("content-attributes")}) {
    const Fitted fitted = fit_model(spec, split.training_data(), {});
    const double found = recall(*fitted.model, spec.traits(), split);
    RecordProperty(std::string(spec.name()), std::to_string(found));
    std::printf("%s: Recall@10 %.3f, the truth's own %.3f, chance %.3f\n", std::string(spec.name()).c_str(),
                found, best, chance);
    EXPECT_GT(found, 1.5 * chance) << spec.name();
    EXPECT_LT(found, best) << spec.name() << ": better than the truth is a leak";
  }
  // A model of events ranks them by nothing: its vectors of cold items are zero.
  const Fitted als = fit_model(ModelSpec("als", {{"factors", "16"}}), split.training_data(), {});
  EXPECT_LT(recall(*als.model, find_model("als").traits, split), 1.3 * chance);
}

TEST_F(ColdItems, ModelsOfEventsRankThemBelowAllOthers) {
  const TrainResult trained = train(*data_, "als", {.holdout = "none"});
  const Model& model = *trained.bundle.model;
  EXPECT_EQ(model.n_items(), trained.bundle.dataset.n_event_items());
  EXPECT_EQ(trained.bundle.dataset.n_items(), data_->n_items());
}

}  // namespace
}  // namespace akin
