#include "akin/experiment/tune/search.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include "akin/base/error.h"
#include "akin/base/rank_threads_for_test.h"

namespace akin {
namespace {

/// Trial t is worth 100 - |t - 17|, and gains one an epoch; 5 and 18 fail.
Trial fake(int number, int budget) {
  Trial trial{.number = number, .budget = budget};
  trial.value = 100 - std::abs(number - 17) + (budget == 0 ? 81 : budget);
  trial.epochs = budget;
  if (number == 5 || number == 18) trial.failure = "diverged";
  return trial;
}

TEST(HalvingPlan, SharesOutTheEpochs) {
  EXPECT_EQ(halving_plan(27, 27, 3), (std::vector<Rung>{{1, 27}, {3, 9}, {9, 3}, {27, 1}}));
  EXPECT_EQ(halving_plan(30, 60, 3), (std::vector<Rung>{{2, 30}, {6, 10}, {20, 3}, {60, 1}}));
  EXPECT_EQ(halving_plan(100, 7, 2), (std::vector<Rung>{{1, 100}, {3, 50}, {7, 25}}));
  EXPECT_EQ(halving_plan(1, 50, 3), (std::vector<Rung>{{50, 1}}));
  EXPECT_EQ(halving_plan(2, 50, 3), (std::vector<Rung>{{50, 2}}));
  EXPECT_EQ(halving_plan(50, 1, 3), (std::vector<Rung>{{1, 50}}));
}

TEST(SuccessiveHalving, TheBestGoOn) {
  for (const int parallel : {1, 3}) {
    std::mutex mutex;
    std::map<int, std::set<int>> run;  // trials by budget
    const auto record = [&](int number, int budget) {
      const std::scoped_lock lock(mutex);
      EXPECT_TRUE(run[budget].insert(number).second) << "run twice";
      return fake(number, budget);
    };
    const std::vector<Trial> results =
        successive_halving(halving_plan(29, 27, 3), Better::kHigher, parallel, {}, {record});
    EXPECT_EQ(run.at(1).size(), 29u);
    EXPECT_EQ(run.at(3), (std::set<int>{12, 13, 14, 15, 16, 17, 19, 20, 21}));  // 18 failed
    EXPECT_EQ(run.at(9), (std::set<int>{15, 16, 17}));  // 15 and 19 are equal: the lower number
    EXPECT_EQ(run.at(27), (std::set<int>{17}));
    ASSERT_EQ(results.size(), 29u);
    EXPECT_EQ(results[17].budget, 27);
    EXPECT_EQ(results[16].budget, 9);
    EXPECT_EQ(results[0].budget, 1);
    EXPECT_TRUE(results[18].failed());
  }
}

TEST(SuccessiveHalving, LowerCanBeBetter) {
  const auto error = [](int number, int budget) {
    Trial trial = fake(number, budget);
    trial.value = -trial.value;
    return trial;
  };
  const auto results = successive_halving(halving_plan(29, 27, 3), Better::kLower, 2, {}, {error});
  EXPECT_EQ(results[17].budget, 27);
}

TEST(SuccessiveHalving, SurvivesWhereAllFail) {
  const auto failing = [](int number, int budget) {
    Trial trial = fake(number, budget);
    trial.failure = "diverged";
    return trial;
  };
  const auto results = successive_halving(halving_plan(11, 9, 3), Better::kHigher, 2, {}, {failing});
  EXPECT_EQ(results.size(), 11u);
  for (const Trial& trial : results) EXPECT_EQ(trial.budget, 1);
}

TEST(RandomSearch, RunsEveryTrialOnceAndCountsThem) {
  for (const int parallel : {1, 4}) {
    std::vector<std::atomic<int>> runs(13);
    std::uint64_t last = 0;
    Context context;
    context.on_progress = [&](const Progress& progress) {
      EXPECT_EQ(progress.done, last + 1);
      EXPECT_EQ(progress.total, 13u);
      last = progress.done;
    };
    const auto results = random_search(13, parallel, context, {[&](int number, int budget) {
                                         EXPECT_EQ(budget, 0);
                                         ++runs[static_cast<std::size_t>(number)];
                                         return fake(number, budget);
                                       }});
    for (int t = 0; t < 13; ++t) {
      EXPECT_EQ(runs[static_cast<std::size_t>(t)], 1);
      EXPECT_EQ(results[static_cast<std::size_t>(t)].number, t);
    }
    EXPECT_EQ(last, 13u);
  }
}

TEST(RandomSearch, StopsOnRequestAndPassesErrorsOn) {
  std::stop_source stop;
  int runs = 0;
  const auto stopping = [&](int number, int budget) {
    if (++runs == 3) stop.request_stop();
    return fake(number, budget);
  };
  EXPECT_THROW(random_search(13, 1, {.stop = stop.get_token()}, {stopping}), Error);
  EXPECT_EQ(runs, 3);
  const auto failing = [](int, int) -> Trial { fail(ErrorCode::kIo, "disk full"); };
  EXPECT_THROW(random_search(3, 2, {}, {failing}), Error);
}

TEST(SearchOverRanks, EachTrialIsRunByOneAndKnownToAll) {
  for (const int parallel : {1, 2}) {
    std::mutex mutex;
    std::map<int, std::map<int, int>> runner_of;  // by budget and trial
    const auto plan = halving_plan(29, 27, 3);
    const std::vector<Trial> alone = successive_halving(plan, Better::kHigher, 1, {}, {fake});
    on_ranks(3, [&](const Communicator& ranks) {
      std::set<std::pair<int, int>> kept;
      std::uint64_t done = 0;
      Context context{.communicator = &ranks};
      context.on_progress = [&](const Progress& progress) {
        EXPECT_GE(progress.done, done);
        EXPECT_EQ(progress.total, 42u);
        done = progress.done;
      };
      const TrialRunner runner{
          [&](int number, int budget) {
            const std::scoped_lock lock(mutex);
            EXPECT_TRUE(runner_of[budget].emplace(number, ranks.rank()).second) << "run twice";
            return fake(number, budget);
          },
          [&](const Trial& trial) { EXPECT_TRUE(kept.emplace(trial.number, trial.budget).second); }};
      const auto results = successive_halving(plan, Better::kHigher, parallel, context, runner);
      EXPECT_EQ(kept.size(), 42u);
      EXPECT_EQ(done, 42u);
      ASSERT_EQ(results.size(), alone.size());
      for (std::size_t t = 0; t < alone.size(); ++t) EXPECT_EQ(trial_text(results[t]), trial_text(alone[t]));
    });
    std::map<int, int> load;  // trials of the first rung by rank
    for (const auto& [number, rank] : runner_of.at(1)) ++load[rank];
    EXPECT_GE(load[0], 9);
    EXPECT_GE(load[1], 9);
    EXPECT_GE(load[2], 9);
    // The best three are run by three ranks at once, and the last one where it was before.
    std::set<int> of_three;
    for (const auto& [number, rank] : runner_of.at(9)) of_three.insert(rank);
    EXPECT_EQ(of_three.size(), 3u);
    EXPECT_EQ(runner_of.at(27).at(17), runner_of.at(9).at(17));
  }
}

TEST(Trials, Order) {
  const Trial a{.number = 1, .value = 0.5}, b{.number = 2, .value = 0.5}, c{.number = 3, .value = 0.7};
  Trial failed{.number = 0};
  failed.failure = "diverged";
  EXPECT_TRUE(ranks_before(c, a, Better::kHigher));
  EXPECT_TRUE(ranks_before(a, c, Better::kLower));
  EXPECT_TRUE(ranks_before(a, b, Better::kHigher));
  EXPECT_FALSE(ranks_before(b, a, Better::kHigher));
  EXPECT_TRUE(ranks_before(a, failed, Better::kHigher));
  EXPECT_FALSE(ranks_before(failed, a, Better::kHigher));
}

}  // namespace
}  // namespace akin
