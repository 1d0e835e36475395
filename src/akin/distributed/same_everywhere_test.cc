#include "akin/distributed/same_everywhere.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/rank_threads_for_test.h"

namespace akin::distributed {
namespace {

TEST(SameEverywhere, NamesWhatDiffersAndWhere) {
  on_ranks(3, [](const Communicator& ranks) {
    check_same_everywhere(ranks, {{"version of akin", "1"}, {"command line", "train als"}});
    try {
      check_same_everywhere(ranks, {{"version of akin", "1"}, {"data", ranks.rank() == 2 ? "b" : "a"}});
      FAIL() << "nothing was noticed at rank " << ranks.rank();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      EXPECT_NE(std::string(error.what()).find("the data differs: 'b' at rank 2 on "), std::string::npos)
          << error.what();
    }
  });
}

TEST(SameEverywhere, OfAProcessAlone) { check_same_everywhere(alone(), {{"data", "a"}}); }

}  // namespace
}  // namespace akin::distributed
