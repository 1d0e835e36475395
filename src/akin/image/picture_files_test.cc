#include "akin/image/picture_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "akin/base/error_for_test.h"
#include "akin/base/io.h"
#include "akin/base/zip_for_test.h"

namespace akin {
namespace {

namespace fs = std::filesystem;

class PictureFilesTest : public testing::Test {
 protected:
  PictureFilesTest() {
    fs::create_directories(folder_ / "sub");
    for (const char* name : {"b.JPG", "a.png", "._a.png", "notes.txt", "sub/c_2.webp"})
      std::ofstream(folder_ / name) << "bytes of " << name;
  }
  ~PictureFilesTest() override { fs::remove_all(folder_); }

  const fs::path folder_ = fs::path(testing::TempDir()) / ("pictures-" + std::to_string(getpid()));
  const Context context_;
};

std::string text(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

TEST_F(PictureFilesTest, OfAFolderAndOfArchivesAreTheSame) {
  const PictureFiles files = PictureFiles::open(folder_.string(), context_);
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files.name(0), "a.png");
  EXPECT_EQ(files.name(2), "sub/c_2.webp");
  EXPECT_EQ(text(files.read(1)), "bytes of b.JPG");
  for (const char* pack : {"tar cf x.tar *", "tar czf x.tgz ./*"}) {
    const std::string make = "cd '" + folder_.string() + "' && " + pack;
    ASSERT_EQ(std::system(make.c_str()), 0);
    const fs::path archive = folder_ / (make.find(".tgz") != std::string::npos ? "x.tgz" : "x.tar");
    const PictureFiles packed = PictureFiles::open(archive.string(), context_);
    ASSERT_EQ(packed.size(), 3u) << pack;
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(packed.name(i), files.name(i));
      EXPECT_EQ(packed.read(i), files.read(i));
    }
  }
}

TEST_F(PictureFilesTest, OthersAreCountedAndNamed) {
  std::string remark;
  Context context;
  context.on_remark = [&](std::string_view text) { remark = text; };
  PictureFiles::open(folder_.string(), context);
  EXPECT_EQ(remark, folder_.string() + ": 1 file is left out: notes.txt (not named like a picture)");
  const auto pack = [&](const std::string& name, const std::string& command) {
    EXPECT_EQ(std::system(("cd '" + folder_.string() + "' && " + command).c_str()), 0);
    return (folder_ / name).string();
  };
  // An archive in an archive, and a name that is no ASCII, in any locale; the later of two of a name counts.
  const std::string path =
      pack("y.tar",
           "tar cf inner.tar a.png && mkdir sch\u00F6n && cp a.png sch\u00F6n && tar cf y.tar "
           "inner.tar b.JPG sch\u00F6n && echo new > b.JPG && tar rf y.tar b.JPG");
  const PictureFiles files = PictureFiles::open(path, context);
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files.name(1), "sch\u00F6n/a.png");
  EXPECT_EQ(text(files.read(0)), "new\n");
  EXPECT_EQ(remark, path +
                        ": 2 files are left out: inner.tar (not named like a picture), b.JPG (another of "
                        "this name follows)");
  // Of a zip that says that its names are UTF-8, libarchive has none in the locale "C".
  std::string zip = zip_of({{"\u00FC/a.png", "x"}}, false);
  zip[7] = '\x08';
  zip[zip.find("PK\x01\x02") + 9] = '\x08';
  write_file(folder_ / "u.zip", zip);
  EXPECT_EQ(PictureFiles::open((folder_ / "u.zip").string(), context).name(0), "\u00FC/a.png");
  const std::string only = pack("z.tar", "tar cf z.tar inner.tar");
  EXPECT_NE(message_of(ErrorCode::kBadData, [&] { PictureFiles::open(only, context); }).find("inner.tar"),
            std::string::npos);
}

TEST_F(PictureFilesTest, WhatIsNotThere) {
  EXPECT_THROW(PictureFiles::open((folder_ / "none").string(), context_), Error);
  EXPECT_THROW(PictureFiles::open((folder_ / "notes.txt").string(), context_), Error) << "no archive";
  fs::create_directories(folder_ / "empty");
  EXPECT_THROW(PictureFiles::open((folder_ / "empty").string(), context_), Error);
  const PictureFiles paths =
      PictureFiles::of_paths({(folder_ / "a.png").string(), "/none.jpg", folder_.string()});
  EXPECT_EQ(text(paths.read(0)), "bytes of a.png");
  EXPECT_THROW(paths.read(1), Error);
  EXPECT_THROW(paths.read(2), Error) << "a folder";
}

TEST(PictureNamesTest, TellTheItem) {
  EXPECT_EQ(picture_stem("x/shoes/1163.jpg"), "1163");
  EXPECT_EQ(picture_stem("B00.5"), "B00");
  EXPECT_EQ(picture_folder("x/shoes/1163.jpg"), "shoes");
  EXPECT_EQ(picture_folder("1163.jpg"), "");
  EXPECT_EQ(numbered_stem("x/1163_2.jpg"), "1163");
  EXPECT_EQ(numbered_stem("red-shoe-12.jpg"), "red-shoe");
  EXPECT_EQ(numbered_stem("1163.jpg"), "");
  EXPECT_EQ(numbered_stem("_2.jpg"), "");
  EXPECT_EQ(numbered_stem("shoe_.jpg"), "");
}

}  // namespace
}  // namespace akin
