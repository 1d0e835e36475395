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

/// What opening the file says; "" if it can be opened as a text.
std::string refusal(const std::string& path) {
  try {
    open_text(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBadData);
    return error.what();
  }
  return "";
}

TEST(Input, SaysWhatItCannotReadInsideArchivesToo) {
  const TempDir dir;
  const std::string zip("PK\x03\x04\x14\0\0\0", 8);
  for (const std::string& content : {zip, gzipped(zip), zstd_compressed(zip)}) {
    write_file(dir / "f", content);
    EXPECT_EQ(refusal(dir / "f"),
              dir / "f: is a zip archive (as xlsx, docx and npz files are); unpack it first");
    EXPECT_THROW(open_input(dir / "f"), Error);
    EXPECT_THROW(LineReader(dir / "f"), Error);
    EXPECT_THROW(read_text(dir / "f"), Error);
  }
  for (const std::string& content : {gzipped(gzipped("a\n")), zstd_compressed(gzipped("a\n"))}) {
    write_file(dir / "f", content);
    EXPECT_NE(refusal(dir / "f").find("is a gzip archive inside another archive"), std::string::npos);
  }
  write_file(dir / "f", gzipped(zstd_compressed("a\n")));
  EXPECT_NE(refusal(dir / "f").find("is a zstd archive inside another archive"), std::string::npos);
  write_file(dir / "f", gzipped(std::string("u\0s\0e\0r\0\n\0", 10)));
  EXPECT_NE(refusal(dir / "f").find("is UTF-16LE text; convert it first"), std::string::npos);
  write_file(dir / "f", gzipped("a\n"));
  EXPECT_EQ(refusal(dir / "f"), "");
}

TEST(Input, ArchivesThatGrowWithoutEndAreRefused) {
  const TempDir dir;
  const std::string zeros(std::size_t{300} << 20, '0');
  for (const std::string& archive : {gzipped(zeros), zstd_compressed(zeros)}) {
    write_file(dir / "f", archive);
    try {
      read_file(dir / "f");
      ADD_FAILURE() << "read";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadData);
      EXPECT_NE(std::string(error.what()).find("f: becomes over 250 times larger"), std::string::npos);
    }
  }
}

TEST(Input, TextsForTreesHaveALimit) {
  const TempDir dir;
  write_file(dir / "f", gzipped(std::string((1 << 20) + 1, '[')));
  EXPECT_EQ(read_text(dir / "f").size(), (1u << 20) + 1);
  try {
    read_text(dir / "f", 1 << 20);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()), dir / "f: is larger than 1 MiB; is this the right file?");
  }
}

TEST(Input, ReadsUpToWhatIsThere) {
  const TempDir dir;
  const std::string text = many_lines();
  write_file(dir / "f", text);
  EXPECT_EQ(read_up_to(*open_input(dir / "f"), text.size() - 7), text.substr(0, text.size() - 7));
  const std::string all = read_up_to(*open_input(dir / "f"), std::size_t{1} << 62);
  EXPECT_EQ(all, text);
  EXPECT_EQ(open_input(dir / "f")->size(), text.size());
  EXPECT_EQ(open_input(dir / "f")->head(), text.substr(0, 512));
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

TEST(LineReader, RefusesLongerLinesThanItIsTold) {
  const TempDir dir;
  constexpr std::size_t kMost = 2 << 20;
  const std::string longest(kMost, 'x');
  write_file(dir / "f", "short\n" + longest + "\n" + longest + "x\n");
  LineReader reader(dir / "f", kMost);
  EXPECT_EQ(reader.next(), "short");
  EXPECT_EQ(reader.next(), longest);
  try {
    reader.next();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()), dir / "f:3: a line of over 2 MiB; is this the right file?");
  }
}

}  // namespace
}  // namespace akin
