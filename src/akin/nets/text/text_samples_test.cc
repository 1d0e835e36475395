#include "akin/nets/text/text_samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace akin::nets {
namespace {

TEST(TextSamples, TextsBecomeListsOfKnownWords) {
  IdMap words;
  for (const char* word : {"cheap", "guitar"}) words.add(word);
  Tokenizer tokenizer(TokenKind::kWords, true);
  EXPECT_EQ(word_list("A Guitar, cheap guitar!", words, {}, tokenizer), (std::vector<std::int32_t>{2, 1, 2}));
  EXPECT_EQ(word_list("A Guitar, cheap guitar!", words, {.max_length = 2}, tokenizer),
            (std::vector<std::int32_t>{2, 1}));
  EXPECT_TRUE(word_list("", words, {}, tokenizer).empty());
}

TEST(TextSamples, ListsEndWithAtLeastOneZero) {
  WordLists lists;
  lists.add(std::vector<std::int32_t>{1, 2});
  lists.add({});
  nn::Array array;
  fill_words({lists[0], lists[1]}, array);
  EXPECT_EQ(array.shape, (nn::Shape{2, 3}));
  EXPECT_EQ(array.ids(), (std::vector<std::int32_t>{1, 2, 0, 0, 0, 0}));
}

class Order : public testing::TestWithParam<std::int64_t> {};

/// Text t is (t * 7 % 31) words long, and its target is t.
TEST_P(Order, AnEpochHasEachTextOnceAndLengthsAlike) {
  WordLists lists;
  std::vector<float> targets;
  for (std::size_t t = 0; t < 203; ++t) {
    lists.add(std::vector<std::int32_t>(t * 7 % 31, 1));
    targets.push_back(static_cast<float>(t));
  }
  const std::int64_t batch = GetParam();
  TextSamples samples(lists, targets, batch, 5), same(lists, targets, batch, 5);
  std::vector<std::vector<float>> orders;
  for (const std::uint64_t epoch : {0U, 1U}) {
    samples.start_epoch(epoch);
    same.start_epoch(epoch);
    std::vector<float> all;
    std::int64_t width = 0, batches = 0;
    for (std::int64_t first = 0; first < samples.size(); first += batch) {
      std::vector<std::int64_t> places(static_cast<std::size_t>(std::min(batch, samples.size() - first)));
      std::iota(places.begin(), places.end(), first);
      nn::Batch read, again;
      samples.read(places, read);
      same.read(places, again);
      EXPECT_EQ(read.targets.floats(), again.targets.floats());
      all.insert(all.end(), read.targets.floats().begin(), read.targets.floats().end());
      width += read.inputs[0].shape[1];
      ++batches;
    }
    EXPECT_LT(static_cast<double>(width) / static_cast<double>(batches), 22)
        << "the longest of a random batch is about 31";
    orders.push_back(all);
    std::ranges::sort(all);
    EXPECT_EQ(all, targets);
  }
  EXPECT_NE(orders[0], orders[1]);
}
INSTANTIATE_TEST_SUITE_P(Batches, Order, testing::Values(10, 20));

}  // namespace
}  // namespace akin::nets
