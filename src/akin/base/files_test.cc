#include "akin/base/files.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"

namespace akin {
namespace {

std::string refusal(const std::string& path) {
  try {
    file_exists(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    return error.what();
  }
  return "";
}

TEST(Files, KnowsSizes) {
  const TempDir dir;
  write_file(dir / "a", "12345");
  write_file(dir / "empty", "");
  EXPECT_EQ(size_of_file(dir / "a"), 5U);
  EXPECT_EQ(size_of_file(dir / "empty"), 0U);
  EXPECT_EQ(size_of_file("/dev/null"), 0U);
  EXPECT_FALSE(file_exists(dir / "absent"));
  EXPECT_FALSE(file_exists(dir / "absent/deeper"));
  EXPECT_FALSE(file_exists(dir / "a/below a file"));
  EXPECT_FALSE(file_exists(""));
}

TEST(Files, SaysWhyAPathCannotBeLookedUp) {
  const TempDir dir;
  std::filesystem::create_symlink(dir / "b", dir / "a");
  std::filesystem::create_symlink(dir / "a", dir / "b");
  EXPECT_EQ(refusal(dir / "a"), (dir / "a") + ": cannot be looked up: Too many levels of symbolic links");
  const std::string longest = dir / std::string(300, 'x');
  EXPECT_EQ(refusal(longest), longest + ": cannot be looked up: File name too long");
  EXPECT_EQ(refusal(dir / ""), (dir / "") + ": is a directory, not a file");
}

}  // namespace
}  // namespace akin
