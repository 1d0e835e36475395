#include "akin/nets/list_samples.h"

#include <gtest/gtest.h>

namespace akin::nets {
namespace {

std::vector<std::int32_t> ids(const nn::Array& array) {
  return std::get<std::vector<std::int32_t>>(array.values);
}

TEST(ListSamples, InputsAreFilledOrCut) {
  for (const std::int64_t length : {0, 2}) {
    ListSamples samples(length);
    samples.add(std::vector<std::int32_t>{1, 2, 1}, 5);
    samples.add({}, 6);
    samples.add(std::vector<std::int32_t>{4}, 7);
    ASSERT_EQ(samples.size(), 2);
    nn::Batch batch;
    samples.read(std::vector<std::int64_t>{1, 0}, batch);
    const auto expected =
        length == 0 ? std::vector<std::int32_t>{4, 0, 0, 1, 2, 1} : std::vector<std::int32_t>{4, 0, 1, 2};
    EXPECT_EQ(ids(batch.inputs.at(0)), expected);
    EXPECT_EQ(batch.targets.floats(), (std::vector<float>{7, 5}));
  }
}

TEST(ListSamples, TargetsAreTheWholeListsWhereThereAreNoClasses) {
  ListSamples samples(2);
  samples.add(std::vector<std::int32_t>{1, 2, 3});
  nn::Batch batch;
  samples.read(std::vector<std::int64_t>{0}, batch);
  EXPECT_EQ(ids(batch.inputs.at(0)), (std::vector<std::int32_t>{1, 2}));
  EXPECT_EQ(ids(batch.targets), (std::vector<std::int32_t>{1, 2, 3}));
}

TEST(ListSamples, HistoriesOfUsersWithEntries) {
  Csr matrix;
  matrix.cols = 4;
  matrix.offsets = {0, 2, 2, 5};  // the second user has nothing
  matrix.indices = {0, 3, 1, 2, 3};
  const ListSamples users = user_histories(matrix);
  ASSERT_EQ(users.size(), 2);
  nn::Batch batch;
  users.read(std::vector<std::int64_t>{1, 0}, batch);
  EXPECT_EQ(batch.inputs.at(0).shape, (nn::Shape{2, 3}));
  EXPECT_EQ(ids(batch.inputs[0]), (std::vector<std::int32_t>{2, 3, 4, 1, 4, 0}));
  EXPECT_EQ(ids(batch.targets), ids(batch.inputs[0]));
}

}  // namespace
}  // namespace akin::nets
