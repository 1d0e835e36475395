#include "akin/base/file_content.h"

#include <gtest/gtest.h>

#include <cstring>

namespace akin {
namespace {

using namespace std::string_view_literals;

std::string tar() {
  std::string archive(512, '\0');
  archive.replace(0, 5, "a.csv");
  archive.replace(257, 5, "ustar");
  return archive;
}

std::string utf16(std::string_view text, bool big_endian) {
  std::string wide;
  for (const char c : text) wide += big_endian ? std::string{'\0', c} : std::string{c, '\0'};
  return wide;
}

TEST(FileContent, SaysWhatIsNoInputOfAkin) {
  const std::vector<std::pair<std::string, std::string>> samples = {
      {"PK\x03\x04\x14", "a zip archive"},
      {std::string("\x7f\x45LF\x02\x01", 6), "a program (ELF)"},
      {"BZh91AY&SY\x01", "a bzip2 archive"},
      {std::string("\xfd\x37zXZ\0\0", 7), "an xz archive"},
      {"7z\xbc\xaf\x27\x1c", "a 7z archive"},
      {"%PDF-1.7\n", "a PDF document"},
      {"PAR1\x15\x04", "a parquet file"},
      {std::string("SQLite format 3\0", 16), "an SQLite database"},
      {"\x89HDF\r\n\x1a\n", "an HDF5 file"},
      {"\x1f\x8b\x08", "a gzip archive inside another"},
      {"\x28\xb5\x2f\xfd", "a zstd archive inside another"},
      {tar(), "a tar archive"},
      {"\x80\x03}", "a Python pickle"},
  };
  for (const auto& [head, name] : samples) {
    for (const auto& said : {foreign_content(head), not_text(head)}) {
      ASSERT_TRUE(said) << name;
      EXPECT_TRUE(said->starts_with("is " + name)) << *said;
      EXPECT_NE(said->find("; "), std::string::npos) << "what to do: " << *said;
    }
  }
}

TEST(FileContent, KnowsWideText) {
  const std::string_view text = "user,item,rating\nu1,i1,5\n";
  EXPECT_EQ(not_text(utf16(text, false)), "is UTF-16LE text; convert it first: iconv -f UTF-16LE -t UTF-8");
  EXPECT_EQ(not_text(utf16(text, true)), "is UTF-16BE text; convert it first: iconv -f UTF-16BE -t UTF-8");
  EXPECT_TRUE(not_text("\xff\xfe" + utf16(text, false))->starts_with("is UTF-16 text"));
  EXPECT_TRUE(not_text("a\0\0\0b\0\0\0"sv)->starts_with("is UTF-32LE text"));
  EXPECT_TRUE(not_text("\0\0\0a\0\0\0b"sv)->starts_with("is UTF-32BE text"));
  EXPECT_TRUE(not_text("a,b\0c,d"sv)->starts_with("has zero bytes"));
}

TEST(FileContent, LeavesTextsAndOwnFormatsAlone) {
  for (const std::string_view text :
       {""sv, "a"sv, "user,item\n"sv, "PAR1,x\n"sv, "BZh,9\n"sv, "Obj,ORC\n"sv, "GIF8\n"sv, "\xff\xfeu\n"sv,
        "\xc3\xa9t\xc3\xa9"sv, "{\"a\": 1}"sv, "PK\n"sv}) {
    EXPECT_FALSE(not_text(text)) << text;
  }
  EXPECT_FALSE(foreign_content("\x93NUMPY\x01"));
  EXPECT_TRUE(not_text("\x93NUMPY\x01")->starts_with("is a NumPy array"));
  // A header of 640 bytes, whose length is the mark of a pickle.
  const std::string_view tensors = "\x80\x02\0\0\0\0\0\0{\"w\":"sv;
  EXPECT_TRUE(is_safetensors(tensors));
  EXPECT_FALSE(foreign_content(tensors));
  EXPECT_TRUE(not_text(tensors)->starts_with("is a safetensors file"));
}

}  // namespace
}  // namespace akin
