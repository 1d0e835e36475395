#include "akin/experiment/tune.h"

#include "akin/base/temp_dir.h"
#include "akin/experiment/made_dataset_for_test.h"
#include "akin/experiment/tune/trial.h"

namespace akin {
namespace {

ModelSpec tunable_bpr() { return {"bpr", {{"factors", "4"}, {"epochs", "9"}}}; }

TuneOptions quick(const std::string& log) { return {.trials = 4, .metric = "NDCG@5", .log = log}; }

/// All that must not depend on how the search was run.
std::string outcome(const TuneResult& result) {
  std::string text;
  for (Trial trial : result.trials) {
    trial.seconds = 0;
    for (CurvePoint& point : trial.curve) point.seconds = 0;
    text += trial_text(trial) + "\n";
  }
  return text;
}

TEST(Tune, ParametersThatTheSpecSetsStay) {
  const TempDir dir;
  const ModelSpec model("bpr", {{"factors", "4"}, {"epochs", "9"}, {"learning-rate", "0.07"}});
  const TuneResult result = tune(made_dataset(), model, quick(dir / "log"));
  ASSERT_EQ(result.trials.size(), 4u);
  bool others_differ = false;
  for (const Trial& trial : result.trials) {
    const ParamValues all = find_model("bpr").complete(trial.params);
    for (const auto& [name, value] : {std::pair("factors", "4"), {"epochs", "9"}, {"learning_rate", "0.07"}})
      EXPECT_EQ(all.at(name), value) << name;
    others_differ |= all != model.all_params();
  }
  EXPECT_TRUE(others_differ) << "nothing was searched";
  EXPECT_EQ(result.metric, "NDCG@5");
  EXPECT_EQ(result.better, Better::kHigher);
  EXPECT_EQ(result.found, 0u);
  EXPECT_EQ(result.split.holdout, Holdout::kLast);
  EXPECT_TRUE(result.split.validation);
  EXPECT_EQ(result.validation_events, 47u);
}

/// The data set with other items and values in the events of one side of the split.
Dataset changed_dataset(Subset subset) {
  Dataset dataset = made_dataset();
  const std::vector<Subset> subsets = split_events(dataset, {.validation = true}).subsets;
  for (std::size_t e = 0; e < dataset.events.size(); ++e) {
    if (subsets[e] != subset) continue;
    Event& event = dataset.events[e];
    event.item = static_cast<idx_t>((event.item + 5) % dataset.n_items());
    event.value = 9;
  }
  return dataset;
}

TEST(Tune, TheTestEventsAreNotLookedAt) {
  const TempDir dir;
  for (const bool halving : {false, true}) {
    TuneOptions options = quick(dir / (halving ? "halving" : "random"));
    options.halving = halving;
    const TuneResult first = tune(made_dataset(), tunable_bpr(), options);
    const TuneResult same = tune(changed_dataset(Subset::kTest), tunable_bpr(), options);
    EXPECT_GE(same.found, first.trials.size()) << "it is the same search";
    options.log += " again";
    EXPECT_EQ(outcome(tune(changed_dataset(Subset::kTest), tunable_bpr(), options)), outcome(first));
    for (const Subset subset : {Subset::kTrain, Subset::kValidation}) {
      message_of(ErrorCode::kBadData, [&] { tune(changed_dataset(subset), tunable_bpr(), options); });
      TuneOptions other = options;
      other.log += std::to_string(static_cast<int>(subset));
      EXPECT_NE(outcome(tune(changed_dataset(subset), tunable_bpr(), other)), outcome(first));
    }
  }
}

TEST(Tune, SameResultAtAnyNumberOfThreadsAndTrialsAtOnce) {
  const TempDir dir;
  TuneOptions options = quick(dir / "a");
  const TuneResult first = tune(made_dataset(), tunable_bpr(), options, {.threads = 1});
  options.log = dir / "b";
  options.parallel = 2;
  EXPECT_EQ(outcome(tune(made_dataset(), tunable_bpr(), options, {.threads = 3})), outcome(first));
}

TEST(Tune, RemarksWhatAPersonWouldNotExpect) {
  const TempDir dir;
  TuneOptions options = quick(dir / "log");
  options.halving = true;
  Remarks remarks;
  tune(made_dataset(), "item-knn", options, remarks.context());
  EXPECT_EQ(
      remarks.lines,
      (std::vector<std::string>{"item-knn is not trained in epochs: random search instead of halving"}));
  options.halving = false;
  tune(made_dataset(), "item-knn", options, remarks.context());
  ASSERT_EQ(remarks.lines.size(), 2u);
  EXPECT_EQ(remarks.lines[1], dir / "log" + ": 4 finished trials taken from there");
}

TEST(Tune, WrongSearchesAreRefusedBeforeAnyDataAreRead) {
  const auto refusal = [](const ModelSpec& model, const TuneOptions& options) {
    const std::string text = message_of(ErrorCode::kUsage, [&] { check_search(model, options); });
    EXPECT_EQ(message_of(ErrorCode::kUsage, [&] { tune(made_dataset(), model, options); }), text);
    return text;
  };
  EXPECT_TRUE(contains(refusal("bpr", {.ranges = {"factors"}}), "not PARAMETER=LOW:HIGH"));
  EXPECT_TRUE(contains(refusal("bpr", {.ranges = {"factor=8:64"}}), "did you mean factors"));
  EXPECT_TRUE(contains(refusal("bpr", {.ranges = {"factors=64:8"}}), "LOW below HIGH"));
  EXPECT_TRUE(contains(refusal("bpr", {.ranges = {"factors=0:8"}}), "must lie between"));
  EXPECT_TRUE(contains(refusal(tunable_bpr(), {.ranges = {"factors=8:64"}}), "fixed already"));
  EXPECT_TRUE(contains(refusal("als", {.ranges = {"solver=cg,exat"}}), "exat"));
  EXPECT_TRUE(contains(refusal("bpr", {.metric = "NDGC@10"}), "did you mean NDCG@10"));
  EXPECT_TRUE(contains(refusal("bpr", {.metric = "RMSE"}), "RMSE"));
  check_search("als", {.ranges = {"solver=cg,exact", "factors=8:64"}, .metric = "HR@3"});
}

TEST(Tune, WrongOptionsAndData) {
  const TempDir dir;
  const auto usage = [&](const TuneOptions& options) {
    return message_of(ErrorCode::kUsage, [&] { tune(made_dataset(), tunable_bpr(), options); });
  };
  TuneOptions options = quick(dir / "log");
  options.every = 0;
  EXPECT_TRUE(contains(usage(options), "every"));
  options = quick(dir / "log");
  options.holdout = "none";
  usage(options);
  options.holdout = "given";
  message_of(ErrorCode::kBadData, [&] { tune(made_dataset(), tunable_bpr(), options); });
  EXPECT_TRUE(contains(usage(quick("")), "log")) << "there is no file to keep the trials in";
  std::stop_source stop;
  stop.request_stop();
  message_of(ErrorCode::kCancelled,
             [&] { tune(made_dataset(), tunable_bpr(), quick(dir / "c"), {.stop = stop.get_token()}); });
}

}  // namespace
}  // namespace akin
