#include "akin/experiment/train.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/eval/evaluate.h"
#include "akin/experiment/made_dataset_for_test.h"
#include "akin/experiment/model_result.h"
#include "akin/models/implicit/als.h"

namespace akin {
namespace {

/// As configs.h has them, with other defaults.
struct QuickAls {
  static constexpr const char* kModel = "als";
  int factors = 4;
  int epochs = 5;
  bool report_loss = true;
  ParamValues values() const {
    return {{"factors", param_text(factors)},
            {"epochs", param_text(epochs)},
            {"report_loss", param_text(report_loss)}};
  }
};

ModelSpec quick_bpr(int epochs = 9) {
  return {"bpr", {{"factors", "4"}, {"epochs", std::to_string(epochs)}}};
}

constexpr std::size_t kUsers = 47;

TEST(Train, TypedAndNamedParametersGiveTheSameBits) {
  const ModelSpec named("als", {{"factors", "4"}, {"epochs", "5"}, {"report-loss", "true"}});
  const TrainResult first = train(made_dataset(), named, {}, {.threads = 1});
  const std::vector<float> expected = scores_of(first.bundle);
  EXPECT_EQ(first.bundle.params, named.all_params());
  for (const ModelSpec& typed :
       {ModelSpec(QuickAls{}), ModelSpec::of<Als>({.factors = 4, .epochs = 5, .report_loss = true})}) {
    const TrainResult result = train(made_dataset(), typed, {}, {.threads = 3});
    EXPECT_EQ(scores_of(result.bundle), expected);
    EXPECT_EQ(result.bundle.params, first.bundle.params);
    EXPECT_EQ(result.log.losses, first.log.losses);
  }
  EXPECT_NE(scores_of(train(made_dataset(), QuickAls{.epochs = 4}).bundle), expected);
  const TrainResult other_seed = train(made_dataset(), QuickAls{}, {}, {.seed = 1});
  EXPECT_NE(scores_of(other_seed.bundle), expected);
  EXPECT_EQ(other_seed.bundle.seed, 1u);
}

TEST(Train, TheLogHasLossesAndEpochs) {
  const TrainResult als = train(made_dataset(), QuickAls{});
  ASSERT_EQ(als.log.epochs(), 5);
  EXPECT_LT(als.log.losses.back(), als.log.losses.front());
  EXPECT_FALSE(als.history) << "nobody watched";
  EXPECT_GT(als.bundle.fit_seconds, 0);
  const TrainResult silent = train(made_dataset(), QuickAls{.report_loss = false});
  ASSERT_EQ(silent.log.epochs(), 5);
  EXPECT_TRUE(std::isnan(silent.log.losses.front()));
  EXPECT_EQ(train(made_dataset(), "item-knn").log.epochs(), 0);
}

TEST(Train, HoldsOutWhatIsAskedFor) {
  const std::size_t events = made_dataset().events.size();
  const Bundle last = train(made_dataset(), "popularity").bundle;
  EXPECT_EQ(last.split.holdout, Holdout::kLast);
  EXPECT_EQ(last.test.size(), kUsers);
  EXPECT_EQ(last.training_events().size(), events - kUsers);
  EXPECT_EQ(last.count(Subset::kValidation), 0u);
  const Bundle none = train(made_dataset(), "popularity", {.holdout = "none"}).bundle;
  EXPECT_TRUE(none.test.empty());
  EXPECT_EQ(none.training_events().size(), events);
  const Bundle validated = train(made_dataset(), "popularity", {.validation = true}).bundle;
  EXPECT_EQ(validated.test, last.test);
  EXPECT_EQ(validated.count(Subset::kValidation), kUsers);
  EXPECT_EQ(validated.training_events().size(), events - 2 * kUsers);
  const Bundle watched = train(made_dataset(), quick_bpr(), {.monitor = {.metric = "NDCG@5"}}).bundle;
  EXPECT_EQ(watched.count(Subset::kValidation), kUsers);
  Dataset given = made_dataset();
  for (std::size_t e = 3; e < given.events.size(); e += 11) given.events[e].subset = Subset::kTest;
  const std::vector<Event> test = events_of(given.events, Subset::kTest);
  const Bundle came_with_it = train(std::move(given), "popularity").bundle;
  EXPECT_EQ(came_with_it.split.holdout, Holdout::kGiven);
  EXPECT_EQ(came_with_it.test, test);
}

/// NDCG@5 of the bundle's model on its validation events, asked with what was trained on.
double on_validation(const Bundle& bundle) {
  const std::vector<Event> known = bundle.training_events();
  const std::vector<Event> validation = events_of(bundle.dataset.events, Subset::kValidation);
  return evaluate(*bundle.model, bundle.entry->traits, {bundle.dataset, known}, validation, {.cutoffs = {5}},
                  {})
      .value("NDCG@5");
}

TEST(Train, EarlyStoppingKeepsTheBestEpoch) {
  const TrainResult result =
      train(made_dataset(), quick_bpr(60), {.monitor = {.metric = "NDCG@5", .patience = 3}}, {.threads = 1});
  ASSERT_TRUE(result.history);
  const FitHistory& history = *result.history;
  EXPECT_TRUE(history.out_of_patience);
  EXPECT_LT(history.epochs, 60);
  EXPECT_EQ(history.metric, "NDCG@5");
  EXPECT_EQ(history.curve.size(), static_cast<std::size_t>(history.epochs));
  EXPECT_EQ(result.log.epochs(), history.epochs);
  ASSERT_NE(history.best(), nullptr);
  EXPECT_EQ(history.best()->epoch, history.epochs - 3);
  for (const CurvePoint& point : history.curve) EXPECT_LE(point.value, history.best()->value);
  EXPECT_GT(history.best()->value, history.curve.back().value);
  EXPECT_EQ(on_validation(result.bundle), history.best()->value);
}

TEST(Train, StopsAfterSoManyEpochs) {
  const TrainResult result = train(made_dataset(), quick_bpr(), {.monitor = {.stop_after = 4}});
  ASSERT_TRUE(result.history);
  EXPECT_EQ(result.history->epochs, 4);
  EXPECT_EQ(result.log.epochs(), 4);
  EXPECT_EQ(result.history->best(), nullptr) << "nothing was evaluated";
  EXPECT_EQ(result.bundle.params.at("epochs"), "9") << "as planned";
  EXPECT_NE(scores_of(result.bundle), scores_of(train(made_dataset(), quick_bpr()).bundle));
}

TEST(Train, FinalMeasuresAndThenFitsToAllEvents) {
  const TrainOptions options{.monitor = {.metric = "NDCG@5", .every = 1, .patience = 2}};
  const TrainResult measured = train(made_dataset(), quick_bpr(), options);
  TrainOptions final_options = options;
  final_options.final = true;
  const TrainResult result = train(made_dataset(), quick_bpr(), final_options);
  const Bundle& bundle = result.bundle;
  EXPECT_TRUE(bundle.test.empty());
  EXPECT_EQ(bundle.split.holdout, Holdout::kNone);
  EXPECT_EQ(bundle.training_events().size(), made_dataset().events.size());
  const int epochs = measured.history->best()->epoch;
  EXPECT_EQ(result.log.epochs(), epochs);
  EXPECT_EQ(result.history->curve.size(), measured.history->curve.size());
  const TrainOptions whole{.holdout = "none", .monitor = {.stop_after = epochs}};
  EXPECT_EQ(scores_of(bundle), scores_of(train(made_dataset(), quick_bpr(), whole).bundle));
  ASSERT_TRUE(bundle.measured);
  EXPECT_EQ(bundle.measured->holdout, "last");
  EXPECT_EQ(bundle.measured->epochs, epochs);
  EXPECT_EQ(bundle.measured->training_events, measured.bundle.training_events().size());
  const Evaluation expected = evaluate_bundle(measured.bundle).evaluation;
  const TempDir dir;
  save_bundle(bundle, dir / "b");
  const Evaluation kept = measured_result(load_bundle(dir / "b")).evaluation;
  EXPECT_EQ(kept.users, expected.users);
  EXPECT_EQ(kept.protocol, expected.protocol);
  EXPECT_EQ(kept.metrics.size(), expected.metrics.size());
  for (const char* name : {"NDCG@10", "HR@5", "coverage@20"})
    EXPECT_EQ(kept.value(name), expected.value(name));
  EXPECT_THROW(measured_result(measured.bundle), Error);
  EXPECT_THROW(train(made_dataset(), quick_bpr(), {.holdout = "none", .final = true}), Error);
}

TEST(Train, ResumedAfterACancelledFitItIsTheUninterruptedFit) {
  for (const bool watched : {false, true}) {
    const TempDir dir;
    TrainOptions options{.validation = true, .monitor = {.metric = watched ? "NDCG@5" : ""}};
    const TrainResult whole = train(made_dataset(), quick_bpr(), options, {.threads = 1});
    options.monitor.checkpoint = dir / "c";
    options.monitor.resume = true;
    std::stop_source stop;
    Remarks remarks;
    Context context = remarks.context();
    context.stop = stop.get_token();
    context.on_progress = [&](const Progress& progress) {
      if (progress.phase == "epoch" && progress.done == 6) stop.request_stop();
    };
    message_of(ErrorCode::kCancelled, [&] { train(made_dataset(), quick_bpr(), options, context); });
    EXPECT_TRUE(remarks.has("no checkpoint yet, starting from the beginning"));
    ASSERT_TRUE(std::filesystem::exists(dir / "c"));
    Remarks later;
    Context second = later.context();
    second.threads = 3;
    const TrainResult rest = train(made_dataset(), quick_bpr(), options, second);
    EXPECT_FALSE(later.has("no such checkpoint"));
    EXPECT_TRUE(later.has("resumed after epoch " + std::to_string(rest.history->resumed_at)));
    EXPECT_GE(rest.history->resumed_at, 5);
    EXPECT_LT(rest.history->resumed_at, 9);
    EXPECT_EQ(rest.history->epochs, 9);
    EXPECT_EQ(rest.log.epochs(), 9 - rest.history->resumed_at);
    EXPECT_EQ(rest.history->curve.size(), 9u) << "with the epochs before";
    EXPECT_EQ(scores_of(rest.bundle), scores_of(whole.bundle));
  }
}

TEST(Train, RemarksSizesAndMemory) {
  Remarks remarks;
  train(made_dataset(), QuickAls{}, {}, remarks.context());
  ASSERT_EQ(remarks.lines.size(), 1u);
  EXPECT_TRUE(remarks.lines[0].starts_with("als: 47 users, 28 items, 328 events; needs about "))
      << remarks.lines[0];
  EXPECT_TRUE(remarks.lines[0].ends_with(" of memory")) << remarks.lines[0];
  train(made_dataset(), "ease", {}, remarks.context());
  EXPECT_TRUE(remarks.lines[1].ends_with(" plus the memory for pairs of items")) << remarks.lines[1];
  const Dataset dataset = made_dataset();
  const double none = training_memory(dataset, "popularity");
  EXPECT_GE(none, static_cast<double>(dataset.events.size() * sizeof(Event)));
  const double four = training_memory(dataset, QuickAls{}) - none;
  EXPECT_GE(four, (47.0 + 28.0) * 4 * sizeof(float));
  EXPECT_DOUBLE_EQ(training_memory(dataset, QuickAls{.factors = 8}) - none, 2 * four);
  EXPECT_DOUBLE_EQ(training_memory(dataset, "mult-vae"), none) << "the net says its own";
}

TEST(Train, EachOfSeveralRanksNeedsMemoryForItsUsers) {
  Dataset data = made_dataset();  // 47 users, 28 items
  const double row = 8 * 2 * sizeof(float);
  const auto vectors = [&](const ModelSpec& model) {
    return training_memory(data, model) - training_memory(data, "popularity");
  };
  const ParamValues eight = {{"factors", "8"}};
  const double whole = vectors({"bpr", eight});
  EXPECT_DOUBLE_EQ(whole, (47 + 28) * row);
  data.user_bounds = {0, 20, 47};
  EXPECT_DOUBLE_EQ(vectors({"bpr", eight}), (27 + 28) * row);
  EXPECT_DOUBLE_EQ(vectors({"als", eight}), (27 + 28) * row + 47 * row) << "and what it fetches and sends";
  EXPECT_DOUBLE_EQ(vectors({"gmf", eight}), (47 + 28) * row) << "has all users";
}

TEST(Train, BeginsWithTheVectorsOfItems) {
  const TempDir dir;
  const Dataset dataset = made_dataset();
  std::string csv = "id,d0,d1,d2,d3\nunknown,1,1,1,1\n";
  for (idx_t i = 1; i < dataset.n_items(); ++i)
    csv += fmt::format("{},{},0.5,-0.25,{}\n", dataset.items.id(i), i, 0.125 * i);
  write_file(dir / "v.csv", csv);
  Remarks remarks;
  const Bundle bundle =
      train(made_dataset(), QuickAls{.epochs = 0}, {.init_items = dir / "v.csv"}, remarks.context()).bundle;
  const Matrix vectors = item_embedding(bundle);
  for (idx_t i = 1; i < dataset.n_items(); ++i) {
    const auto number = static_cast<float>(i);
    EXPECT_EQ(std::vector(vectors[i].begin(), vectors[i].end()),
              (std::vector<float>{number, 0.5f, -0.25f, 0.125f * number}));
  }
  EXPECT_TRUE(remarks.has("v.csv: vectors of 27 of 28 items, and 1 of items that are not in the data"));
  message_of(ErrorCode::kUsage, [&] {  // of another length
    train(made_dataset(), QuickAls{.factors = 5}, {.init_items = dir / "v.csv"});
  });
  write_file(dir / "w.csv", "id,d0,d1,d2,d3\nunknown,1,1,1,1\n");
  message_of(ErrorCode::kBadData, [&] { train(made_dataset(), QuickAls{}, {.init_items = dir / "w.csv"}); });
}

TEST(Train, RefusesWhatDoesNotSuitTheModel) {
  const auto usage = [](const ModelSpec& model, const TrainOptions& options) {
    return message_of(ErrorCode::kUsage, [&] { train(made_dataset(), model, options); });
  };
  EXPECT_TRUE(
      contains(usage("item-knn", {.monitor = {.metric = "NDCG@5"}}), "item-knn is not trained in epochs"));
  EXPECT_TRUE(contains(usage("ease", {.monitor = {.checkpoint = "c"}}), "no checkpoints"));
  EXPECT_TRUE(contains(usage(quick_bpr(), {.monitor = {.resume = true}}), "name the checkpoint"));
  EXPECT_TRUE(contains(usage("popularity", {.init_items = "v.csv"}), "cannot start from item vectors"));
  EXPECT_TRUE(contains(usage(quick_bpr(), {.monitor = {.metric = "NDGC@10"}}), "did you mean NDCG@10"));
  EXPECT_TRUE(contains(usage(quick_bpr(), {.monitor = {.metric = "NDCG@5", .every = 0}}), "every"));
  EXPECT_TRUE(contains(usage("popularity", {.holdout = "lats"}), "did you mean last"));
  usage("popularity", {.holdout = "none", .validation = true});
  message_of(ErrorCode::kBadData, [] { train(made_dataset(), "popularity", {.holdout = "given"}); });
}

TEST(Train, RefusesNumbersOfThreadsThatMeanNothing) {
  for (const int threads : {-5, 1 << 30}) {
    for (const char* const model : {"popularity", "item-knn", "als", "bpr"}) {
      try {
        train(made_dataset(), ModelSpec(model), {}, {.threads = threads});
        ADD_FAILURE() << model << " with " << threads;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
      }
    }
  }
}

TEST(Train, StopsOnRequest) {
  std::stop_source stop;
  stop.request_stop();
  message_of(ErrorCode::kCancelled,
             [&] { train(made_dataset(), quick_bpr(), {}, {.stop = stop.get_token()}); });
}

// Row 16 of the tutorial: one-hot, pretrained and learned embeddings.
TEST(Train, ThreeKindsOfEmbeddingAgreeWhereTheirTablesDo) {
  const TempDir dir;
  for (const char* const name : {"gmf", "mlp", "neumf", "rating-dot", "rating-mlp"}) {
    SCOPED_TRACE(name);
    const auto bundle_of = [&](const char* epochs, const std::string& embedding) {
      return train(made_dataset(), {name, {{"epochs", epochs}}}, {.embedding = embedding}).bundle;
    };
    const Bundle learned = bundle_of("0", "learned");
    save_bundle(learned, dir / "table");
    EXPECT_EQ(scores_of(bundle_of("0", "pretrained=" + (dir / "table"))), scores_of(learned));
    EXPECT_EQ(scores_of(bundle_of("0", "one-hot")), scores_of(learned));
    const std::vector<float> trained = scores_of(bundle_of("2", "learned"));
    EXPECT_EQ(scores_of(bundle_of("2", "one-hot")), trained) << "the gradients are the same too";
    EXPECT_NE(trained, scores_of(learned));

    const Bundle frozen = bundle_of("2", "pretrained=" + (dir / "table") + ",freeze");
    const Matrix before = item_embedding(learned), after = item_embedding(frozen);
    for (std::size_t i = 0; i < before.rows(); ++i) {
      const bool trained_on = !is_zero(after[i]);  // others are unknown to the model
      EXPECT_TRUE(!trained_on || std::ranges::equal(after[i], before[i])) << i;
    }
    EXPECT_NE(scores_of(frozen), scores_of(learned)) << "users and layers are trained";
    EXPECT_EQ(frozen.params.at("freeze_items"), "true");
  }
}

TEST(Train, RefusesEmbeddingsThatDoNotSuitTheModel) {
  const auto usage = [](const ModelSpec& model, const TrainOptions& options) {
    return message_of(ErrorCode::kUsage, [&] { train(made_dataset(), model, options); });
  };
  EXPECT_TRUE(contains(usage("als", {.embedding = "one-hot"}), "not a net"));
  EXPECT_TRUE(contains(usage("gmf", {.embedding = "pretrained"}), "pretrained=FILE"));
  EXPECT_TRUE(contains(usage("gmf", {.embedding = "items:one-hot"}), "expected learned, one-hot"));
  EXPECT_TRUE(contains(usage({"gmf", {{"lazy", "true"}}}, {.embedding = "one-hot"}), "without lazy"));
  EXPECT_TRUE(contains(usage("gmf", {.init_items = "a", .embedding = "pretrained=b"}), "one of them"));
  EXPECT_TRUE(contains(usage({"gmf", {{"freeze_items", "true"}}}, {}), "--init-items"));
}

}  // namespace
}  // namespace akin
