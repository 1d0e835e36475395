#include "akin/data/split.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/data/split/dataset_for_split_test.h"

namespace akin {
namespace {

using namespace split_test;

const char* const kProtocols[] = {"last",           "ratio:0.3",      "user-ratio:0.3", "time:0.3",
                                  "user-time:0.3",  "fold:2/5",       "given",          "sessions:0.2",
                                  "cold-items:0.2", "cold-users:0.2", "last-basket"};
const char* const kRandom[] = {"ratio:0.3", "user-ratio:0.3", "fold:2/5", "cold-items:0.2", "cold-users:0.2"};

Dataset data_for(std::string_view protocol) {
  return protocol == "given" ? given_dataset(true) : small_dataset();
}

std::string parse_message(std::string_view text) {
  try {
    parse_protocol(text, 1);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Split, EveryProtocolIsAPartition) {
  for (const char* const protocol : kProtocols) {
    for (const bool validation : {false, true}) {
      SCOPED_TRACE(std::string(protocol) + (validation ? " with validation" : ""));
      const Dataset data = data_for(protocol);
      const Split split = split_events(data, spec(protocol, validation));
      EXPECT_EQ(split.spec, spec(protocol, validation));
      std::vector<Event> all;
      const std::pair<const std::vector<Event>*, Subset> sides[] = {{&split.train, Subset::kTrain},
                                                                    {&split.validation, Subset::kValidation},
                                                                    {&split.test, Subset::kTest},
                                                                    {&split.history, Subset::kHistory}};
      for (const auto& [events, subset] : sides) {
        EXPECT_TRUE(std::ranges::is_sorted(*events, {}, &Event::value));  // the data set's order
        for (const Event& event : *events) {
          const auto number = static_cast<std::size_t>(event.value);
          EXPECT_EQ(event.subset, subset);
          EXPECT_EQ(split.subsets[number], subset);
          Event expected = data.events[number];
          expected.subset = subset;
          EXPECT_EQ(event, expected);
        }
        all.insert(all.end(), events->begin(), events->end());
      }
      EXPECT_EQ(all.size(), data.events.size());
      EXPECT_EQ(numbers(all).size(), data.events.size());
      EXPECT_EQ(split.validation.empty(), !validation);
      const std::vector<Event> known = known_events(split);
      EXPECT_EQ(known.size(), data.events.size() - split.test.size());
      EXPECT_TRUE(std::ranges::is_sorted(known, {}, &Event::value));
      std::set<int> both = numbers(known);
      both.merge(numbers(split.test));
      EXPECT_EQ(both.size(), data.events.size());
    }
  }
}

TEST(Split, TestPartIsTheSameWithValidation) {
  for (const char* const protocol : kProtocols) {
    const Dataset data = data_for(protocol);
    EXPECT_EQ(split_events(data, spec(protocol)).test, split_events(data, spec(protocol, true)).test)
        << protocol;
  }
}

TEST(Split, IsReproducible) {
  for (const char* const protocol : kProtocols) {
    const Dataset data = data_for(protocol);
    EXPECT_EQ(split_events(data, spec(protocol, true)).subsets,
              split_events(data, spec(protocol, true)).subsets);
  }
  const Dataset data = small_dataset();
  for (const char* const protocol : kRandom) {
    EXPECT_NE(split_events(data, spec(protocol)).test, split_events(data, spec(protocol, false, 7)).test)
        << protocol;
  }
}

TEST(Split, ImpossibleSplitsSaySo) {
  for (const char* const protocol : {"time", "user-time"})
    EXPECT_TRUE(contains(message(small_dataset(false), spec(protocol)), "no event has a time")) << protocol;
  Dataset positions = random_dataset({3, 3, 3}, 5);
  for (std::size_t e = 0; e < 9; ++e) positions.events[e].time = static_cast<std::int64_t>(e % 3);
  EXPECT_TRUE(contains(message(positions, spec("time")), "positions in each user's list"));
  EXPECT_EQ(message(positions, spec("user-time")), "no error");
  EXPECT_TRUE(contains(message(positions, spec("last-basket")), "what was bought together"));
  const Dataset singles = random_dataset({1, 1, 1}, 5);
  for (const char* const protocol : {"last", "user-ratio", "user-time", "cold-users"})
    EXPECT_TRUE(contains(message(singles, spec(protocol)), "holds nothing out")) << protocol;
  EXPECT_TRUE(
      contains(message(random_dataset({2, 2}, 5), spec("last", true)), "nothing for a validation set"));
  EXPECT_TRUE(
      contains(message(random_dataset({4, 4}, 5), spec("fold:1/2", true)), "leaves nothing to train on"));
  Dataset same_time = random_dataset({3, 3}, 5);
  for (Event& event : same_time.events) event.time = kStart;
  EXPECT_TRUE(contains(message(same_time, spec("time")), "leaves nothing to train on"));
  EXPECT_TRUE(contains(message(same_time, spec("last-basket")), "holds nothing out"));
  EXPECT_TRUE(contains(message(singles, spec("none", true)), "validation"));
  const Split everything = split_events(singles, spec("none"));
  EXPECT_EQ(everything.train.size(), 3U);
  EXPECT_EQ(known_events(everything), everything.train);
}

TEST(Split, TextReadsBack) {
  for (const char* text :
       {"none", "last", "ratio:0.25", "user-ratio:0.5", "time:0.1", "user-time:0.3", "fold:3/7", "given",
        "sessions:0.05", "cold-items:0.3", "cold-users:0.4", "last-basket"})
    EXPECT_EQ(to_string(spec(text)), text);
  for (const char* text : {"ratio", "user-ratio", "time", "user-time"})
    EXPECT_EQ(to_string(spec(text)), std::string(text) + ":0.2");
  for (const char* text : {"sessions", "cold-items", "cold-users"})
    EXPECT_EQ(to_string(spec(text)), std::string(text) + ":0.1");
  EXPECT_EQ(spec("ratio", false, 7).seed, 7U);
}

TEST(Split, ProtocolsAreOneOrSeveralSplits) {
  EXPECT_EQ(parse_protocol("ratio:0.25", 7), std::vector<SplitSpec>{spec("ratio:0.25", false, 7)});
  const std::vector<SplitSpec> folds = parse_protocol("folds:3", 7);
  ASSERT_EQ(folds.size(), 3U);
  EXPECT_EQ(folds[0], spec("fold:1/3", false, 7));
  EXPECT_EQ(folds[2], spec("fold:3/3", false, 7));
  EXPECT_EQ(parse_protocol("folds", 7).size(), 5U);
}

TEST(Split, WrongTextsComeWithAdvice) {
  EXPECT_TRUE(contains(parse_message("lasst"), "unknown holdout 'lasst' (did you mean last"));
  EXPECT_TRUE(contains(parse_message("cold-item:0.1"), "did you mean cold-items"));
  EXPECT_TRUE(contains(parse_message("last:0.2"), "last takes no value"));
  EXPECT_TRUE(contains(parse_message("sessions:2"), "such as sessions:0.1"));
  EXPECT_TRUE(contains(parse_message("fold:0/5"), "such as fold:1/5"));
  for (const char* text :
       {"",           "ratio:",  "ratio:0", "ratio:1", "ratio:-0.1", "ratio:nan", "ratio:x",
        "ratio:0.2x", "fold",    "fold:",   "fold:1",  "fold:6/5",   "fold:1/1",  "fold:1/1001",
        "fold:1/5x",  "fold:/5", "folds:1", "folds:x", "folds:1001", "none:0.1",  "given:0.1"}) {
    EXPECT_THROW(parse_protocol(text, 1), Error) << text;
  }
  EXPECT_THROW(parse_split("folds:5", 1), Error);
}

TEST(Csr, MergesRepeatsOfAPair) {
  const std::vector<Event> events = {{0, 2, 1}, {0, 1, 5}, {0, 2, 3}, {2, 0, 4}};
  const Csr sums = to_csr(events, 4, 3, Repeats::kSum);
  EXPECT_EQ(sums.offsets, (std::vector<std::uint64_t>{0, 2, 2, 3, 3}));
  EXPECT_EQ(sums.indices, (std::vector<idx_t>{1, 2, 0}));
  EXPECT_EQ(sums.values, (std::vector<float>{5, 4, 4}));
  EXPECT_EQ(to_csr(events, 4, 3, Repeats::kLast).values, (std::vector<float>{5, 3, 4}));
  const Csr back = transpose(transpose(sums));
  EXPECT_EQ(back.offsets, sums.offsets);
  EXPECT_EQ(back.indices, sums.indices);
  EXPECT_EQ(back.values, sums.values);
}

}  // namespace
}  // namespace akin
