#include "akin/base/same_file.h"

#include <gtest/gtest.h>

#include "akin/base/atomic_file.h"
#include "akin/base/error.h"
#include "akin/base/rank_threads_for_test.h"
#include "akin/base/temp_dir.h"

namespace akin {
namespace {

TEST(SameFile, IsRefusedWhereItDiffersBehindItsBeginning) {
  const TempDir dir;
  const std::string text(200'000, 'a');
  write_file(dir / "0", text);
  write_file(dir / "1", text);
  write_file(dir / "2", text.substr(1) + "b");
  on_ranks(3, [&](const Communicator& ranks) {
    check_same_file(ranks, dir / "0");
    EXPECT_THROW(check_same_file(ranks, dir / std::to_string(ranks.rank())), Error) << ranks.rank();
    check_same_file(ranks, dir / (ranks.rank() == 2 ? "none" : "0"));  // who cannot read it will say so
  });
  check_same_file(alone(), dir / "none");
}

}  // namespace
}  // namespace akin
