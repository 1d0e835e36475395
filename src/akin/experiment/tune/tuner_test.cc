#include "akin/experiment/tune/tuner.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "akin/base/error_for_test.h"
#include "akin/base/io.h"
#include "akin/base/rank_threads_for_test.h"
#include "akin/base/temp_dir.h"

namespace akin {
namespace {

/// A data set of two kinds of users and items, cut in two.
struct TinyDataset {
  Dataset data;
  std::vector<Event> validation;

  TinyDataset() {
    for (idx_t u = 0; u < 53; ++u) data.users.add("u" + std::to_string(u));
    for (idx_t i = 0; i < 31; ++i) data.items.add("i" + std::to_string(i));
    for (idx_t u = 0; u < 53; ++u) {
      for (idx_t step = 0; step < 7; ++step) {
        const idx_t item = (u % 2 + 2 * ((u / 2 + step * (1 + u % 3)) % 15)) % 31;
        const Event event{
            .user = u, .item = item, .value = static_cast<float>(1 + (u + item) % 5), .time = step};
        (step == 6 ? validation : data.events).push_back(event);
      }
    }
  }
  TuneTask task(std::string_view model, const ParamValues& fixed = {},
                const std::vector<std::string>& ranges = {}) const {
    const ModelEntry& entry = find_model(model);
    return {entry, SearchSpace(entry, fixed, ranges), {data, data.events}, validation, data.events};
  }
};

const ParamValues kQuickBpr = {{"factors", "4"}, {"epochs", "19"}};

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

class TunerTest : public testing::TestWithParam<bool> {
 protected:
  TuneOptions options(const std::string& name, int parallel = 1) const {
    return {
        .trials = 11, .halving = GetParam(), .metric = "NDCG@5", .parallel = parallel, .log = dir_ / name};
  }
  TempDir dir_;
  TinyDataset dataset_;
};

TEST_P(TunerTest, SameResultHoweverItIsRun) {
  const TuneTask task = dataset_.task("bpr", kQuickBpr);
  const TuneResult first = tune_task(task, options("a"), {.threads = 1});
  ASSERT_EQ(first.trials.size(), 11u);
  EXPECT_EQ(first.found, 0u);
  EXPECT_EQ(outcome(tune_task(task, options("b", 3), {.threads = 3})), outcome(first));
  EXPECT_NE(outcome(tune_task(task, options("c"), {.seed = 43, .threads = 1})), outcome(first));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "a.states"));
  for (std::size_t i = 1; i < first.trials.size(); ++i)
    EXPECT_GE(first.trials[0].value, first.trials[i].value);
  EXPECT_TRUE(std::ranges::any_of(first.trials, [](const Trial& trial) { return trial.number == 0; }));
}

TEST_P(TunerTest, GoesOnFromAnyPrefixOfItsLog) {
  const TuneTask task = dataset_.task("bpr", kQuickBpr);
  const TuneResult whole = tune_task(task, options("a"), {.threads = 1});
  const std::string log = read_file(dir_ / "a");
  for (std::size_t cut = log.find('\n') + 1; cut <= log.size(); cut += 611) {
    write_file(dir_ / "b", log.substr(0, cut));
    const TuneResult rest = tune_task(task, options("b"), {.threads = 1});
    EXPECT_EQ(outcome(rest), outcome(whole)) << "cut at " << cut;
    const std::string kept = log.substr(0, cut);
    EXPECT_EQ(rest.found, static_cast<std::size_t>(std::ranges::count(kept, '\n') - 1));
  }
}

TEST_P(TunerTest, SameResultOnAnyNumberOfRanks) {
  const TuneTask task = dataset_.task("bpr", kQuickBpr);
  const TuneResult whole = tune_task(task, options("a"), {.threads = 1});
  const std::string log = read_file(dir_ / "a");
  const std::string half = log.substr(0, log.find('\n', log.size() / 2) + 1);
  for (const int size : {2, 3}) {
    for (const std::string& begun : {std::string(), half}) {
      if (begun.empty())
        std::filesystem::remove(dir_ / "b");
      else
        write_file(dir_ / "b", begun);
      on_ranks(size, [&](const Communicator& ranks) {
        const TuneResult shared =
            tune_task(task, options("b", size - 1), {.threads = 1, .communicator = &ranks});
        EXPECT_EQ(outcome(shared), outcome(whole)) << size;
        EXPECT_EQ(shared.found, begun.empty() ? 0 : std::ranges::count(begun, '\n') - 1);
      });
      EXPECT_EQ(std::ranges::count(read_file(dir_ / "b"), '\n'), std::ranges::count(log, '\n'));
      EXPECT_FALSE(std::filesystem::exists(dir_ / "b.states"));
      const TuneResult again = tune_task(task, options("b"), {.threads = 1});
      EXPECT_EQ(outcome(again), outcome(whole)) << "from the log";
      EXPECT_EQ(again.found + 1, static_cast<std::size_t>(std::ranges::count(log, '\n')));
    }
  }
}

TEST_P(TunerTest, CancelledAndRunAgain) {
  const TuneTask task = dataset_.task("bpr", kQuickBpr);
  const TuneResult whole = tune_task(task, options("a"), {.threads = 1});
  for (const int after : {1, 4, 9}) {
    const std::string name = std::to_string(after);
    std::stop_source stop;
    Context context{.threads = 1, .stop = stop.get_token()};
    context.on_progress = [&](const Progress& progress) {
      if (progress.done == static_cast<std::uint64_t>(after)) stop.request_stop();
    };
    message_of(ErrorCode::kCancelled, [&] { tune_task(task, options(name), context); });
    const TuneResult rest = tune_task(task, options(name), {.threads = 1});
    EXPECT_EQ(rest.found, static_cast<std::size_t>(after));
    EXPECT_EQ(outcome(rest), outcome(whole));
  }
}

TEST_P(TunerTest, RefusesTheLogOfAnotherSearch) {
  tune_task(dataset_.task("bpr", kQuickBpr), options("a"), {});
  const auto refusal = [&](const TuneTask& task, const TuneOptions& how, std::uint64_t seed) {
    return message_of(ErrorCode::kBadData, [&] { tune_task(task, how, {.seed = seed}); });
  };
  EXPECT_NE(refusal(dataset_.task("als"), options("a"), 42).find("model = bpr, not als"), std::string::npos);
  EXPECT_NE(refusal(dataset_.task("bpr", kQuickBpr), options("a"), 1).find("seed = 42, not 1"),
            std::string::npos);
  EXPECT_FALSE(refusal(dataset_.task("bpr", kQuickBpr, {"negatives=1:3"}), options("a"), 42).empty());
  TuneOptions other = options("a");
  other.halving = !other.halving;
  EXPECT_NE(refusal(dataset_.task("bpr", kQuickBpr), other, 42).find("search = "), std::string::npos);
  TinyDataset changed;
  changed.data.events[5].value = 9;
  EXPECT_NE(refusal(changed.task("bpr", kQuickBpr), options("a"), 42).find("training events"),
            std::string::npos);
  write_file(dir_ / "b", "something else\n");
  EXPECT_NE(refusal(dataset_.task("bpr", kQuickBpr), options("b"), 42).find("not a file of trials"),
            std::string::npos);
}

TEST_P(TunerTest, FailedTrialsAreCounted) {
  const TuneTask task = dataset_.task("mf-sgd", {{"factors", "4"}, {"epochs", "31"}, {"regularization", "0"}},
                                      {"learning_rate=0.01:10", "learning_rate_decay=0.99:1"});
  TuneOptions how = options("a");
  how.metric = "RMSE";
  how.trials = 13;
  const TuneResult result = tune_task(task, how, {.threads = 1});
  EXPECT_GT(result.failures(), 0u);
  EXPECT_LT(result.failures(), 13u);
  EXPECT_FALSE(result.trials.front().failed());
  EXPECT_TRUE(result.trials.back().failed());
  EXPECT_EQ(outcome(tune_task(task, how, {.threads = 1})), outcome(result)) << "from the log";
}

INSTANTIATE_TEST_SUITE_P(Search, TunerTest, testing::Bool(),
                         [](const auto& test) { return std::string(test.param ? "halving" : "random"); });

TEST(Tuner, ModelsWithoutPassesAreSearchedAtRandom) {
  const TempDir dir;
  const TinyDataset dataset;
  const TuneResult result =
      tune_task(dataset.task("item-knn"), {.trials = 7, .halving = true, .log = dir / "log"}, {.threads = 1});
  ASSERT_EQ(result.trials.size(), 7u);
  for (const Trial& trial : result.trials) {
    EXPECT_EQ(trial.budget, 0);
    EXPECT_EQ(trial.best_epoch, 0);
  }
}

TEST(Tuner, BestConfigurationTrainsTheModelFound) {
  const Trial trial{.params = {{"factors", "8"}}, .value = 1, .best_epoch = 7, .epochs = 12};
  const BestConfiguration als = best_configuration(find_model("als"), trial);
  EXPECT_EQ(als.params.at("epochs"), "7");
  EXPECT_EQ(als.params.at("factors"), "8");
  EXPECT_EQ(als.stop_after, 0);
  const BestConfiguration bpr = best_configuration(find_model("bpr"), trial);
  EXPECT_EQ(bpr.params.at("epochs"), "60") << "its steps shrink over the epochs planned";
  EXPECT_EQ(bpr.stop_after, 7);
  EXPECT_EQ(
      best_configuration(find_model("item-knn"), {.params = {{"neighbors", "9"}}}).params.at("neighbors"),
      "9");
}

TEST(Tuner, RefusesWrongOptions) {
  const TempDir dir;
  const TinyDataset dataset;
  const auto refusal = [&](const TuneTask& task, TuneOptions how) {
    how.log = dir / "log";
    return message_of(ErrorCode::kUsage, [&] { tune_task(task, how, {}); });
  };
  EXPECT_NE(refusal(dataset.task("bpr"), {.trials = 0}).find("trials"), std::string::npos);
  EXPECT_NE(refusal(dataset.task("bpr"), {.halving = true, .eta = 1}).find("eta"), std::string::npos);
  EXPECT_NE(refusal(dataset.task("bpr"), {.metric = "NDGC@10"}).find("did you mean NDCG@10"),
            std::string::npos);
  EXPECT_NE(refusal(dataset.task("bpr", {}, {"epochs=5:50"}), {.halving = true}).find("epochs"),
            std::string::npos);
  EXPECT_NE(refusal(dataset.task("bpr", {{"epochs", "0"}}), {.halving = true}).find("epochs"),
            std::string::npos);
}

}  // namespace
}  // namespace akin
