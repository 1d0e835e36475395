// A data set that ranks divide is split as one process splits it.
#include <gtest/gtest.h>

#include "akin/base/communicator.h"
#include "akin/base/io.h"
#include "akin/base/rank_threads_for_test.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/data/dataset_io.h"
#include "akin/data/split/dataset_for_split_test.h"
#include "akin/data/split_dataset.h"
#include "akin/data/split_facts.h"

namespace akin {
namespace {

using namespace split_test;

/// The events of all ranks at the first one.
SplitDataset split_over_ranks(const std::string& path, const SplitSpec& wanted, int size) {
  SplitDataset whole;
  on_ranks(size, [&](const Communicator& ranks) {
    SplitDataset own = split_dataset(load_dataset(path, ranks), wanted, ranks);
    EXPECT_EQ(own.dataset.user_bounds.size(), static_cast<std::size_t>(size) + 1);
    const auto rank = static_cast<std::size_t>(ranks.rank());
    for (const Event& event : own.dataset.events) {
      EXPECT_GE(event.user, own.dataset.user_bounds[rank]);
      EXPECT_LT(event.user, own.dataset.user_bounds[rank + 1]);
    }
    for (std::vector<Event>* events : {&own.dataset.events, &own.known, &own.validation, &own.test})
      *events = gather_all(ranks, std::span<const Event>(*events));
    if (ranks.first()) whole = std::move(own);
  });
  return whole;
}

void expect_same_split(const Dataset& data, const SplitSpec& wanted) {
  const TempDir folder;
  save_dataset(data, folder / "data");
  const SplitDataset one = split_dataset(data, wanted);
  for (const int size : {2, 3}) {
    SCOPED_TRACE(to_string(wanted) + " on " + std::to_string(size) + " ranks");
    const SplitDataset many = split_over_ranks(folder / "data", wanted, size);
    EXPECT_EQ(many.dataset.events, one.dataset.events);
    EXPECT_EQ(many.known, one.known);
    EXPECT_EQ(many.validation, one.validation);
    EXPECT_EQ(many.test, one.test);
  }
}

TEST(RankSplit, EveryProtocolIsThatOfOneProcess) {
  const Dataset data = random_dataset({5, 1, 12, 7, 3, 9, 4, 30, 2, 6, 8, 11}, 40);
  for (const char* protocol : {"last", "ratio:0.3", "user-ratio:0.3", "time:0.2", "user-time:0.3", "fold:2/3",
                               "sessions:0.3", "cold-items:0.2", "cold-users:0.4", "last-basket"}) {
    expect_same_split(data, spec(protocol, false));
    expect_same_split(data, spec(protocol, true));
  }
  expect_same_split(data, spec("none"));
  expect_same_split(given_dataset(true), spec("given", true));
  expect_same_split(given_dataset(false), spec("given", true));
}

TEST(RankSplit, FactsAreThoseOfAll) {
  const TempDir folder;
  for (const bool times : {true, false}) {
    Dataset data = small_dataset(times);
    save_dataset(data, folder / "data");
    on_ranks(3, [&](const Communicator& ranks) {
      const Dataset own = load_dataset(folder / "data", ranks);
      EXPECT_EQ(event_order(own, ranks), event_order(data));
      EXPECT_EQ(default_split_reason(own, ranks), default_split_reason(data));
      const SplitSummary one = summarize_split({}, "", data.events, {}),
                         many = summarize_split({}, "", own.events, {}, ranks);
      EXPECT_EQ(many.users, one.users);
      EXPECT_EQ(many.events, one.events);
    });
  }
}

TEST(RankSplit, WrittenTogetherIsTheWholeFile) {
  const TempDir folder;
  const Dataset data = random_dataset({5, 1, 12, 7, 3, 9, 4, 30, 2, 6, 8, 11}, 40);
  save_dataset(data, folder / "data");
  on_ranks(3, [&](const Communicator& ranks) {
    const Dataset own = load_dataset(folder / "data", ranks);
    TensorWriter writer("dataset");
    write_dataset(writer, own, ranks);
    writer.write(folder / "again", "", ranks);
  });
  EXPECT_EQ(read_file(folder / "again"), read_file(folder / "data"));
}

TEST(RankSplit, RanksThatReadDifferentFilesRefuse) {
  const TempDir folder;
  save_dataset(small_dataset(), folder / "data0");
  save_dataset(small_dataset(false), folder / "data1");
  on_ranks(2, [&](const Communicator& ranks) {
    EXPECT_THROW(load_dataset(folder / ("data" + std::to_string(ranks.rank())), ranks), Error);
  });
}

}  // namespace
}  // namespace akin
