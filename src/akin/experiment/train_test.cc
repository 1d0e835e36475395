#include "akin/experiment/train.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/eval/evaluate.h"
#include "akin/experiment/made_shop_for_test.h"
#include "akin/models/implicit/als.h"

namespace akin {
namespace {

/// As configs.h has them, with other defaults.
struct QuickAls {
  static constexpr const char* kModel = "als";
  int factors = 4;
  int iterations = 5;
  bool report_loss = true;
  ParamValues values() const {
    return {{"factors", param_text(factors)},
            {"iterations", param_text(iterations)},
            {"report_loss", param_text(report_loss)}};
  }
};

ModelSpec quick_bpr(int epochs = 9) {
  return {"bpr", {{"factors", "4"}, {"epochs", std::to_string(epochs)}}};
}

constexpr std::size_t kUsers = 47;

TEST(Train, TypedAndNamedParametersGiveTheSameBits) {
  const ModelSpec named("als", {{"factors", "4"}, {"iterations", "5"}, {"report-loss", "true"}});
  const TrainResult first = train(made_shop(), named, {}, {.threads = 1});
  const std::vector<float> expected = scores_of(first.bundle);
  EXPECT_EQ(first.bundle.params, named.all_params());
  for (const ModelSpec& typed :
       {ModelSpec(QuickAls{}), ModelSpec::of<Als>({.factors = 4, .iterations = 5, .report_loss = true})}) {
    const TrainResult result = train(made_shop(), typed, {}, {.threads = 3});
    EXPECT_EQ(scores_of(result.bundle), expected);
    EXPECT_EQ(result.bundle.params, first.bundle.params);
    EXPECT_EQ(result.log.losses, first.log.losses);
  }
  EXPECT_NE(scores_of(train(made_shop(), QuickAls{.iterations = 4}).bundle), expected);
  const TrainResult other_seed = train(made_shop(), QuickAls{}, {}, {.seed = 1});
  EXPECT_NE(scores_of(other_seed.bundle), expected);
  EXPECT_EQ(other_seed.bundle.seed, 1u);
}

TEST(Train, TheLogHasLossesAndPasses) {
  const TrainResult als = train(made_shop(), QuickAls{});
  ASSERT_EQ(als.log.passes(), 5);
  EXPECT_LT(als.log.losses.back(), als.log.losses.front());
  EXPECT_FALSE(als.history) << "nobody watched";
  EXPECT_GT(als.bundle.fit_seconds, 0);
  const TrainResult silent = train(made_shop(), QuickAls{.report_loss = false});
  ASSERT_EQ(silent.log.passes(), 5);
  EXPECT_TRUE(std::isnan(silent.log.losses.front()));
  EXPECT_EQ(train(made_shop(), "item-knn").log.passes(), 0);
}

TEST(Train, HoldsOutWhatIsAskedFor) {
  const std::size_t events = made_shop().events.size();
  const Bundle last = train(made_shop(), "popularity").bundle;
  EXPECT_EQ(last.split.holdout, Holdout::kLast);
  EXPECT_EQ(last.test.size(), kUsers);
  EXPECT_EQ(last.training_events().size(), events - kUsers);
  EXPECT_EQ(last.count(Part::kValidation), 0u);
  const Bundle none = train(made_shop(), "popularity", {.holdout = "none"}).bundle;
  EXPECT_TRUE(none.test.empty());
  EXPECT_EQ(none.training_events().size(), events);
  const Bundle validated = train(made_shop(), "popularity", {.validation = true}).bundle;
  EXPECT_EQ(validated.test, last.test);
  EXPECT_EQ(validated.count(Part::kValidation), kUsers);
  EXPECT_EQ(validated.training_events().size(), events - 2 * kUsers);
  const Bundle watched = train(made_shop(), quick_bpr(), {.monitor = {.metric = "NDCG@5"}}).bundle;
  EXPECT_EQ(watched.count(Part::kValidation), kUsers);
  Dataset given = made_shop();
  for (std::size_t e = 3; e < given.events.size(); e += 11) given.events[e].part = Part::kTest;
  const std::vector<Event> test = events_of(given.events, Part::kTest);
  const Bundle came_with_it = train(std::move(given), "popularity").bundle;
  EXPECT_EQ(came_with_it.split.holdout, Holdout::kGiven);
  EXPECT_EQ(came_with_it.test, test);
}

/// NDCG@5 of the bundle's model on its validation events, asked with what was trained on.
double on_validation(const Bundle& bundle) {
  const std::vector<Event> known = bundle.training_events();
  const std::vector<Event> validation = events_of(bundle.shop.events, Part::kValidation);
  return evaluate(*bundle.model, bundle.entry->traits, {bundle.shop, known}, validation, {.cutoffs = {5}}, {})
      .value("NDCG@5");
}

TEST(Train, EarlyStoppingKeepsTheBestPass) {
  const TrainResult result =
      train(made_shop(), quick_bpr(60), {.monitor = {.metric = "NDCG@5", .patience = 3}}, {.threads = 1});
  ASSERT_TRUE(result.history);
  const FitHistory& history = *result.history;
  EXPECT_TRUE(history.out_of_patience);
  EXPECT_LT(history.passes, 60);
  EXPECT_EQ(history.metric, "NDCG@5");
  EXPECT_EQ(history.curve.size(), static_cast<std::size_t>(history.passes));
  EXPECT_EQ(result.log.passes(), history.passes);
  ASSERT_NE(history.best(), nullptr);
  EXPECT_EQ(history.best()->pass, history.passes - 3);
  for (const CurvePoint& point : history.curve) EXPECT_LE(point.value, history.best()->value);
  EXPECT_GT(history.best()->value, history.curve.back().value);
  EXPECT_EQ(on_validation(result.bundle), history.best()->value);
}

TEST(Train, StopsAfterSoManyPasses) {
  const TrainResult result = train(made_shop(), quick_bpr(), {.monitor = {.stop_after = 4}});
  ASSERT_TRUE(result.history);
  EXPECT_EQ(result.history->passes, 4);
  EXPECT_EQ(result.log.passes(), 4);
  EXPECT_EQ(result.history->best(), nullptr) << "nothing was evaluated";
  EXPECT_EQ(result.bundle.params.at("epochs"), "9") << "as planned";
  EXPECT_NE(scores_of(result.bundle), scores_of(train(made_shop(), quick_bpr()).bundle));
}

TEST(Train, ResumedAfterACancelledFitItIsTheUninterruptedFit) {
  for (const bool watched : {false, true}) {
    const TempDir dir;
    TrainOptions options{.validation = true, .monitor = {.metric = watched ? "NDCG@5" : ""}};
    const TrainResult whole = train(made_shop(), quick_bpr(), options, {.threads = 1});
    options.monitor.checkpoint = dir / "c";
    options.monitor.resume = true;
    std::stop_source stop;
    Remarks remarks;
    Context context = remarks.context();
    context.stop = stop.get_token();
    context.on_progress = [&](const Progress& progress) {
      if (progress.phase == "epoch" && progress.done == 6) stop.request_stop();
    };
    message_of(ErrorCode::kCancelled, [&] { train(made_shop(), quick_bpr(), options, context); });
    EXPECT_TRUE(remarks.has("no such checkpoint yet, starting anew"));
    ASSERT_TRUE(std::filesystem::exists(dir / "c"));
    Remarks later;
    Context second = later.context();
    second.threads = 3;
    const TrainResult rest = train(made_shop(), quick_bpr(), options, second);
    EXPECT_FALSE(later.has("no such checkpoint"));
    EXPECT_TRUE(later.has("resumed after pass " + std::to_string(rest.history->resumed_at)));
    EXPECT_GE(rest.history->resumed_at, 5);
    EXPECT_LT(rest.history->resumed_at, 9);
    EXPECT_EQ(rest.history->passes, 9);
    EXPECT_EQ(rest.log.passes(), 9 - rest.history->resumed_at);
    EXPECT_EQ(rest.history->curve.size(), 9u) << "with the passes before";
    EXPECT_EQ(scores_of(rest.bundle), scores_of(whole.bundle));
  }
}

TEST(Train, RemarksSizesAndMemory) {
  Remarks remarks;
  train(made_shop(), QuickAls{}, {}, remarks.context());
  ASSERT_EQ(remarks.lines.size(), 1u);
  EXPECT_TRUE(remarks.lines[0].starts_with("als: 47 users, 28 items, 328 events; needs about "))
      << remarks.lines[0];
  EXPECT_TRUE(remarks.lines[0].ends_with(" of memory")) << remarks.lines[0];
  train(made_shop(), "ease", {}, remarks.context());
  EXPECT_TRUE(remarks.lines[1].ends_with(" beside what pairs of items take")) << remarks.lines[1];
  const Dataset shop = made_shop();
  const double none = training_memory(shop, "popularity");
  EXPECT_GE(none, static_cast<double>(shop.events.size() * sizeof(Event)));
  const double four = training_memory(shop, QuickAls{}) - none;
  EXPECT_GE(four, (47.0 + 28.0) * 4 * sizeof(float));
  EXPECT_DOUBLE_EQ(training_memory(shop, QuickAls{.factors = 8}) - none, 2 * four);
}

TEST(Train, BeginsWithTheVectorsOfItems) {
  const TempDir dir;
  const Dataset shop = made_shop();
  std::string csv = "id,d0,d1,d2,d3\nunknown,1,1,1,1\n";
  for (idx_t i = 1; i < shop.n_items(); ++i)
    csv += fmt::format("{},{},0.5,-0.25,{}\n", shop.items.id(i), i, 0.125 * i);
  write_file(dir / "v.csv", csv);
  Remarks remarks;
  const Bundle bundle =
      train(made_shop(), QuickAls{.iterations = 0}, {.init_items = dir / "v.csv"}, remarks.context()).bundle;
  const Matrix vectors = item_embedding(bundle);
  for (idx_t i = 1; i < shop.n_items(); ++i) {
    const auto number = static_cast<float>(i);
    EXPECT_EQ(std::vector(vectors[i].begin(), vectors[i].end()),
              (std::vector<float>{number, 0.5f, -0.25f, 0.125f * number}));
  }
  EXPECT_TRUE(remarks.has("v.csv: vectors of 27 of 28 items, and 1 of items that are not in the data"));
  message_of(ErrorCode::kUsage, [&] {  // of another length
    train(made_shop(), QuickAls{.factors = 5}, {.init_items = dir / "v.csv"});
  });
  write_file(dir / "w.csv", "id,d0,d1,d2,d3\nunknown,1,1,1,1\n");
  message_of(ErrorCode::kBadData, [&] { train(made_shop(), QuickAls{}, {.init_items = dir / "w.csv"}); });
}

TEST(Train, RefusesWhatDoesNotSuitTheModel) {
  const auto usage = [](const ModelSpec& model, const TrainOptions& options) {
    return message_of(ErrorCode::kUsage, [&] { train(made_shop(), model, options); });
  };
  EXPECT_TRUE(
      contains(usage("item-knn", {.monitor = {.metric = "NDCG@5"}}), "item-knn is not fitted in passes"));
  EXPECT_TRUE(contains(usage("ease", {.monitor = {.checkpoint = "c"}}), "no checkpoints"));
  EXPECT_TRUE(contains(usage(quick_bpr(), {.monitor = {.resume = true}}), "name the checkpoint"));
  EXPECT_TRUE(contains(usage("popularity", {.init_items = "v.csv"}), "does not begin with vectors of items"));
  EXPECT_TRUE(contains(usage(quick_bpr(), {.monitor = {.metric = "NDGC@10"}}), "did you mean NDCG@10"));
  EXPECT_TRUE(contains(usage(quick_bpr(), {.monitor = {.metric = "NDCG@5", .every = 0}}), "every"));
  EXPECT_TRUE(contains(usage("popularity", {.holdout = "lats"}), "did you mean last"));
  usage("popularity", {.holdout = "none", .validation = true});
  message_of(ErrorCode::kBadData, [] { train(made_shop(), "popularity", {.holdout = "given"}); });
}

TEST(Train, StopsOnRequest) {
  std::stop_source stop;
  stop.request_stop();
  message_of(ErrorCode::kCancelled, [&] { train(made_shop(), quick_bpr(), {}, {.stop = stop.get_token()}); });
}

}  // namespace
}  // namespace akin
