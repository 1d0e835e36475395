#include "akin/data/id_twin.h"

#include <gtest/gtest.h>

namespace akin {
namespace {

TEST(FindTwin, ZerosDecimalsAndBlanks) {
  IdMap ids;
  for (const char* const id : {"17850.0", "007", "x 1", " b ", "1.5", "0"}) ids.add(id);
  EXPECT_EQ(find_twin(ids, "17850"), 0U);
  EXPECT_EQ(find_twin(ids, "017850"), 0U);
  EXPECT_EQ(find_twin(ids, "7"), 1U);
  EXPECT_EQ(find_twin(ids, "7.00"), 1U);
  EXPECT_EQ(find_twin(ids, "b"), 3U);
  EXPECT_EQ(find_twin(ids, "000"), 5U);
  for (const char* const none : {"", " ", "1", "1.50", "15", "x1", "007x"})
    EXPECT_EQ(find_twin(ids, none), std::nullopt);
}

}  // namespace
}  // namespace akin
