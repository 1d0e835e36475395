// What every model that is fitted in epochs must do: stop, continue, and give the same bits.
#include <gtest/gtest.h>

#include <map>

#include "akin/base/error.h"
#include "akin/models/fit/context.h"
#include "akin/models/fit/observer.h"
#include "planted_data.h"

namespace akin::contract {
namespace {

constexpr int kPlanned = 11;

using Tensors = std::map<std::string, std::vector<float>>;

Tensors copy_of(const FitState& state) {
  Tensors tensors;
  for (const FitState::Tensor& tensor : state.tensors()) {
    std::vector<float>& values = tensors[tensor.name];
    for (std::size_t r = 0; r < tensor.rows; ++r)
      values.insert(values.end(), tensor.data + r * tensor.stride,
                    tensor.data + r * tensor.stride + tensor.cols);
  }
  return tensors;
}

void put(const Tensors& tensors, FitState& state) {
  ASSERT_EQ(tensors.size(), state.tensors().size());
  for (const FitState::Tensor& tensor : state.tensors()) {
    const std::vector<float>& values = tensors.at(tensor.name);
    ASSERT_EQ(values.size(), tensor.rows * tensor.cols);
    for (std::size_t r = 0; r < tensor.rows; ++r)
      std::copy_n(values.data() + r * tensor.cols, tensor.cols, tensor.data + r * tensor.stride);
  }
}

/// Stores the state of every epoch, starts from one, stops at one, ends with one.
struct Recorder : FitObserver {
  int start = 0;
  int stop_at = kPlanned;
  int cancel_after = 0;
  int end_with = 0;
  bool snapshots = false;
  std::stop_source stop = {};
  std::map<int, Tensors> states = {};
  std::map<int, std::unique_ptr<Model>> models = {};
  std::vector<int> seen = {};
  int planned = -1;
  bool was_cancelled = false;

  int begin(FitState& state, int epochs) override {
    planned = epochs;
    if (start > 0) put(states.at(start), state);
    return start;
  }
  bool after_epoch(int done, double, const FitState& state, const Snapshot& snapshot) override {
    seen.push_back(done);
    states[done] = copy_of(state);
    if (snapshots) models[done] = snapshot();
    if (done == cancel_after) stop.request_stop();
    return done < stop_at;
  }
  void end(FitState& state) override {
    if (end_with > 0) put(states.at(end_with), state);
  }
  void cancelled() override { was_cancelled = true; }
};

class EpochContract : public testing::TestWithParam<ModelEntry> {
 protected:
  void SetUp() override {
    if (!GetParam().traits.iterative) GTEST_SKIP() << "fitted in one go";
  }
  static std::unique_ptr<Model> fit(int epochs, FitObserver* observer, int threads = 1,
                                    const std::stop_token& stop = {}) {
    ParamValues params = small_parameters(GetParam());
    params["epochs"] = std::to_string(epochs);
    return GetParam().fit(planted().training(), params, {{.threads = threads, .stop = stop}, observer});
  }
  static const Planted& planted() {
    static const Planted kPlanted = clusters(401, 307, 9);
    return kPlanted;
  }
  /// All that the model would save, and what it says to a history.
  static std::vector<float> bits(const Model& model) {
    std::vector<float> all(model.n_items());
    for (const idx_t user : {0u, 17u, 399u}) {
      const auto history = planted().history(user);
      for (const Query& query : {history.known(user), history.unknown()}) {
        std::vector<float> scores(model.n_items());
        EXPECT_TRUE(model.score_all(query, scores));
        all.insert(all.end(), scores.begin(), scores.end());
      }
    }
    return all;
  }
};

TEST_P(EpochContract, ObservedOrNotIsTheSame) {
  Recorder recorder;
  const auto observed = fit(kPlanned, &recorder);
  EXPECT_EQ(recorder.planned, kPlanned);
  EXPECT_EQ(recorder.seen.size(), std::size_t{kPlanned});
  EXPECT_EQ(recorder.seen.front(), 1);
  EXPECT_EQ(bits(*observed), bits(*fit(kPlanned, nullptr)));
}

TEST_P(EpochContract, ResumedAfterAnyPassIsTheSame) {
  Recorder recorder;
  const std::vector<float> whole = bits(*fit(kPlanned, &recorder));
  const Tensors last = recorder.states.at(kPlanned);
  for (int epoch = 1; epoch <= kPlanned; ++epoch) {
    Recorder resumed;
    resumed.states[epoch] = recorder.states.at(epoch);
    resumed.start = epoch;
    const auto model = fit(kPlanned, &resumed, epoch % 2 == 0 ? 3 : 1);
    EXPECT_EQ(resumed.seen.size(), static_cast<std::size_t>(kPlanned - epoch));
    EXPECT_EQ(resumed.states.at(kPlanned), last) << "resumed after epoch " << epoch;
    EXPECT_EQ(bits(*model), whole) << "resumed after epoch " << epoch;
  }
}

TEST_P(EpochContract, StoppedIsAShorterFit) {
  for (const int epoch : {1, 2, 7}) {
    Recorder recorder;
    recorder.stop_at = epoch;
    recorder.snapshots = true;
    const std::vector<float> stopped = bits(*fit(kPlanned, &recorder, 3));
    EXPECT_EQ(recorder.seen.back(), epoch);
    EXPECT_EQ(stopped, bits(*recorder.models.at(epoch))) << "the snapshot after the last epoch";
    if (!GetParam().traits.planned_schedule) {
      EXPECT_EQ(stopped, bits(*fit(epoch, nullptr))) << "stopped at epoch " << epoch;
    }
  }
}

TEST_P(EpochContract, EndsWithTheStatePutInPlace) {
  Recorder recorder;
  recorder.snapshots = true;
  recorder.end_with = 5;
  const auto model = fit(kPlanned, &recorder);
  EXPECT_EQ(bits(*model), bits(*recorder.models.at(5)));
  EXPECT_NE(bits(*recorder.models.at(5)), bits(*recorder.models.at(kPlanned)));
}

TEST_P(EpochContract, SnapshotsChangeNothing) {
  Recorder plain, looked_at;
  looked_at.snapshots = true;
  fit(kPlanned, &plain);
  fit(kPlanned, &looked_at);
  EXPECT_EQ(plain.states, looked_at.states);
}

TEST_P(EpochContract, CancelledSaysSo) {
  Recorder recorder;
  recorder.cancel_after = 3;
  try {
    fit(kPlanned, &recorder, 1, recorder.stop.get_token());
    FAIL() << "fitted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled) << error.what();
  }
  EXPECT_TRUE(recorder.was_cancelled);
  EXPECT_EQ(recorder.seen.back(), 3);
}

TEST_P(EpochContract, NoPassesIsTheInitialState) {
  Recorder recorder;
  const auto observed = fit(0, &recorder);
  EXPECT_TRUE(recorder.seen.empty());
  EXPECT_EQ(observed->n_items(), fit(0, nullptr)->n_items());
}

INSTANTIATE_TEST_SUITE_P(Models, EpochContract, testing::ValuesIn(tested_models()),
                         [](const auto& test) { return test_name(test.param); });

TEST(EpochContractList, TheParameterOfPassesExists) {
  int iterative = 0;
  for (const ModelEntry& entry : models()) {
    if (!entry.traits.iterative) continue;
    ++iterative;
    EXPECT_TRUE(entry.complete({}).contains("epochs")) << entry.name;
  }
  EXPECT_GE(iterative, 4);
}

}  // namespace
}  // namespace akin::contract
