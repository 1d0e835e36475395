#include "akin/base/file_content.h"

#include <fmt/format.h>

#include <algorithm>

namespace akin {
namespace {

using namespace std::string_view_literals;

struct Mark {
  std::string_view bytes;
  std::string_view name;
  std::string_view advice;
  std::size_t at = 0;
};

constexpr std::string_view kUnpack = "unpack it first";
constexpr std::string_view kSaveText = "save its content as text first";
constexpr std::string_view kSaveTable = "save its table as csv first";
constexpr std::string_view kOther = "name a data file";
constexpr std::string_view kTwice = "unpack it until it is packed once or not at all";

// Each has a byte that no text has, or is too long to be there by chance.
constexpr Mark kMarks[] = {
    {"\x1f\x8b"sv, "a gzip archive inside another archive", kTwice},
    {"\x28\xb5\x2f\xfd"sv, "a zstd archive inside another archive", kTwice},
    {"PK\x03\x04"sv, "a zip archive (as xlsx, docx and npz files are)", kUnpack},
    {"PK\x05\x06"sv, "an empty zip archive", kUnpack},
    {"PK\x07\x08"sv, "a zip archive in parts", kUnpack},
    {"1AY&SY"sv, "a bzip2 archive", kUnpack, 4},
    {"\x17\x72\x45\x38\x50\x90"sv, "an empty bzip2 archive", kUnpack, 4},
    {"\xfd"
     "7zXZ\0"sv,
     "an xz archive", kUnpack},
    {"7z\xbc\xaf\x27\x1c"sv, "a 7z archive", kUnpack},
    {"Rar!\x1a\x07"sv, "a rar archive", kUnpack},
    {"\x1f\x9d"sv, "a compress (.Z) archive", kUnpack},
    {"\x04\x22\x4d\x18"sv, "an lz4 archive", kUnpack},
    {"LZIP\x01"sv, "an lzip archive", kUnpack},
    {"\x5d\0\0"sv, "an lzma archive", kUnpack},
    {"ustar"sv, "a tar archive", kUnpack, 257},
    {"\x7f"
     "ELF"sv,
     "a program (ELF)", kOther},
    {"%PDF-"sv, "a PDF document", kSaveText},
    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "an old Office document (xls, doc)", kSaveTable},
    {"PAR1\x15"sv, "a parquet file", kSaveTable},
    {"ARROW1\0\0"sv, "an Arrow (feather) file", kSaveTable},
    {"Obj\x01"sv, "an Avro file", kSaveTable},
    {"SQLite format 3\0"sv, "an SQLite database", kSaveTable},
    {"\x89HDF\r\n\x1a\n"sv, "an HDF5 file",
     "akin reads it for the weights of nets, under a name that ends in .h5"},
    {"\x89PNG\r\n\x1a\n"sv, "a PNG picture", kOther},
    {"\xff\xd8\xff"sv, "a JPEG picture", kOther},
    {"GIF87a"sv, "a GIF picture", kOther},
    {"GIF89a"sv, "a GIF picture", kOther},
    {"\x80\x02"sv, "a Python pickle", kSaveText},
    {"\x80\x03"sv, "a Python pickle", kSaveText},
    {"\x80\x04\x95"sv, "a Python pickle", kSaveText},
    {"\x80\x05\x95"sv, "a Python pickle", kSaveText},
};

bool bears(std::string_view head, const Mark& mark) {
  return head.size() > mark.at && head.substr(mark.at).starts_with(mark.bytes);
}

std::string utf(std::string_view encoding) {
  return fmt::format("is {0} text; convert it first: iconv -f {0} -t UTF-8", encoding);
}

/// Text in UTF-16 or UTF-32 has zero bytes at every second place, or at three of four.
std::optional<std::string> wide_text(std::string_view head) {
  if (head.find('\0') == std::string_view::npos) return std::nullopt;
  if (head.starts_with("\xff\xfe\0\0"sv) || head.starts_with("\0\0\xfe\xff"sv)) return utf("UTF-32");
  if (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff")) return utf("UTF-16");
  std::size_t zeros[4] = {};
  for (std::size_t i = 0; i < head.size(); ++i) zeros[i % 4] += head[i] == '\0' ? 1 : 0;
  const std::size_t least = std::max<std::size_t>(1, head.size() / 16);  // a quarter of the places
  const bool zero_first = zeros[0] >= least, zero_last = zeros[3] >= least;
  if (zeros[1] >= least && zeros[2] >= least && zero_first != zero_last)
    return utf(zero_last ? "UTF-32LE" : "UTF-32BE");
  if (zeros[0] + zeros[2] == 0 && zeros[1] + zeros[3] >= 2 * least) return utf("UTF-16LE");
  if (zeros[1] + zeros[3] == 0 && zeros[0] + zeros[2] >= 2 * least) return utf("UTF-16BE");
  return std::nullopt;
}

}  // namespace

bool is_safetensors(std::string_view head) {
  return head.size() > 8 && head.substr(5).starts_with("\0\0\0{"sv);
}

std::optional<std::string> foreign_content(std::string_view head) {
  if (is_safetensors(head)) return std::nullopt;  // whose length may look like any mark
  for (const Mark& mark : kMarks) {
    if (bears(head, mark)) return fmt::format("is {}; {}", mark.name, mark.advice);
  }
  return std::nullopt;
}

std::optional<std::string> not_text(std::string_view head) {
  if (auto foreign = foreign_content(head)) return foreign;
  if (head.starts_with("\x93NUMPY")) return "is a NumPy array; text is expected here";
  if (is_safetensors(head))
    return "is a safetensors file, as data sets and models of akin are; text is expected here";
  if (auto wide = wide_text(head)) return wide;
  if (head.find('\0') == std::string_view::npos) return std::nullopt;
  return "has zero bytes among its first ones: is it binary, or UTF-16 text? Save it as UTF-8 text first";
}

}  // namespace akin
