#include "akin/cli/flags/id_list.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"

namespace akin::cli {
namespace {

TEST(IdList, HoldsEachIdOnce) {
  const TempDir dir;
  std::string text = "b\n\na\r\n";
  for (int i = 0; i < 1031; ++i) text += "b\n";
  write_file(dir / "ids", text + "c");
  EXPECT_EQ(read_id_list(dir / "ids"), (std::vector<std::string>{"b", "a", "c"}));
}

TEST(IdList, BlanksAroundAnIdAndQuotesDoNotCount) {
  const TempDir dir;
  write_file(dir / "ids", " a \n\t\n\"b, c\"\t\n\"say \"\"x\"\"\"\nd, e\n\"\"\n\"f\"g\n\xc2\xa0h\n");
  EXPECT_EQ(read_id_list(dir / "ids"),
            (std::vector<std::string>{"a", "b, c", "say \"x\"", "d, e", "\"f\"g", "h"}));
}

TEST(IdList, ALineHasALimit) {
  const TempDir dir;
  const std::string longest(LineReader::kLongestId, 'x');
  write_file(dir / "ids", "a\n" + longest + "\n");
  EXPECT_EQ(read_id_list(dir / "ids").size(), 2U);
  write_file(dir / "ids", "a\n" + longest + "x\n");
  try {
    read_id_list(dir / "ids");
    ADD_FAILURE() << "read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
    EXPECT_EQ(error.what(), dir / "ids:2: a line of over 64 KiB; is this the right file?");
  }
}

}  // namespace
}  // namespace akin::cli
