#include "akin/base/file_content.h"

#include <gtest/gtest.h>

#include <cstring>

namespace akin {
namespace {

using namespace std::string_literals;
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
      {"\x80\x04\x95\x1f\0\0\0\0\0\0\0\x8c\x16gensim.models.word2vec\x94\x8c\x08Word2Vec\x94"s,
       "in gensim's own format (a Python pickle); export its vectors in Python: "
       "model.wv.save_word2vec_format"},
      {"\x80\x02cgensim.models.keyedvectors\nWord2VecKeyedVectors\n",
       "in gensim's own format (a Python pickle); export its vectors in Python: "
       "vectors.save_word2vec_format"},
      {"\xba\x16\x4f\x2f\x0c\0\0\0"s, "a model of fastText"},
      {"PK\x03\x04" + std::string(26, '\0') + "xl/workbook.xml", "an Office file; a table of Excel"},
      {"MZ\x90\0\x03\0\0\0\x04"s, "a program (Windows)"},
      {"\xcf\xfa\xed\xfe\x07\0\0\x01"s, "a program (Mach-O)"},
      {"\xca\xfe\xba\xbe\0\0\0\x34"s, "a Java class"},
      {"\0asm\x01\0\0\0"s, "a program (WebAssembly)"},
      {"ORC\x0a\x03\0\0\0"s, "an ORC file"},
      {"RIFF\x24\x08\0\0WAVEfmt "s, "a WAV recording"},
      {"RIFF\x24\x08\0\0WEBPVP8 "s, "a RIFF file"},
      {"OggS\0\x02"s, "an Ogg recording"},
      {"\0\0\0\x18"s + "ftypmp42\0\0\0\0", "an mp4 film"},
      {"MSCF\0\0\0\0"s, "a cab archive"},
      {"\xed\xab\xee\xdb\x03"s, "an rpm package"},
      {"!<arch>\ndebian-binary", "an ar archive"},
  };
  for (const auto& [head, name] : samples) {
    for (const auto& said : {foreign_content(head), not_text(head)}) {
      ASSERT_TRUE(said) << name;
      EXPECT_TRUE(said->starts_with("is " + name)) << *said;
      EXPECT_NE(said->find("; "), std::string::npos) << "what to do: " << *said;
    }
  }
}

TEST(FileContent, RefusesControlCharactersOfManyKinds) {
  std::string noise;  // what a linear generator gives, without a mark
  std::uint32_t state = 12345;
  for (int i = 0; i < 512; ++i) {
    state = state * 1664525 + 1013904223;
    noise += static_cast<char>(state >> 24);
  }
  for (const std::size_t size : {128UL, 256UL, 512UL}) {
    const auto said = not_text("data," + noise.substr(0, size));
    ASSERT_TRUE(said) << size;
    EXPECT_TRUE(said->starts_with("is not text: there are control characters")) << *said;
    EXPECT_FALSE(foreign_content("data," + noise.substr(0, size)));
  }
  std::string hive;  // fields, lists and maps of Hive
  for (int i = 0; i < 40; ++i) hive += "u1\x01i1\x02i2\x02i3\x01k\x03v\n";
  EXPECT_FALSE(not_text(hive.substr(0, 512)));
  std::string japanese;  // ISO-2022-JP
  for (int i = 0; i < 60; ++i) japanese += "\x1b$B%f!<\x1b(B\n";
  EXPECT_FALSE(not_text(japanese.substr(0, 512)));
  EXPECT_FALSE(not_text("user,item\n\"a\x01\",\"b\x02\"\n\"c\x1f\",\"d\x06\"\n")) << "a few in ids";
  EXPECT_FALSE(not_text("nom,pr\xe9nom\nh\xe9l\xe8ne,\x80\x85\x93\x9f\n")) << "Latin-1 and Windows-1252";
}

TEST(FileContent, KnowsPagesOfHtml) {
  for (const std::string_view page : {"<!DOCTYPE html>\n<html>"sv, "<html lang=\"en\">"sv,
                                      "\xef\xbb\xbf\r\n <!doctype HTML PUBLIC \"\">"sv, "<HTML>\n<HEAD>"sv}) {
    EXPECT_EQ(not_text(page), "is an HTML page; was it an error page of a download?") << page;
    EXPECT_FALSE(foreign_content(page));
  }
  for (const std::string_view text : {"<htmlx,1\n"sv, "html,item\n"sv, "<html"sv, "a,<html>\n"sv})
    EXPECT_FALSE(not_text(text)) << text;
}

TEST(FileContent, KnowsWideText) {
  const std::string_view text = "user,item,rating\nu1,i1,5\n";
  EXPECT_EQ(not_text(utf16(text, false)), "is UTF-16LE text; convert it first: iconv -f UTF-16LE -t UTF-8");
  EXPECT_EQ(not_text(utf16(text, true)), "is UTF-16BE text; convert it first: iconv -f UTF-16BE -t UTF-8");
  EXPECT_TRUE(not_text("\xff\xfe" + utf16(text, false))->starts_with("is UTF-16 text"));
  EXPECT_TRUE(not_text("a\0\0\0b\0\0\0"sv)->starts_with("is UTF-32LE text"));
  EXPECT_TRUE(not_text("\0\0\0a\0\0\0b"sv)->starts_with("is UTF-32BE text"));
  EXPECT_TRUE(not_text(std::string(100, '\0') + "a,b")->starts_with("has many zero bytes"));
  // Chinese with a number and a line end now and then.
  std::string chinese;
  for (int i = 0; i < 30; ++i) chinese += "\x2d\x4e\x87\x65\x2d\x4e"s + utf16(",1\n", false);
  EXPECT_TRUE(not_text(chinese.substr(0, 512))->starts_with("is UTF-16LE text"));
}

TEST(FileContent, LeavesTextsAndOwnFormatsAlone) {
  for (const std::string_view text :
       {""sv, "a"sv, "user,item\n"sv, "PAR1,x\n"sv, "BZh,9\n"sv, "Obj,ORC\n"sv, "GIF8\n"sv, "\xff\xfeu\n"sv,
        "MZ,item\n"sv, "ORC,orc\n"sv, "RIFF,1\n"sv, "the ftyp\n"sv, "a longerWAVE\n"sv, "\xc3\xa9t\xc3\xa9"sv,
        "{\"a\": 1}"sv, "PK\n"sv}) {
    EXPECT_FALSE(not_text(text)) << text;
  }
  EXPECT_FALSE(not_text("a,b\0c,d\n\0"sv)) << "ids of any bytes";
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
