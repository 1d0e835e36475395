#include "akin/image/item_pictures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "akin/base/error_for_test.h"
#include "akin/base/temp_dir.h"
#include "akin/data/item_content.h"
#include "akin/image/picture_blocks.h"

namespace akin {
namespace {

namespace fs = std::filesystem;

class ItemPictures : public testing::Test {
 protected:
  ItemPictures() {
    for (const char* id : {"7", "shoe-1", "bag", "none"}) data_.items.add(id);
    fs::create_directories(dir_ / "p/bag");
    for (const char* name : {"p/7.png", "p/7_2.png", "p/shoe-1.png", "p/bag/front.png", "p/other.png"})
      fs::copy_file(AKIN_SOURCE_DIR "/tests/reference/pictures/rgb.png", dir_ / name);
  }
  std::vector<std::size_t> counts() const {
    const ItemContent content(data_);
    std::vector<std::size_t> result;
    for (std::size_t i = 0; i < data_.n_items(); ++i) result.push_back(content.pictures(i).size());
    return result;
  }
  /// All pictures can be read.
  void expect_readable() const {
    const ItemContent content(data_);
    const Context context;
    const PictureReader reader(context);
    for (std::size_t i = 0; i < data_.n_items(); ++i) {
      for (const std::string_view path : content.pictures(i)) EXPECT_EQ(reader.read(path).width, 16) << path;
    }
  }
  TempDir dir_;
  Dataset data_;
};

TEST_F(ItemPictures, OfAFolderAndAnArchive) {
  ASSERT_EQ(std::system(("cd '" + (dir_ / "") + "' && tar czf p.tgz p").c_str()), 0);
  for (const char* source : {"p", "p.tgz"}) {
    const PictureMatches found = attach_pictures(data_, dir_ / source, {});
    EXPECT_EQ(counts(), (std::vector<std::size_t>{2, 1, 1, 0})) << source;
    EXPECT_EQ(found.items, 3u);
    EXPECT_EQ(found.pictures, 4u);
    EXPECT_EQ(found.others, 1u);
    EXPECT_TRUE(contains(found.examples[0], "other.png"));
    expect_readable();
  }
}

TEST_F(ItemPictures, OfATable) {
  std::ofstream(dir_ / "t.csv") << "id,image\n7,p/7.png\nbag,p/bag/front.png\n7,p/7_2.png\nunknown,p/7.png\n";
  const PictureMatches found = attach_pictures(data_, dir_ / "t.csv", {});
  EXPECT_EQ(counts(), (std::vector<std::size_t>{2, 0, 1, 0}));
  EXPECT_EQ(found.examples, (std::vector<std::string>{"unknown"}));
  expect_readable();
  for (const char* text : {"id,path\n7,p/7.png\n", "id;file name\n7;p/7.png\n", "7\tp/7.png\n"}) {
    std::ofstream(dir_ / "other.csv") << text;
    const PictureMatches other = attach_pictures(data_, dir_ / "other.csv", {});
    EXPECT_EQ(other.items, 1u) << text;
    EXPECT_EQ(other.others, 0u) << text;
    expect_readable();
  }
  std::ofstream(dir_ / "bad.csv") << "7,p/7.png\nbag\n";
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { attach_pictures(data_, dir_ / "bad.csv", {}); }),
                       "bad.csv:2"));
}

TEST_F(ItemPictures, AnArchiveMayHaveTheSignInItsName) {
  ASSERT_EQ(std::system(("cd '" + (dir_ / "") + "' && tar cf 'p#1.tar' p").c_str()), 0);
  EXPECT_EQ(attach_pictures(data_, dir_ / "p#1.tar", {}).items, 3u);
  expect_readable();
}

TEST_F(ItemPictures, WhatCannotBeReadSaysWhere) {
  const Context context;
  const PictureReader reader(context);
  EXPECT_TRUE(contains(message_of(ErrorCode::kIo, [&] { reader.read(dir_ / "no.png"); }),
                       "no.png: there is no such file"));
  std::ofstream(dir_ / "bad.png") << "text";
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { reader.read(dir_ / "bad.png"); }),
                       "bad.png: this is no JPEG"));
  fs::create_directories(dir_ / "q");
  fs::copy_file(AKIN_SOURCE_DIR "/tests/reference/pictures/rgb.png", dir_ / "q/zzz.png");
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { attach_pictures(data_, dir_ / "q", {}); }),
                       "none of its 1 pictures belongs to an item"));
}

TEST_F(ItemPictures, BlocksEndWhereTheyHaveEnoughBytes) {
  const std::string broken = dir_ / "none.png", good = dir_ / "p/7.png";
  std::vector<std::string_view> paths(23, good);
  paths[5] = paths[22] = broken;
  std::string remark;
  Context context;
  context.threads = 1;
  context.on_remark = [&](std::string_view text) { remark = text; };
  std::vector<std::size_t> places;
  std::size_t blocks = 0, largest = 0;
  const auto use = [&](const PictureBlock& block) {
    ++blocks;
    largest = std::max(largest, block.pictures.size());
    for (const Picture& picture : block.pictures) EXPECT_EQ(picture.width, 16);
    places.insert(places.end(), block.places.begin(), block.places.end());
  };
  for_picture_blocks(paths, {.most_bytes = 1}, "reading", context, use);
  EXPECT_EQ(blocks, 6u);
  EXPECT_EQ(largest, 4u);
  std::vector<std::size_t> expected;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (i != 5 && i != 22) expected.push_back(i);
  }
  EXPECT_EQ(places, expected);
  EXPECT_TRUE(contains(remark, "2 pictures cannot be read"));
  blocks = 0;
  for_picture_blocks(paths, {.most_pictures = 10}, "reading", context, use);
  EXPECT_EQ(blocks, 3u);
}

TEST(BrokenPicturesTest, AreCountedAndTheFirstNamed) {
  BrokenPictures broken;
  EXPECT_EQ(broken.remark(), "");
  for (const char* name : {"d", "b", "c", "a"}) broken.add(name);
  EXPECT_EQ(broken.remark(), "4 pictures cannot be read and are left out: a; b; c; ...");
}

}  // namespace
}  // namespace akin
