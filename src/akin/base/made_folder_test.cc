#include "akin/base/made_folder.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"

namespace akin {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMaker = "akin test";

std::string error_of(const std::string& path, const std::string& maker = kMaker) {
  try {
    MadeFolder(path, maker, "name another");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

void make(const std::string& path, const std::vector<std::string>& names) {
  MadeFolder folder(path, kMaker, "name another");
  folder.claim(names);
  for (const std::string& name : names) {
    fs::create_directories(fs::path(path + "/" + name).parent_path());
    write_file(path + "/" + name, "made");
  }
}

TEST(MadeFolder, DeletesOnlyWhatWasMade) {
  const TempDir dir;
  make(dir / "d", {"a", "images/1", "images/2", "alone/1"});
  write_file(dir / "d/images/mine", "mine");
  write_file(dir / "d/mine", "mine");
  MadeFolder(dir / "d", kMaker, "").remove_all();
  EXPECT_FALSE(fs::exists(dir / "d/a"));
  EXPECT_FALSE(fs::exists(dir / "d/images/1"));
  EXPECT_FALSE(fs::exists(dir / "d/alone"));
  EXPECT_EQ(read_file(dir / "d/images/mine"), "mine");
  EXPECT_EQ(read_file(dir / "d/mine"), "mine");

  make(dir / "e", {"a", "images/1"});
  MadeFolder(dir / "e", kMaker, "").remove_all();
  EXPECT_FALSE(fs::exists(dir / "e"));
}

TEST(MadeFolder, RefusesWhatOthersMade) {
  const TempDir dir;
  write_file(dir / "file", "x");
  fs::create_directory(dir / "full");
  write_file(dir / "full/mine", "mine");
  EXPECT_NE(error_of(dir / "file").find("is a file, not a folder; name another"), std::string::npos);
  EXPECT_NE(error_of(dir / "full").find("holds files that akin test did not write"), std::string::npos);
  make(dir / "d", {"a"});
  EXPECT_EQ(error_of(dir / "d"), "no error");
  EXPECT_NE(error_of(dir / "d", "akin other").find("was not made by akin other"), std::string::npos);
  write_file(dir / "full/.akin-made", "a list of mine\n");
  EXPECT_NE(error_of(dir / "full").find("was not made by"), std::string::npos);
  EXPECT_EQ(read_file(dir / "full/mine"), "mine");
}

TEST(MadeFolder, ClaimsNoFileOfOthers) {
  const TempDir dir;
  make(dir / "d", {"a"});
  write_file(dir / "d/b", "mine");
  write_file(dir / "precious", "mine");
  fs::create_directory(dir / "elsewhere");
  fs::create_directory_symlink(dir / "elsewhere", dir / "d/images");
  MadeFolder folder(dir / "d", kMaker, "name another");
  EXPECT_NO_THROW(folder.claim("a"));
  EXPECT_THROW(folder.claim("b"), Error);
  EXPECT_THROW(folder.claim("images/1"), Error) << "a link leads elsewhere";
  EXPECT_THROW(folder.claim(std::vector<std::string>{"c", "b"}), Error);
  EXPECT_EQ(folder.made(), (std::vector<std::string>{"a"})) << "nothing is noted where one name is refused";
  fs::remove(dir / "d/a");
  fs::create_symlink(dir / "precious", dir / "d/a");
  EXPECT_THROW(folder.claim("a"), Error) << "a link took the file's place";
}

TEST(MadeFolder, DeletesNothingBehindLinksOrOutside) {
  const TempDir dir;
  make(dir / "d", {"images/1"});
  fs::rename(dir / "d/images", dir / "moved");
  fs::create_directory_symlink(dir / "moved", dir / "d/images");
  MadeFolder(dir / "d", kMaker, "").remove_all();
  EXPECT_EQ(read_file(dir / "moved/1"), "made");

  make(dir / "deep", {"a/b/1"});
  fs::rename(dir / "deep/a", dir / "far");
  fs::create_directory_symlink(dir / "far", dir / "deep/a");  // a link above the folder of the file
  MadeFolder(dir / "deep", kMaker, "").remove_all();
  EXPECT_EQ(read_file(dir / "far/b/1"), "made");

  make(dir / "links", {"a", "b"});
  write_file(dir / "precious", "mine");
  fs::remove(dir / "links/a");
  fs::create_symlink("../precious", dir / "links/a");
  MadeFolder(dir / "links", kMaker, "").remove_all();
  EXPECT_TRUE(fs::is_symlink(dir / "links/a")) << "somebody put it there";
  EXPECT_FALSE(fs::exists(dir / "links/b"));

  make(dir / "e", {"a"});
  for (const std::string& name :
       std::vector<std::string>{"../precious", dir / "precious", "x/../../precious"}) {
    const std::string list = read_file(dir / "e/.akin-made");
    write_file(dir / "e/.akin-made", list + name + "\n");
    EXPECT_NE(error_of(dir / "e").find("is not below the folder"), std::string::npos) << name;
    write_file(dir / "e/.akin-made", list);
  }
}

TEST(MadeFolder, LeavesNoTraceOfNothing) {
  const TempDir dir;
  { MadeFolder folder(dir / "d", kMaker, ""); }
  EXPECT_FALSE(fs::exists(dir / "d"));
  fs::create_directory(dir / "empty");
  { MadeFolder folder(dir / "empty", kMaker, ""); }
  EXPECT_TRUE(fs::is_empty(dir / "empty"));
  {
    MadeFolder folder(dir / "killed", kMaker, "");
    write_file(dir / "killed/half", "x");
  }
  EXPECT_EQ(error_of(dir / "killed"), "no error") << "it can be taken again";
}

}  // namespace
}  // namespace akin
