#include "akin/base/checked.h"

#include <gtest/gtest.h>

namespace akin {
namespace {

constexpr std::size_t kHuge = std::size_t{1} << 62;

TEST(CheckedProduct, MultipliesWhatFits) {
  EXPECT_EQ(checked_product({}), 1u);
  EXPECT_EQ(checked_product({7, 11, 13}), 1001u);
  EXPECT_EQ(checked_product({7, 0, 13}), 0u);
  EXPECT_EQ(checked_product({kHuge, 3}), 3 * kHuge);
}

TEST(CheckedProduct, RefusesWhatDoesNot) {
  EXPECT_FALSE(checked_product({kHuge, 4}));
  EXPECT_FALSE(checked_product({1ull << 33, 1ull << 31}));
  EXPECT_FALSE(checked_product({0, kHuge, 4})) << "a zero hides nothing";
  EXPECT_FALSE(checked_product({kHuge, 4, 0}));
}

}  // namespace
}  // namespace akin
