#include "akin/nn/batch_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <thread>

#include "akin/base/error.h"

namespace akin::nn {
namespace {

/// Sample i is the number i; remembers how many batches were read.
class Numbers final : public SampleSource {
 public:
  explicit Numbers(std::int64_t size, std::int64_t broken = -1) : size_(size), broken_(broken) {}
  std::int64_t size() const override { return size_; }
  void read(std::span<const std::int64_t> samples, Batch& batch) const override {
    std::vector<float> values;
    for (const std::int64_t sample : samples) {
      if (sample == broken_) fail(ErrorCode::kBadData, "sample {} is broken", sample);
      values.push_back(static_cast<float>(sample));
    }
    const auto n = static_cast<std::int64_t>(samples.size());
    batch.inputs = {make_array({n, 1}, values)};
    batch.targets = make_array({n, 1}, values);
    ++batches;
  }
  mutable std::atomic<int> batches = 0;

 private:
  std::int64_t size_, broken_;
};

std::vector<float> all_of(const SampleSource& source, const BatchStream::Options& options) {
  std::vector<float> values;
  BatchStream stream(source, options);
  while (const Batch* const batch = stream.next()) {
    const std::vector<float>& part = batch->inputs[0].floats();
    values.insert(values.end(), part.begin(), part.end());
  }
  EXPECT_EQ(stream.next(), nullptr);
  return values;
}

TEST(BatchStream, GivesEverySampleOnceInOrder) {
  std::vector<float> wanted(25);
  std::iota(wanted.begin(), wanted.end(), 0.0f);
  EXPECT_EQ(all_of(Numbers(25), {.batch_size = 7}), wanted);
  EXPECT_EQ(all_of(Numbers(25), {.batch_size = 100}), wanted);
  EXPECT_TRUE(all_of(Numbers(0), {.batch_size = 7}).empty());
}

TEST(BatchStream, ShufflesBySeed) {
  const std::vector<float> a = all_of(Numbers(100), {.batch_size = 8, .shuffle_seed = 1});
  EXPECT_EQ(all_of(Numbers(100), {.batch_size = 8, .shuffle_seed = 1}), a);
  EXPECT_NE(all_of(Numbers(100), {.batch_size = 8, .shuffle_seed = 2}), a);
  EXPECT_FALSE(std::ranges::is_sorted(a));
  std::vector<float> sorted = a;
  std::ranges::sort(sorted);
  EXPECT_EQ(sorted, all_of(Numbers(100), {.batch_size = 8}));
}

TEST(BatchStream, ReadsNoFurtherAheadThanItSays) {
  const Numbers source(1000);
  BatchStream stream(source, {.batch_size = 10});
  for (int i = 1; i <= 3; ++i) {
    ASSERT_NE(stream.next(), nullptr);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_LE(source.batches, i + static_cast<int>(BatchStream::kAhead));
  }
}  // its destructor does not wait for the other 900 samples

TEST(BatchStream, ABatchStaysUntilTheNextIsAskedFor) {
  const Numbers source(100);
  BatchStream stream(source, {.batch_size = 10});
  const Batch* const batch = stream.next();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(batch->inputs[0].floats().at(0), 0);
}

TEST(BatchStream, ThrowsWhatReadingThrewAfterTheBatchesBefore) {
  const Numbers source(100, 55);
  BatchStream stream(source, {.batch_size = 10});
  for (int i = 0; i < 5; ++i) ASSERT_NE(stream.next(), nullptr);
  EXPECT_THROW(stream.next(), Error);
}

TEST(BatchStream, ChecksEachBatch) {
  const Numbers source(30);
  int checked = 0;
  all_of(source, {.batch_size = 10, .check = [&](const Batch&) { ++checked; }});
  EXPECT_EQ(checked, 3);
}

TEST(SourcePart, IsAPartOfSamples) {
  const Batch samples{{make_ids({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8})}, make_array({4, 1}, {1, 2, 3, 4})};
  BatchSource all(samples);
  const SourcePart source(all, 1, 3);
  EXPECT_EQ(source.size(), 3);
  Batch batch;
  source.read(std::vector<std::int64_t>{2, 0}, batch);
  EXPECT_EQ(batch.inputs[0].ids(), (std::vector<std::int32_t>{7, 8, 3, 4}));
  EXPECT_EQ(batch.targets.floats(), (std::vector<float>{4, 2}));
}

}  // namespace
}  // namespace akin::nn
