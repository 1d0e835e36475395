#include "akin/cli/path_check.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"

namespace akin::cli {
namespace {

namespace fs = std::filesystem;
using Kind = PathUse::Kind;

class PathCheck : public testing::Test {
 protected:
  /// Whether "-o" (of that kind) and "IN", or another output, are refused, with both named.
  bool clash(const std::string& written, Kind kind, const std::string& other, Kind other_kind = Kind::kRead) {
    const std::string out = written == "-" ? written : dir_ / written,
                      in = other == "-" ? other : dir_ / other;
    try {
      check_paths({{"IN", in, other_kind}, {"-o", out, kind}});
      return false;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUsage) return false;
      const std::string said = error.what();
      EXPECT_NE(said.find("IN"), std::string::npos) << said;
      EXPECT_NE(said.find("-o"), std::string::npos) << said;
      return true;
    }
  }

  TempDir dir_;
};

TEST_F(PathCheck, SeesThroughLinksOfBothKinds) {
  write_file(dir_ / "f", "x");
  fs::create_directory(dir_ / "d");
  fs::create_symlink("../f", dir_ / "d/soft");
  fs::create_hard_link(dir_ / "f", dir_ / "hard");
  fs::create_directory_symlink("d", dir_ / "e");
  for (const char* const out : {"f", "./f", "d/../f", "d/soft", "hard", "e/soft", "e/../f"})
    EXPECT_TRUE(clash(out, Kind::kWrite, "f")) << out;
  EXPECT_FALSE(clash("d/f", Kind::kWrite, "f"));
  EXPECT_FALSE(clash("-", Kind::kWrite, "f"));
}

TEST_F(PathCheck, ComparesNamesOfWhatIsNotThereYet) {
  fs::create_directory(dir_ / "d");
  fs::create_directory_symlink("d", dir_ / "e");
  fs::create_symlink("d/new", dir_ / "dangling");
  for (const char* const out : {"d/new", "e/new", "dangling", "e/./new", "d//new"})
    EXPECT_TRUE(clash(out, Kind::kWrite, "d/new", Kind::kWrite)) << out;
  EXPECT_FALSE(clash("d/new2", Kind::kWrite, "d/new", Kind::kWrite));
  EXPECT_FALSE(clash("new", Kind::kWrite, "d/new", Kind::kWrite));
}

TEST_F(PathCheck, FoldersHoldWhatIsInThem) {
  fs::create_directories(dir_ / "d/sub");
  write_file(dir_ / "d/sub/f", "x");
  write_file(dir_ / "f", "x");
  EXPECT_TRUE(clash("d", Kind::kWriteFolder, "d/sub/f"));
  EXPECT_TRUE(clash("d/", Kind::kWriteFolder, "d/sub"));
  EXPECT_TRUE(clash("d", Kind::kWriteFolder, "d"));
  EXPECT_TRUE(clash("f", Kind::kWriteFolder, "f"));
  EXPECT_TRUE(clash("d/new", Kind::kWrite, "d", Kind::kWriteFolder));
  EXPECT_TRUE(clash("d/sub", Kind::kWriteFolder, "d", Kind::kWriteFolder));
  EXPECT_TRUE(clash("d", Kind::kWriteFolder, "d/sub", Kind::kWriteFolder));
  EXPECT_FALSE(clash("d2", Kind::kWriteFolder, "d/sub/f"));
  EXPECT_FALSE(clash("d", Kind::kWriteFolder, "f"));
}

TEST_F(PathCheck, RawFilesOfAFolderThatIsReadAreSafe) {
  fs::create_directories(dir_ / "raw");
  write_file(dir_ / "raw/u.data", "x");
  TensorWriter("dataset").write(dir_ / "raw/events.data");
  EXPECT_TRUE(clash("raw/u.data", Kind::kWrite, "raw"));
  EXPECT_FALSE(clash("raw/new.data", Kind::kWrite, "raw"));
  EXPECT_FALSE(clash("raw/events.data", Kind::kWrite, "raw")) << "akin made it";
}

TEST_F(PathCheck, PatternsStandForTheirNumbers) {
  write_file(dir_ / "at-3.net", "x");
  write_file(dir_ / "at-x.net", "x");
  fs::create_hard_link(dir_ / "at-3.net", dir_ / "other");
  fs::create_directory_symlink(".", dir_ / "here");
  EXPECT_TRUE(clash("at-{}.net", Kind::kWritePattern, "at-3.net"));
  EXPECT_TRUE(clash("here/at-{}.net", Kind::kWritePattern, "at-3.net"));
  EXPECT_TRUE(clash("at-{}.net", Kind::kWritePattern, "other"));
  EXPECT_TRUE(clash("at-{}.net", Kind::kWritePattern, "at-12.net", Kind::kWrite));
  EXPECT_TRUE(clash("at-12.net", Kind::kWrite, "at-{}.net", Kind::kWritePattern));
  EXPECT_TRUE(clash("same.net", Kind::kWritePattern, "same.net", Kind::kWrite));
  EXPECT_FALSE(clash("at-{}.net", Kind::kWritePattern, "at-x.net"));
  EXPECT_FALSE(clash("at-{}.net", Kind::kWritePattern, "at-.net", Kind::kWrite));
}

TEST_F(PathCheck, WhatIsReadAsAWholeMayBeReplaced) {
  write_file(dir_ / "f", "x");
  for (const bool allowed : {false, true}) {
    const PathUse in{"IN", dir_ / "f", Kind::kRead, [allowed] { return allowed; }};
    const std::vector<PathUse> uses = {in, {"-o", dir_ / "f", Kind::kWrite}};
    if (allowed)
      EXPECT_NO_THROW(check_paths(uses));
    else
      EXPECT_THROW(check_paths(uses), Error);
  }
}

TEST_F(PathCheck, OneFlagMayReadWhatItWritesButNotWriteTwice) {
  write_file(dir_ / "f", "x");
  EXPECT_NO_THROW(check_paths({{"--log", dir_ / "f", Kind::kWrite}, {"--log", dir_ / "f", Kind::kRead}}));
  EXPECT_THROW(check_paths({{"-o", dir_ / "f", Kind::kWrite}, {"-o", dir_ / "f", Kind::kWrite}}), Error);
}

TEST_F(PathCheck, DevicesAreNoFiles) {
  const std::string null = "/dev/null";
  EXPECT_NO_THROW(check_paths({{"IN", null}, {"-o", null, Kind::kWrite}, {"--html", null, Kind::kWrite}}));
  ASSERT_EQ(::mkfifo((dir_ / "pipe").c_str(), 0600), 0);
  EXPECT_TRUE(clash("pipe", Kind::kWrite, "pipe")) << "it would wait for itself";
}

TEST_F(PathCheck, NothingIsWrittenBesideDevices) {
  const auto use = [](const std::string& path, const std::string& beside) {
    return std::vector<PathUse>{{.flag = "-o", .path = beside, .kind = Kind::kWrite},
                                {.flag = "-o", .path = path, .kind = Kind::kWrite, .beside = beside}};
  };
  ASSERT_EQ(::mkfifo((dir_ / "pipe").c_str(), 0600), 0);
  for (const std::string& odd : {std::string("/dev/null"), dir_ / "pipe"}) {
    try {
      check_paths(use(dir_ / "f", odd));
      ADD_FAILURE() << odd;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      EXPECT_NE(std::string_view(error.what()).find("beside " + odd + ", which is no regular file"),
                std::string_view::npos)
          << error.what();
    }
  }
  EXPECT_NO_THROW(check_paths(use(dir_ / "f", dir_ / "new")));
}

TEST_F(PathCheck, WhatIsWrittenInItsPlaceMayBeNamedTwice) {
  write_file(dir_ / "f", "x");
  const PathUse from{.flag = "--from", .path = dir_ / "f", .kind = Kind::kWrite, .in_place = true};
  EXPECT_NO_THROW(check_paths({from, from}));
  EXPECT_THROW(check_paths({from, {"--users-file", dir_ / "f"}}), Error);
  EXPECT_THROW(check_paths({from, {"-o", dir_ / "f", Kind::kWrite}}), Error);
  EXPECT_THROW(
      check_paths({{.flag = "--from", .path = dir_ / "no/f", .kind = Kind::kWrite, .in_place = true}}),
      Error);
}

TEST_F(PathCheck, SaysWhatCannotBeWritten) {
  try {
    check_paths({{"-o", dir_ / "no/f", Kind::kWrite}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
  }
}

}  // namespace
}  // namespace akin::cli
