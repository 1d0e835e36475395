#include "akin/base/error.h"

#include <gtest/gtest.h>

#include <vector>

namespace akin {
namespace {

TEST(DidYouMean, NamesTheClosestFirst) {
  const std::vector<std::string> names = {"popularity", "item-knn", "als", "bpr", "prod2vec"};
  EXPECT_EQ(did_you_mean("prod2vek", names), " (did you mean prod2vec?)");
  EXPECT_EQ(did_you_mean("ALS", names), " (did you mean als?)");
  EXPECT_EQ(did_you_mean("bpt", names), " (did you mean bpr?)");
}

TEST(DidYouMean, SwappedNeighboursAreOneMistake) {
  const std::vector<std::string> names = {"train", "csv", "als", "html", "help"};
  EXPECT_EQ(did_you_mean("trian", names), " (did you mean train?)");
  EXPECT_EQ(did_you_mean("cvs", names), " (did you mean csv?)");
  EXPECT_EQ(did_you_mean("asl", names), " (did you mean als?)");
  EXPECT_EQ(did_you_mean("htlm", names), " (did you mean html?)");
  EXPECT_EQ(did_you_mean("sla", names), "");  // two swaps are two mistakes
}

TEST(DidYouMean, IsSilentWhenNothingIsClose) {
  const std::vector<std::string> names = {"popularity", "als"};
  EXPECT_EQ(did_you_mean("transformer", names), "");
  EXPECT_EQ(did_you_mean("", names), "");
  EXPECT_EQ(did_you_mean("als", std::vector<std::string>{}), "");
}

TEST(DidYouMean, ListsAtMostThree) {
  const std::vector<std::string> names = {"aaab", "aaac", "aaad", "aaae"};
  EXPECT_EQ(did_you_mean("aaaa", names), " (did you mean aaab, aaac, aaad?)");
}

TEST(Fail, CarriesCodeAndMessage) {
  try {
    fail(ErrorCode::kBadData, "{}:{}: no rating", "reviews.json", 7);
    FAIL() << "did not throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
    EXPECT_STREQ(error.what(), "reviews.json:7: no rating");
  }
}

TEST(Assert, ThrowsAnInternalError) {
  EXPECT_NO_THROW(AKIN_ASSERT(1 + 1 == 2));
  try {
    AKIN_ASSERT(1 + 1 == 3);
    FAIL() << "did not throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInternal);
    EXPECT_NE(std::string(error.what()).find("1 + 1 == 3"), std::string::npos);
  }
}

}  // namespace
}  // namespace akin
