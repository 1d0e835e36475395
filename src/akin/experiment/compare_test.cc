#include "akin/experiment/compare.h"

#include <fmt/format.h>

#include "akin/base/rank_threads_for_test.h"
#include "akin/base/temp_dir.h"
#include "akin/data/split_dataset.h"
#include "akin/experiment/made_dataset_for_test.h"
#include "akin/experiment/train.h"

namespace akin {
namespace {

constexpr std::uint64_t kUsers = 47;

std::vector<ModelSpec> three_models() {
  return {"popularity", {"als", {{"factors", "4"}, {"epochs", "5"}}}, "item-knn"};
}

ModelSpec diverging() {
  return {"mf-sgd",
          {{"factors", "4"},
           {"epochs", "31"},
           {"regularization", "0"},
           {"learning_rate", "10"},
           {"learning_rate_decay", "1"}}};
}

std::vector<std::string> names(const CompareResult& result) {
  std::vector<std::string> all;
  for (const ModelResult& model : result.comparison.results) all.push_back(model.model);
  return all;
}
using Names = std::vector<std::string>;

/// All figures, to the bit; seconds are left out.
std::string figures_of(const CompareResult& result) {
  std::string text;
  for (const ModelResult& model : result.comparison.results) {
    text += fmt::format("{} {} {}\n", model.model, model.evaluation.protocol, model.evaluation.users);
    for (const Metric& metric : model.evaluation.metrics)
      text += fmt::format("{} {} {} {} {}\n", metric.name, metric.value, metric.low, metric.high,
                          fmt::join(metric.values, " "));
    for (const CurvePoint& point : model.curve)
      text += fmt::format("{} {} {}\n", point.epoch, point.loss, point.value);
  }
  for (const ModelFailure& failure : result.comparison.failures)
    text += failure.model + ": " + failure.message + "\n";
  for (const Comparison& test : result.comparison.tests) {
    text += fmt::format("{} {}", test.metric, test.best.value_or(99));
    for (const Rival& rival : test.rivals) text += fmt::format(" {} {}", rival.difference, rival.adjusted_p);
    text += "\n";
  }
  return text;
}

TEST(Compare, ScoresEveryModelOnTheSameRest) {
  Remarks remarks;
  const CompareResult result = compare(made_dataset(), three_models(), {}, remarks.context());
  EXPECT_EQ(names(result), (Names{"popularity", "als", "item-knn"}));
  EXPECT_EQ(remarks.lines, (Names{"popularity (1 of 3)", "als (2 of 3)", "item-knn (3 of 3)"}));
  EXPECT_TRUE(result.comparison.failures.empty());
  EXPECT_FALSE(result.best);
  EXPECT_TRUE(result.comparison.map.empty());
  EXPECT_EQ(result.data_name, "made");
  ASSERT_EQ(result.splits.size(), 1u);
  EXPECT_EQ(result.splits[0].holdout, Holdout::kLast);
  for (std::size_t m = 0; m < 3; ++m) {
    const ModelSpec spec = three_models()[m];
    const ModelResult& one = result.comparison.results[m];
    EXPECT_EQ(one.params, spec.all_params());
    EXPECT_EQ(one.evaluation.users, kUsers);
    const ModelResult alone = evaluate_bundle(train(made_dataset(), spec).bundle);
    for (const char* name : {"NDCG@10", "HR@5", "coverage@10"})
      EXPECT_EQ(one.evaluation.value(name), alone.evaluation.value(name)) << spec.name() << " " << name;
  }
  ASSERT_FALSE(result.comparison.tests.empty());
  EXPECT_EQ(result.comparison.tests[0].rivals.size(), 2u);
  EXPECT_EQ(result.comparison.results[0].curve.size(), 0u);
  EXPECT_EQ(result.comparison.results[1].curve.size(), 5u);
  EXPECT_EQ(result.comparison.results[1].watched, "");
}

TEST(Compare, SameFiguresOnAnyNumberOfRanks) {
  std::vector<ModelSpec> models = three_models();
  models.emplace_back("bpr", ParamValues{{"factors", "4"}, {"epochs", "9"}});
  models.emplace_back("user-knn");
  models.emplace_back("word2vec", ParamValues{{"factors", "4"}, {"epochs", "2"}});  // CBOW
  models.push_back(diverging());
  const CompareOptions options{.holdout = "folds:3", .patience = 2};
  const CompareResult one = compare(made_dataset(), models, options, {.threads = 1});
  ASSERT_EQ(one.comparison.failures.size(), 1u);
  for (const int size : {2, 3}) {
    on_ranks(size, [&](const Communicator& ranks) {
      Remarks remarks;
      Context context = remarks.context();
      context.communicator = &ranks;
      EXPECT_EQ(figures_of(compare(made_dataset(), models, options, context)), figures_of(one)) << size;
      EXPECT_EQ(remarks.lines[0], fmt::format("each of the {} processes fits all of these by itself: "
                                              "user-knn, word2vec",
                                              size));
    });
  }
}

TEST(Compare, PoolsFolds) {
  Remarks remarks;
  const CompareResult result =
      compare(made_dataset(), three_models(), {.holdout = "folds:3"}, remarks.context());
  ASSERT_EQ(result.splits.size(), 3u);
  EXPECT_EQ(to_string(result.splits[2]), "fold:3/3");
  EXPECT_TRUE(remarks.has("als (2 of 3), split 2 of 3"));
  EXPECT_EQ(remarks.lines.size(), 9u);
  std::uint64_t users = 0;
  double sum = 0;
  for (const char* fold : {"fold:1/3", "fold:2/3", "fold:3/3"}) {
    const CompareResult part = compare(made_dataset(), three_models(), {.holdout = fold});
    const Evaluation& evaluation = part.comparison.results[1].evaluation;
    users += evaluation.users;
    sum += evaluation.value("NDCG@10") * static_cast<double>(evaluation.users);
  }
  for (const ModelResult& model : result.comparison.results) {
    EXPECT_TRUE(model.evaluation.protocol.starts_with("3 splits pooled; ")) << model.evaluation.protocol;
    EXPECT_EQ(model.evaluation.users, users);
  }
  const Metric* pooled = find_metric(result.comparison.results[1].evaluation.metrics, "NDCG@10");
  ASSERT_NE(pooled, nullptr);
  EXPECT_NEAR(pooled->value, sum / static_cast<double>(users), 1e-6);
  EXPECT_LT(pooled->low, pooled->value);
  EXPECT_GT(pooled->high, pooled->value);
}

TEST(Compare, AModelThatFailsDoesNotStopTheOthers) {
  std::vector<ModelSpec> models = three_models();
  models.insert(models.begin() + 1, diverging());
  for (const char* holdout : {"last", "folds:2"}) {
    Remarks remarks;
    const CompareResult result = compare(made_dataset(), models, {.holdout = holdout}, remarks.context());
    EXPECT_EQ(names(result), (Names{"popularity", "als", "item-knn"}));
    ASSERT_EQ(result.comparison.failures.size(), 1u);
    EXPECT_EQ(result.comparison.failures[0].model, "mf-sgd");
    EXPECT_TRUE(contains(result.comparison.failures[0].message, "diverged"));
    EXPECT_EQ(std::ranges::count_if(remarks.lines, [](const auto& line) { return contains(line, "mf-sgd"); }),
              1)
        << "not tried again on the next split";
    CompareResult without = compare(made_dataset(), three_models(), {.holdout = holdout});
    without.comparison.failures = result.comparison.failures;
    EXPECT_EQ(figures_of(result), figures_of(without));
  }
}

TEST(Compare, SameResultAtAnyNumberOfThreads) {
  const CompareOptions options{.holdout = "folds:3", .patience = 2};
  EXPECT_EQ(figures_of(compare(made_dataset(), three_models(), options, {.threads = 1})),
            figures_of(compare(made_dataset(), three_models(), options, {.threads = 3})));
}

TEST(Compare, PatienceWatchesModelsFittedInEpochs) {
  const ModelSpec bpr("bpr", {{"factors", "4"}, {"epochs", "60"}});
  const CompareResult result = compare(made_dataset(), {bpr, "item-knn"}, {.patience = 3});
  EXPECT_TRUE(result.splits[0].validation);
  const ModelResult& watched = result.comparison.results[0];
  EXPECT_EQ(watched.watched, "NDCG@10");
  EXPECT_LT(watched.curve.size(), 60u);
  for (const CurvePoint& point : watched.curve) EXPECT_TRUE(point.evaluated()) << point.epoch;
  EXPECT_EQ(result.comparison.results[1].watched, "");
  const TrainResult alone = train(made_dataset(), bpr, {.monitor = {.metric = "NDCG@10", .patience = 3}});
  EXPECT_EQ(watched.curve.size(), alone.history->curve.size());
  EXPECT_EQ(watched.evaluation.value("NDCG@10"), evaluate_bundle(alone.bundle).evaluation.value("NDCG@10"))
      << "the best epoch is kept";
  EXPECT_TRUE(compare(made_dataset(), {"popularity"}, {.validation = true}).splits[0].validation);
}

TEST(Compare, KeepsTheModelOfTheLastSplit) {
  const ModelSpec als = three_models()[1];
  CompareOptions options;
  options.keep_best = [](const ModelEntry&, const Model&) { return true; };
  for (const char* folds : {"2", "3", "4"}) {
    options.holdout = fmt::format("folds:{}", folds);
    const CompareResult result = compare(made_dataset(), {als}, options);
    const Bundle last = train(made_dataset(), als, {.holdout = fmt::format("fold:{0}/{0}", folds)}).bundle;
    const Matrix &kept = result.best->model->item_vectors(), &expected = last.model->item_vectors();
    for (std::size_t i = 0; i < expected.rows(); ++i)
      EXPECT_TRUE(std::ranges::equal(kept[i], expected[i])) << folds << " folds, item " << i;
  }
}

TEST(Compare, KeepsTheBestOfThoseAskedForAndDrawsItsMap) {
  std::vector<ModelSpec> models = three_models();
  models.push_back({"bpr", {{"factors", "4"}, {"epochs", "1"}, {"learning_rate", "0.0001"}}});
  CompareOptions options{
      .keep_best = [](const ModelEntry&, const Model& model) { return model.embedding_dim() > 0; },
      .map = true};
  const CompareResult result = compare(made_dataset(), models, options);
  double best = -1;
  std::string name;
  for (const ModelResult& model : result.comparison.results) {
    const double ndcg = model.evaluation.value(fmt::format("NDCG@{}", model.evaluation.bins_cutoff));
    if ((model.model != "als" && model.model != "bpr") || ndcg <= best) continue;
    best = ndcg;
    name = model.model;
  }
  ASSERT_TRUE(result.best);
  EXPECT_EQ(result.best->spec.name(), name);
  EXPECT_GT(result.best->fit_seconds, 0);
  ASSERT_NE(result.best->model, nullptr);
  EXPECT_GT(result.best->model->embedding_dim(), 0u);
  EXPECT_EQ(result.comparison.map_model, name);
  EXPECT_EQ(result.comparison.map.size(), 28u);
  options.keep_best = [](const ModelEntry& entry, const Model&) { return entry.name == "item-knn"; };
  const CompareResult other = compare(made_dataset(), models, options);
  EXPECT_EQ(other.best->spec.name(), "item-knn");
  EXPECT_TRUE(other.comparison.map.empty()) << "it has no vectors";
  options.keep_best = [](const ModelEntry&, const Model&) { return false; };
  EXPECT_FALSE(compare(made_dataset(), models, options).best);
}

TEST(Compare, FilesMemoryAndSplitDataGiveTheSame) {
  const TempDir dir;
  save_dataset(made_dataset(), dir / "a");
  const std::string expected = figures_of(compare(made_dataset(), three_models()));
  EXPECT_EQ(figures_of(compare_files(Names{dir / "a"}, three_models())), expected);
  const SplitDataset parts = split_dataset(made_dataset(), parse_split("last", 42));
  EXPECT_EQ(figures_of(compare(parts, three_models(), {.holdout = "none", .validation = true})), expected);
  const CompareOptions folds{.holdout = "folds:2"};
  EXPECT_EQ(figures_of(compare_files(Names{dir / "a"}, three_models(), folds)),
            figures_of(compare(made_dataset(), three_models(), folds)));
  Dataset smaller = made_dataset();
  std::erase_if(smaller.events, [](const Event& event) { return event.user >= 20; });
  smaller.name = "smaller";
  save_dataset(smaller, dir / "b");
  const CompareResult both = compare_files(Names{dir / "a", dir / "b"}, three_models());
  EXPECT_EQ(both.splits.size(), 2u);
  EXPECT_EQ(both.data_name, "smaller");
  for (const ModelResult& model : both.comparison.results) EXPECT_EQ(model.evaluation.users, kUsers + 20);
}

TEST(Compare, RefusesWhatLeavesNothingToCompare) {
  const auto usage = [](const std::vector<ModelSpec>& models, const CompareOptions& options) {
    return message_of(ErrorCode::kUsage, [&] { compare(made_dataset(), models, options); });
  };
  EXPECT_TRUE(contains(usage(three_models(), {.holdout = "none"}), "nothing to compare on"));
  EXPECT_TRUE(contains(usage({}, {}), "name models"));
  message_of(ErrorCode::kUsage, [] { compare_files(Names{}, three_models()); });
  const TempDir dir;
  save_dataset(made_dataset(), dir / "a");
  EXPECT_THROW(compare_files(Names{dir / "a", dir / "none"}, three_models()), Error);
  std::stop_source stop;
  stop.request_stop();
  message_of(ErrorCode::kCancelled,
             [&] { compare(made_dataset(), three_models(), {}, {.stop = stop.get_token()}); });
}

TEST(FindModels, ByNamesEachOnce) {
  const auto found = [](const Names& wanted) {
    Names all;
    for (const ModelSpec& spec : find_models(wanted)) all.emplace_back(spec.name());
    return all;
  };
  EXPECT_EQ(found({"als", "popularity", "als"}), (Names{"als", "popularity"}));
  EXPECT_EQ(found({"all"}).size(), models().size());
  const Names first = found({"ease", "all"});
  EXPECT_EQ(first.size(), models().size());
  EXPECT_EQ(first[0], "ease");
  EXPECT_EQ(found({"als", "popularity", "-als"}), (Names{"popularity"}));
  EXPECT_EQ(found({"all", "-deepconn"}).size(), models().size() - 1);
  EXPECT_TRUE(contains(message_of(ErrorCode::kNotFound,
                                  [&] {
                                    found({"als", "poplarity"});
                                  }),
                       "did you mean popularity"));
  message_of(ErrorCode::kUsage, [&] { found({}); });
}

}  // namespace
}  // namespace akin
