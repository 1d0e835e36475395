#include <gtest/gtest.h>

#include <map>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/data/builder.h"
#include "akin/data/dataset_io.h"
#include "akin/store/bundle_for_test.h"

namespace akin {
namespace {

/// 17 users with five events each, at moments; every event's value is its number, from 1.
Dataset dataset() {
  DatasetBuilder builder;
  for (int e = 0; e < 85; ++e) {
    builder.add_event("u" + std::to_string(e % 17), "i" + std::to_string(e * e % 13),
                      static_cast<float>(e + 1), 1'400'000'000 + 60 * e);
  }
  ImportReport report;
  return builder.build("events", {}, report, {});
}

SplitSpec spec(std::string_view text, bool validation) {
  SplitSpec result = parse_split(text, 7);
  result.validation = validation;
  return result;
}

Bundle train(const SplitSpec& split) { return train_bundle(dataset(), split, "popularity"); }

constexpr const char* kProtocols[] = {"last",         "ratio:0.3",      "user-ratio:0.3",
                                      "time:0.3",     "user-time:0.3",  "fold:2/5",
                                      "sessions:0.2", "cold-items:0.2", "cold-users:0.2"};

TEST(SplitDataset, KeepsWhatIsKnownApartFromWhatIsTrainedOn) {
  for (const char* const protocol : kProtocols) {
    SCOPED_TRACE(protocol);
    const Split split = split_events(dataset(), spec(protocol, true));
    const SplitDataset parts = split_dataset(dataset(), spec(protocol, true));
    EXPECT_EQ(parts.split, split.spec);
    EXPECT_EQ(std::vector(parts.training_data().events.begin(), parts.training_data().events.end()),
              split.train);
    EXPECT_EQ(std::vector(parts.known_data().events.begin(), parts.known_data().events.end()),
              known_events(split));
    EXPECT_EQ(parts.validation, split.validation);
    EXPECT_EQ(parts.test, split.test);
  }
  const SplitDataset plain = split_dataset(dataset(), spec("last", false));
  EXPECT_EQ(plain.known_data().events.data(), plain.training_data().events.data());  // no second copy
}

TEST(Bundle, HoldsTheKnownEventsAndIsFittedToTraining) {
  for (const char* const protocol : kProtocols) {
    SCOPED_TRACE(protocol);
    const Split split = split_events(dataset(), spec(protocol, true));
    const Bundle bundle = train(spec(protocol, true));
    EXPECT_EQ(bundle.dataset.events, known_events(split));
    EXPECT_EQ(bundle.training_events(), split.train);
    EXPECT_EQ(bundle.count(Subset::kValidation), split.validation.size());
    EXPECT_EQ(bundle.count(Subset::kHistory), split.history.size());
    EXPECT_EQ(bundle.count(Subset::kTest), 0U);
    EXPECT_EQ(bundle.test, split.test);
    std::vector<float> scores(bundle.dataset.n_items()), expected(bundle.dataset.n_items(), 0);
    for (const Event& event : split.train) ++expected[event.item];
    ASSERT_TRUE(bundle.model->score_all({}, scores));
    EXPECT_EQ(scores, expected);  // popularity counts what it was fitted to
  }
}

TEST(Bundle, ReadsBackEveryProtocol) {
  const TempDir dir;
  for (const char* const protocol : kProtocols) {
    for (const bool validation : {false, true}) {
      SCOPED_TRACE(protocol);
      const Bundle bundle = train(spec(protocol, validation));
      save_bundle(bundle, dir / "b");
      const Bundle loaded = load_bundle(dir / "b");
      EXPECT_EQ(loaded.split, spec(protocol, validation));
      EXPECT_EQ(loaded.dataset.events, bundle.dataset.events);
      EXPECT_EQ(loaded.test, bundle.test);
    }
  }
}

/// What bundles were before validation parts: training events alone, with the parts of the files.
void save_old_bundle(const Bundle& bundle, const std::string& path) {
  TensorWriter writer("model");
  writer.meta("model", std::string(bundle.entry->name));
  writer.meta("params", R"({"half_life_days":"0","use_values":"false"})");
  writer.meta("seed", "42");
  writer.meta("fit_seconds", "0.5");
  writer.meta("split", "given");
  writer.meta("split_seed", "7");
  write_dataset(writer, bundle.dataset);
  write_events(writer, "test", bundle.test);
  bundle.model->save(writer);
  writer.write(path);
}

TEST(Bundle, OldBundlesHoldTrainingEventsOnly) {
  const TempDir dir;
  Bundle bundle = train(spec("last", false));
  bundle.dataset.events[3].subset = Subset::kValidation;  // as the files had it; it was trained on
  for (Event& event : bundle.test) event.subset = Subset::kTrain;
  save_old_bundle(bundle, dir / "old");
  const Bundle loaded = load_bundle(dir / "old");
  EXPECT_FALSE(loaded.split.validation);
  EXPECT_EQ(loaded.split.holdout, Holdout::kGiven);
  EXPECT_EQ(loaded.count(Subset::kTrain), 68U);
  EXPECT_EQ(loaded.training_events().size(), loaded.dataset.events.size());
  for (const Event& event : loaded.test) EXPECT_EQ(event.subset, Subset::kTest);
  EXPECT_EQ(loaded.test.size(), 17U);
}

TEST(Bundle, WhatFloatsCannotHoldIsNotWritten) {
  const TempDir dir;
  Dataset data = dataset();
  for (Event& event : data.events) event.value = 3e38F;
  const Bundle bundle =
      train_bundle(std::move(data), spec("none", false), {"popularity", {{"use_values", "true"}}});
  write_file(dir / "b", "old");
  try {
    save_bundle(bundle, dir / "b");
    ADD_FAILURE() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
    EXPECT_NE(std::string_view(error.what()).find("what popularity has learned is beyond the numbers"),
              std::string_view::npos)
        << error.what();
  }
  EXPECT_EQ(read_file(dir / "b"), "old");
}

TEST(Bundle, RefusesAWordThatIsNoFlag) {
  const TempDir dir;
  const Bundle bundle = train(spec("last", false));
  TensorWriter writer("model");
  for (const auto& [key, value] : std::map<std::string, std::string>{{"model", "popularity"},
                                                                     {"params", "{}"},
                                                                     {"seed", "1"},
                                                                     {"fit_seconds", "1"},
                                                                     {"split", "last"},
                                                                     {"split_seed", "1"},
                                                                     {"split_validation", "perhaps"}})
    writer.meta(key, value);
  write_dataset(writer, bundle.dataset);
  write_events(writer, "test", bundle.test);
  bundle.model->save(writer);
  writer.write(dir / "b");
  EXPECT_THROW(load_bundle(dir / "b"), Error);
}

}  // namespace
}  // namespace akin
