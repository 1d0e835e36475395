#include "akin/experiment/fit_monitor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <numeric>

#include "akin/base/error_for_test.h"
#include "akin/base/io.h"
#include "akin/base/rank_threads_for_test.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/eval/small_dataset_for_test.h"
#include "akin/experiment/fit_checkpoint.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/ranking/bpr.h"
#include "akin/models/rating/mf_sgd.h"

namespace akin {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A fit whose epoch t gives NDCG@1 = 1 to as many of the users as `hits[t]` says; its state is a matrix with
/// the number of the epoch in it.
struct ScriptedFit {
  std::vector<int> hits;
  Matrix state_matrix{2, 3};
  int epochs_run = 0;
  std::stop_source stop = {};
  int cancel_in = 0;  // this epoch, half-way
  SmallDataset dataset = make_dataset();

  static constexpr idx_t kUsers = 11;
  static SmallDataset make_dataset() {
    std::vector<Event> train, test;
    for (idx_t u = 0; u < kUsers; ++u) {
      train.push_back(event(u, 0));
      test.push_back(event(u, 1));
    }
    return {kUsers, 5, std::move(train), std::move(test)};
  }

  std::unique_ptr<Model> snapshot() const {
    const int epoch = static_cast<int>(state_matrix[0][0]);
    std::vector<std::vector<float>> table(kUsers, {0, 1, 2, 0, 0});  // item 2 before the held-out item 1
    for (int u = 0; u < hits.at(static_cast<std::size_t>(epoch - 1)); ++u)
      table[static_cast<std::size_t>(u)][1] = 3;
    return std::make_unique<TableModel>(Kind::kScores, table);
  }

  MonitorOptions watch(int patience = 0, int every = 1) const {
    return {.metric = "NDCG@1", .every = every, .patience = patience};
  }
  FitMonitor monitor(const MonitorOptions& options, std::uint64_t seed = 42,
                     const std::string& model = "scripted") {
    return {{model, {}, {{"rate", "0.1"}}, {dataset.data, dataset.train}},
            dataset.test,
            options,
            {.seed = seed, .threads = 1, .stop = stop.get_token()}};
  }
  /// Runs it under the monitor; afterwards the state says which epoch the model is of.
  int run(FitMonitor& monitor) {
    std::fill_n(state_matrix.data(), state_matrix.rows() * state_matrix.stride(), 0.0f);
    FitState state;
    state.add("numbers", state_matrix);
    const auto one = [&](int epoch) {
      ++epochs_run;
      for (float& x : state_matrix[0]) x = static_cast<float>(epoch + 1);
      if (epoch + 1 == cancel_in) {
        stop.request_stop();
        fail(ErrorCode::kCancelled, "stopped on request");
      }
      state_matrix[1][2] += 1;  // counts the epochs behind the state
      return 1.0 / (epoch + 1);
    };
    run_epochs({.total = static_cast<int>(hits.size()), .run = one, .snapshot = [&] { return snapshot(); }},
               std::move(state), {{.stop = stop.get_token()}, &monitor});
    EXPECT_EQ(state_matrix[1][2], state_matrix[0][0]) << "a state put together from two epochs";
    return static_cast<int>(state_matrix[0][0]);
  }
};

TEST(FitMonitor, KeepsTheBestEpoch) {
  ScriptedFit fit{{1, 3, 7, 2, 7, 5}};
  FitMonitor monitor = fit.monitor(fit.watch());
  EXPECT_EQ(fit.run(monitor), 3) << "the first of equals";
  EXPECT_EQ(monitor.epochs(), 6);
  ASSERT_NE(monitor.best(), nullptr);
  EXPECT_EQ(monitor.best()->epoch, 3);
  EXPECT_NEAR(monitor.best()->value, 7.0 / ScriptedFit::kUsers, 1e-12);
  ASSERT_EQ(monitor.curve().size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(monitor.curve()[i].epoch, static_cast<int>(i) + 1);
    EXPECT_NEAR(monitor.curve()[i].value, fit.hits[i] / 11.0, 1e-12);
    EXPECT_NEAR(monitor.curve()[i].loss, 1.0 / (static_cast<double>(i) + 1), 1e-12);
  }
}

TEST(FitMonitor, StopsWhenPatienceIsOut) {
  ScriptedFit fit{{1, 3, 2, 3, 2, 9, 9}};
  FitMonitor monitor = fit.monitor(fit.watch(3));
  EXPECT_EQ(fit.run(monitor), 2);
  EXPECT_EQ(monitor.epochs(), 5);
  EXPECT_TRUE(monitor.out_of_patience());
  ScriptedFit patient{{1, 3, 2, 3, 2, 9, 9}};
  FitMonitor longer = patient.monitor(patient.watch(4));
  EXPECT_EQ(patient.run(longer), 6);
  EXPECT_FALSE(longer.out_of_patience());
}

TEST(FitMonitor, EvaluatesEverySoManyPassesAndTheLast) {
  ScriptedFit fit{{9, 1, 9, 2, 9, 9, 3}};
  FitMonitor monitor = fit.monitor(fit.watch(0, 2));
  EXPECT_EQ(fit.run(monitor), 6);
  std::vector<int> evaluated;
  for (const CurvePoint& point : monitor.curve()) {
    if (point.evaluated()) evaluated.push_back(point.epoch);
  }
  EXPECT_EQ(evaluated, (std::vector<int>{2, 4, 6, 7}));
}

TEST(FitMonitor, StopsAfterSoManyEpochs) {
  ScriptedFit fit{{1, 2, 3, 4, 5}};
  MonitorOptions options = fit.watch(0, 10);
  options.stop_after = 3;
  FitMonitor monitor = fit.monitor(options);
  EXPECT_EQ(fit.run(monitor), 3);
  EXPECT_TRUE(monitor.curve().back().evaluated());
}

TEST(FitMonitor, WithoutAMetricTheLastPassCounts) {
  ScriptedFit fit{{1, 2, 3}};
  FitMonitor monitor = fit.monitor({});
  EXPECT_EQ(fit.run(monitor), 3);
  EXPECT_EQ(monitor.best(), nullptr);
}

TEST(FitMonitor, ResumedAfterAnyPassIsTheUninterruptedFit) {
  const TempDir dir;
  const std::vector<int> hits = {1, 6, 2, 3, 7, 5, 1};
  for (int killed_in = 1; killed_in <= 7; ++killed_in) {
    ScriptedFit first{hits};
    first.cancel_in = killed_in;
    MonitorOptions options = first.watch(3);
    options.checkpoint = dir / std::to_string(killed_in);
    options.checkpoint_seconds =
        killed_in % 2 == 0 ? 0 : 1e9;  // written after each epoch, or on cancellation
    options.resume = true;
    FitMonitor before = first.monitor(options);
    try {
      first.run(before);
      ADD_FAILURE() << "not cancelled";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCancelled);
    }
    EXPECT_EQ(std::filesystem::exists(options.checkpoint), killed_in > 1);
    ScriptedFit second{hits};
    FitMonitor after = second.monitor(options);
    EXPECT_EQ(second.run(after), 5);
    EXPECT_EQ(after.resumed_at(), killed_in - 1);
    EXPECT_EQ(second.epochs_run, 7 - (killed_in - 1));
    ASSERT_EQ(after.curve().size(), 7u);
    for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(after.curve()[i].value, hits[i] / 11.0);
    ScriptedFit third{hits};  // resuming what has ended runs nothing and gives the same
    FitMonitor again = third.monitor(options);
    EXPECT_EQ(third.run(again), 5);
    EXPECT_EQ(third.epochs_run, 0);
  }
}

TEST(FitMonitor, WhatRanOutOfPatienceStaysSo) {
  const TempDir dir;
  ScriptedFit fit{{5, 1, 1, 9}};
  MonitorOptions options = fit.watch(2);
  options.checkpoint = dir / "c";
  options.resume = true;
  FitMonitor first = fit.monitor(options);
  EXPECT_EQ(fit.run(first), 1);
  FitMonitor second = fit.monitor(options);
  EXPECT_EQ(fit.run(second), 1);
  EXPECT_EQ(fit.epochs_run, 3);
  options.patience = 3;  // more patience continues
  FitMonitor third = fit.monitor(options);
  EXPECT_EQ(fit.run(third), 4);
}

TEST(FitMonitor, RefusesTheCheckpointOfAnotherFit) {
  const TempDir dir;
  ScriptedFit fit{{1, 2, 3}};
  MonitorOptions options = fit.watch();
  options.checkpoint = dir / "c";
  options.resume = true;
  FitMonitor first = fit.monitor(options);
  fit.run(first);
  const auto refusal = [&](ScriptedFit& other, const MonitorOptions& how, std::uint64_t seed,
                           const std::string& model) {
    FitMonitor monitor = other.monitor(how, seed, model);
    return message_of(ErrorCode::kBadData, [&] { other.run(monitor); });
  };
  EXPECT_NE(refusal(fit, options, 7, "scripted").find("seed = 42, not 7"), std::string::npos);
  EXPECT_NE(refusal(fit, options, 42, "als").find("model = scripted, not als"), std::string::npos);
  ScriptedFit other_data{{1, 2, 3}};
  other_data.dataset.train[3].value = 2;
  EXPECT_NE(refusal(other_data, options, 42, "scripted").find("training events"), std::string::npos);
  MonitorOptions other_metric = options;
  other_metric.metric = "HR@1";
  EXPECT_NE(refusal(fit, other_metric, 42, "scripted").find("metric watched = NDCG@1, not HR@1"),
            std::string::npos);
  FitMonitor other_params({"scripted", {}, {{"rate", "0.2"}}, {fit.dataset.data, fit.dataset.train}},
                          fit.dataset.test, options, {});
  EXPECT_NE(
      message_of(ErrorCode::kBadData, [&] { fit.run(other_params); }).find("parameter rate = 0.1, not 0.2"),
      std::string::npos);
}

TEST(FitMonitor, RefusesDamagedCheckpoints) {
  const TempDir dir;
  ScriptedFit fit{{1, 2, 1}};
  MonitorOptions options = fit.watch();
  options.checkpoint = dir / "c";
  options.resume = true;
  FitMonitor first = fit.monitor(options);
  fit.run(first);
  std::ifstream file(options.checkpoint, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(file)), {});
  for (std::size_t at = 0; at < whole.size(); at += 13) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x11);
    std::ofstream(options.checkpoint, std::ios::binary) << damaged;
    FitMonitor monitor = fit.monitor(options);
    EXPECT_NE(message_of(ErrorCode::kBadData, [&] { fit.run(monitor); }).find(options.checkpoint),
              std::string::npos)
        << at;
    std::ofstream(options.checkpoint, std::ios::binary) << whole.substr(0, at);
    FitMonitor cut = fit.monitor(options);
    EXPECT_FALSE(message_of(ErrorCode::kBadData, [&] { fit.run(cut); }).empty()) << at;
  }
}

/// The file with another best epoch, and a right checksum.
void set_best_epoch(const std::string& path, int epoch) {
  const TensorReader reader(path);
  TensorWriter writer("checkpoint");
  for (const auto& [name, value] : reader.metadata()) {
    if (name != "akin.checksum") writer.meta(name, name == "best_epoch" ? std::to_string(epoch) : value);
  }
  for (const std::string& name : reader.names())
    writer.tensor(name, reader.tensor<float>(name), reader.shape(name));
  writer.write(path);
}

TEST(FitMonitor, RefusesABestEpochThatIsNotThatOfTheCurve) {
  const TempDir dir;
  for (const int epoch : {0, 1, 2, 3}) {  // 2 is the best
    ScriptedFit fit{{1, 2, 1}};
    MonitorOptions options = fit.watch();
    options.checkpoint = dir / std::to_string(epoch);
    options.resume = true;
    FitMonitor first = fit.monitor(options);
    fit.run(first);
    set_best_epoch(options.checkpoint, epoch);
    FitMonitor resumed = fit.monitor(options);
    if (epoch == 2) {
      EXPECT_EQ(fit.run(resumed), 2);
      continue;
    }
    EXPECT_NE(message_of(ErrorCode::kBadData, [&] { fit.run(resumed); })
                  .find(fmt::format("{}: its best epoch, {},", options.checkpoint, epoch)),
              std::string::npos);
  }
}

/// A checkpoint with a right checksum whose state is what `change` makes of it; whether it is read.
bool checkpoint_is_read(const std::function<void(FitCheckpoint&, Matrix&)>& change) {
  const TempDir dir;
  Matrix state(3, 5);
  FitCheckpoint checkpoint;
  checkpoint.identity = {{"model", "m"}};
  checkpoint.epoch = checkpoint.best_epoch = 2;
  for (const int epoch : {1, 2}) {
    CurvePoint point;
    point.epoch = epoch;
    point.value = epoch;
    checkpoint.curve.push_back(point);
  }
  change(checkpoint, state);
  FitState taken;
  taken.add("users", state);
  checkpoint.last.take(taken);
  Matrix own(3, 5);
  FitState shape;
  shape.add("users", own);
  try {
    save_checkpoint(checkpoint, dir / "c");
    load_checkpoint(dir / "c", {{"model", "m"}}, shape);
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
    EXPECT_TRUE(std::string_view(error.what()).starts_with(dir / "c: ")) << error.what();
    return false;
  }
}

TEST(FitMonitor, RefusesCheckpointsThatCannotBe) {
  EXPECT_TRUE(checkpoint_is_read([](FitCheckpoint&, Matrix&) {}));
  const auto refused = [](auto change) { EXPECT_FALSE(checkpoint_is_read(change)); };
  refused([](FitCheckpoint&, Matrix& state) { state[1][2] = std::numeric_limits<float>::quiet_NaN(); });
  refused([](FitCheckpoint&, Matrix& state) { state = Matrix(5, 3); });
  refused([](FitCheckpoint&, Matrix& state) { state = Matrix(0, 0); });
  refused([](FitCheckpoint& c, Matrix&) { c.epoch = -1; });
  refused([](FitCheckpoint& c, Matrix&) { c.epoch = std::numeric_limits<int>::max(); });
  refused([](FitCheckpoint& c, Matrix&) { c.best_epoch = 3; });
  refused([](FitCheckpoint& c, Matrix&) { c.best_epoch = 1; });         // whose state is not there
  refused([](FitCheckpoint& c, Matrix&) { c.best_epoch = 0; });         // though two were evaluated
  refused([](FitCheckpoint& c, Matrix&) { c.curve[1].value = kNaN; });  // of the best epoch
  refused([](FitCheckpoint& c, Matrix&) { c.curve[0].value = c.curve[1].value = kNaN; });
  refused([](FitCheckpoint& c, Matrix&) { c.curve[0].epoch = 2; });
  refused([](FitCheckpoint& c, Matrix&) { c.curve[0].epoch = -1; });
  refused([](FitCheckpoint& c, Matrix&) { c.curve.clear(); });
}

TEST(FitMonitor, WrongMetricsAndMissingEvents) {
  ScriptedFit fit{{1}};
  for (const char* name : {"NDGC@10", "NDCG", "NDCG@0", "NDCG@x", "RMSE", "@5"}) {
    try {
      WatchedMetric metric(name, Traits{});
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
    }
  }
  EXPECT_EQ(WatchedMetric("RMSE", {.predicts_ratings = true}).better(), Better::kLower);
  EXPECT_EQ(WatchedMetric("MRR@7", {}).options().cutoffs, std::vector<int>{7});
  EXPECT_THROW(FitMonitor({"m", {}, {}, {fit.dataset.data, fit.dataset.train}}, {}, fit.watch(), {}), Error);
}

TEST(FitMonitor, LowerErrorsAreBetter) {
  SmallDataset dataset(7, 13, {}, {});
  for (idx_t u = 0; u < 7; ++u) {
    for (idx_t i = 0; i < 13; ++i)
      ((u + i) % 5 == 0 ? dataset.test : dataset.train)
          .push_back(event(u, i, static_cast<float>(1 + (u * 3 + i) % 5)));
  }
  const Context context{.threads = 1};
  FitMonitor monitor({"mf-sgd", MfSgd::kTraits, {}, {dataset.data, dataset.train}}, dataset.test,
                     {.metric = "RMSE"}, context);
  const FitContext watched{context, &monitor};
  MfSgd::Config config;
  config.factors = 3;
  config.epochs = 29;
  const auto model = MfSgd::fit({dataset.data, dataset.train}, config, watched);
  double lowest = 1e9;
  for (const CurvePoint& point : monitor.curve()) lowest = std::min(lowest, point.value);
  EXPECT_EQ(monitor.best()->value, lowest);
  EXPECT_EQ(dataset.evaluate(*model, {10}, 1, MfSgd::kTraits).value("RMSE"), lowest);
}

TEST(LearningCurve, TextAndBack) {
  const LearningCurve curve = {{1, 0.5, kNaN, kNaN, kNaN, 0.25}, {2, kNaN, 0.1, 0.05, 0.15, 1.0 / 3}};
  const LearningCurve back = parse_curve(curve_text(curve), "file");
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(back[0].loss, 0.5);
  EXPECT_FALSE(back[0].evaluated());
  EXPECT_EQ(back[1].value, 0.1);
  EXPECT_EQ(back[1].high, 0.15);
  EXPECT_EQ(back[1].seconds, 1.0 / 3);
  for (const char* wrong :
       {"", "{}", "[1]", "[[1,2]]", "[[1,1,1,1,1,\"x\"]]", "[[2,1,1,1,1,1],[2,1,1,1,1,1]]"})
    EXPECT_THROW(parse_curve(wrong, "file"), Error) << wrong;
  EXPECT_EQ(best_point({}, Better::kHigher), nullptr);
  EXPECT_EQ(evaluations_since_best(curve, Better::kHigher), 0);
}

TEST(Fingerprint, KnowsEveryColumnButThePart) {
  const std::vector<Event> events = {event(1, 2), event(3, 4)};
  const std::uint64_t hash = fingerprint(events);
  EXPECT_EQ(hash, fingerprint(events));
  for (int column = 0; column < 5; ++column) {
    std::vector<Event> other = events;
    if (column == 0) other[1].user = 9;
    if (column == 1) other[1].item = 9;
    if (column == 2) other[1].value = 9;
    if (column == 3) other[1].kind = EventKind::kCart;
    if (column == 4) other[1].time = 9;
    EXPECT_NE(fingerprint(other), hash) << column;
  }
  std::vector<Event> other = events;
  other[0].subset = Subset::kTest;
  EXPECT_EQ(fingerprint(other), hash);
  EXPECT_NE(fingerprint(std::span(events).first(1)), hash);
}

/// A state whose users several ranks divide: user u on rank u % size, in descending order.
struct DividedState {
  static constexpr std::size_t kUsers = 11;
  std::vector<idx_t> numbers = {};
  Matrix users = {}, items = Matrix(2, 3);
  std::vector<float> bias = {};

  DividedState(const Communicator& ranks, float scale) {
    for (std::size_t u = kUsers; u-- > 0;) {
      if (static_cast<int>(u) % ranks.size() == ranks.rank()) numbers.push_back(static_cast<idx_t>(u));
    }
    users = Matrix(numbers.size(), 3);
    for (std::size_t r = 0; r < numbers.size(); ++r) {
      bias.push_back(scale * static_cast<float>(100 + numbers[r]));
      for (std::size_t c = 0; c < 3; ++c) users[r][c] = scale * static_cast<float>(10 * numbers[r] + c + 1);
    }
    items[1][2] = scale;
  }
  FitState state() {
    FitState state;
    state.add_divided("users", users, numbers, kUsers);
    state.add_divided("user_bias", bias, numbers, kUsers);
    state.add("items", items);
    return state;
  }
};

TEST(FitCheckpoint, OfDividedUsersIsThatOfOneProcess) {
  const TempDir dir;
  FitCheckpoint whole{
      .identity = {{"model", "m"}}, .epoch = 1, .curve = {{.epoch = 1}}, .last = {}, .best = {}};
  Matrix users(DividedState::kUsers, 3);
  std::vector<float> bias;
  DividedState one(alone(), 1);
  for (std::size_t r = 0; r < one.numbers.size(); ++r)
    std::ranges::copy(one.users[r], users[one.numbers[r]].begin());
  bias.assign(one.bias.rbegin(), one.bias.rend());
  FitState state;
  state.add("users", users);
  state.add("user_bias", bias);
  state.add("items", one.items);
  whole.last.take(state);
  save_checkpoint(whole, dir / "one");
  on_ranks(3, [&](const Communicator& ranks) {
    FitCheckpoint part{
        .identity = {{"model", "m"}}, .epoch = 1, .curve = {{.epoch = 1}}, .last = {}, .best = {}};
    DividedState own(ranks, 1);
    part.last.take(own.state(), ranks);
    save_checkpoint(part, dir / "three", ranks);
  });
  EXPECT_EQ(read_file(dir / "three"), read_file(dir / "one"));
  on_ranks(2, [&](const Communicator& ranks) {
    DividedState read(ranks, 0);
    const DividedState expected(ranks, 1);
    FitState into = read.state();
    load_checkpoint(dir / "three", {{"model", "m"}}, into).last.put(into);
    EXPECT_EQ(read.bias, expected.bias);
    EXPECT_EQ(read.items[1][2], 1);
    for (std::size_t r = 0; r < read.numbers.size(); ++r)
      EXPECT_TRUE(std::ranges::equal(read.users[r], expected.users[r])) << read.numbers[r];
  });
}

}  // namespace
}  // namespace akin
