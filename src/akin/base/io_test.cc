#include "akin/base/io.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <vector>

#include "akin/base/error.h"
#include "akin/base/temp_dir.h"

namespace akin {
namespace {

std::string gzipped(const std::string& text) {
  z_stream state = {};
  deflateInit2(&state, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 1000, '\0');
  std::string in = text;
  state.next_in = reinterpret_cast<Bytef*>(in.data());
  state.avail_in = static_cast<uInt>(in.size());
  state.next_out = reinterpret_cast<Bytef*>(out.data());
  state.avail_out = static_cast<uInt>(out.size());
  deflate(&state, Z_FINISH);
  out.resize(state.total_out);
  deflateEnd(&state);
  return out;
}

std::string zstd_compressed(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

std::string many_lines() {
  std::string text;
  for (int i = 0; i < 200'003; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

std::vector<std::string> lines_of(const std::string& path) {
  LineReader reader(path);
  std::vector<std::string> lines;
  while (const auto line = reader.next()) lines.emplace_back(*line);
  return lines;
}

TEST(Input, ReadsPlainGzipAndZstd) {
  const TempDir dir;
  const std::string text = many_lines();
  write_file(dir / "plain", text);
  write_file(dir / "a.gz", gzipped(text));
  write_file(dir / "a.zst", zstd_compressed(text));
  write_file(dir / "two-members", gzipped(text) + gzipped("more\n"));
  EXPECT_EQ(read_file(dir / "plain"), text);
  EXPECT_EQ(read_file(dir / "a.gz"), text);
  EXPECT_EQ(read_file(dir / "a.zst"), text);
  EXPECT_EQ(read_file(dir / "two-members"), text + "more\n");
  write_file(dir / "empty", "");
  EXPECT_EQ(read_file(dir / "empty"), "");
}

TEST(Input, EveryTruncatedArchiveIsAnError) {
  const TempDir dir;
  for (const std::string& archive : {gzipped("one\ntwo\nthree\n"), zstd_compressed("one\ntwo\nthree\n")}) {
    for (std::size_t size = 4; size < archive.size(); ++size) {
      write_file(dir / "cut", archive.substr(0, size));
      EXPECT_THROW(read_file(dir / "cut"), Error) << size << " of " << archive.size();
    }
  }
}

TEST(Input, DamagedGzipIsAnError) {
  const TempDir dir;
  std::string archive = gzipped(many_lines());
  archive[archive.size() / 2] = static_cast<char>(archive[archive.size() / 2] ^ 0x55);
  write_file(dir / "damaged.gz", archive);
  EXPECT_THROW(read_file(dir / "damaged.gz"), Error);
}

TEST(Input, MissingFilesAndDirectoriesAreNamed) {
  const TempDir dir;
  try {
    open_input(dir / "absent");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_NE(std::string(error.what()).find("absent: no such file"), std::string::npos);
  }
  EXPECT_THROW(open_input(dir / "."), Error);
}

TEST(LineReader, HandlesEveryLineEnd) {
  const TempDir dir;
  write_file(dir / "f",
             "\xef\xbb\xbf"
             "a\r\nb\n\nlast");
  EXPECT_EQ(lines_of(dir / "f"), (std::vector<std::string>{"a", "b", "", "last"}));
  write_file(dir / "f", "a\n");
  EXPECT_EQ(lines_of(dir / "f"), (std::vector<std::string>{"a"}));
  write_file(dir / "f", "");
  EXPECT_TRUE(lines_of(dir / "f").empty());
}

TEST(LineReader, SaysThatAFileIsUtf16) {
  const TempDir dir;
  for (const std::string_view text :
       {std::string_view("\xff\xfeu\0\n\0", 6), std::string_view("\xfe\xff\0u\0\n", 6)}) {
    write_file(dir / "f", text);
    try {
      LineReader(dir / "f").next();
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData);
      EXPECT_NE(std::string(error.what()).find("f: is UTF-16 text"), std::string::npos);
    }
  }
  write_file(dir / "f", "\xff\xfeu\n");  // an id of any bytes
  EXPECT_EQ(lines_of(dir / "f"), (std::vector<std::string>{"\xff\xfeu"}));
}

TEST(LineReader, KnowsHowFarCompressedFilesAreRead) {
  const TempDir dir;
  const std::string text = many_lines();
  for (const std::string& content : {text, gzipped(text), zstd_compressed(text)}) {
    write_file(dir / "f", content);
    LineReader reader(dir / "f");
    EXPECT_EQ(reader.source_position().total, content.size());
    std::uint64_t before = 0;
    while (reader.next()) {
      ASSERT_GE(reader.source_position().done, before);
      before = reader.source_position().done;
    }
    EXPECT_EQ(before, content.size());
  }
}

TEST(LineReader, CountsLinesAndBytes) {
  const TempDir dir;
  const std::string text = many_lines();
  write_file(dir / "f", text);
  LineReader reader(dir / "f");
  std::uint64_t n = 0;
  while (const auto line = reader.next()) {
    ASSERT_EQ(*line, "line " + std::to_string(n));
    ++n;
    ASSERT_EQ(reader.line_number(), n);
  }
  EXPECT_EQ(n, 200'003u);
  EXPECT_EQ(reader.bytes_read(), text.size());
  EXPECT_EQ(reader.position(), (dir / "f") + ":200003");
}

TEST(LineReader, GrowsForLongLines) {
  const TempDir dir;
  const std::string longest(5'000'011, 'x');
  write_file(dir / "f", "short\n" + longest + "\nend\n");
  EXPECT_EQ(lines_of(dir / "f"), (std::vector<std::string>{"short", longest, "end"}));
}

}  // namespace
}  // namespace akin
