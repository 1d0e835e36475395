#include "akin/base/zip_archive.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/temp_dir.h"
#include "akin/base/zip_for_test.h"

namespace akin {
namespace {

std::string content_of(const ZipArchive& archive, std::string_view name) {
  const auto stream = archive.open(name);
  return read_up_to(*stream, std::size_t{1} << 26);
}

class ZipArchiveTest : public testing::Test {
 protected:
  std::string error_of(std::string_view bytes, std::string_view name) {
    write_file(path_, bytes);
    try {
      content_of(ZipArchive(path_), name);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData);
      return error.what();
    }
    return "accepted";
  }
  TempDir dir_;
  const std::string path_ = dir_ / "a.zip";
};

TEST_F(ZipArchiveTest, ReadsStoredAndDeflatedFiles) {
  const std::string large = std::string(300'000, 'x') + "end";
  for (const bool deflate : {false, true}) {
    write_file(path_, zip_of({{"a.txt", "hello"}, {"b/empty", ""}, {"c", large}}, deflate));
    const ZipArchive archive(path_);
    EXPECT_EQ(content_of(archive, "a.txt"), "hello");
    EXPECT_EQ(content_of(archive, "b/empty"), "");
    EXPECT_EQ(content_of(archive, "c"), large);
    EXPECT_FALSE(archive.has("d"));
    EXPECT_THROW(archive.open("d"), Error);
  }
  EXPECT_THROW(ZipArchive(dir_ / "absent"), Error);
}

TEST_F(ZipArchiveTest, RefusesDamage) {
  const std::string whole = zip_of({{"a", std::string(1000, 'a') + "bcd"}}, true);
  for (std::size_t size = 0; size < whole.size(); size += size < 8 ? 1 : 5)
    EXPECT_NE(error_of(whole.substr(0, size), "a"), "accepted") << size << " bytes";
  const std::size_t list = whole.find("PK\x01\x02");
  const auto changed = [&](std::size_t at, char byte) {
    std::string bytes = whole;
    bytes[list + at] = byte;
    return error_of(bytes, "a");
  };
  EXPECT_NE(changed(16, whole[list + 16] ^ 1).find("does not match its size or checksum"), std::string::npos);
  EXPECT_NE(changed(24, 1).find("is longer than the archive says"), std::string::npos);
  EXPECT_NE(changed(8, 1).find("protected by a password"), std::string::npos);
  EXPECT_NE(changed(10, 12).find("method 12"), std::string::npos);
  EXPECT_NE(changed(45, 127).find("cut off or damaged"), std::string::npos) << "its place";
  EXPECT_NE(changed(27, 127).find("MiB when it is unpacked"), std::string::npos) << "its size";
  EXPECT_NE(error_of("user,item\n", "a").find("is not a zip archive"), std::string::npos);
}

}  // namespace
}  // namespace akin
