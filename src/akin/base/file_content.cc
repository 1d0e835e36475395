#include "akin/base/file_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace akin {
namespace {

using namespace std::string_view_literals;

struct Mark {
  std::string_view bytes;
  std::string_view name;
  std::string_view advice;
  std::size_t at = 0;
  bool is_text = false;  ///< a text may begin so: it is this only where control characters follow
};

constexpr std::string_view kUnpack = "unpack it first";
constexpr std::string_view kSaveText = "save its content as text first";
constexpr std::string_view kSaveTable = "save its table as csv first";
constexpr std::string_view kSaveParquet =
    "save its table as csv first, in Python: pandas.read_parquet('x.parquet').to_csv('x.csv', index=False)";
constexpr std::string_view kOther = "name a data file";
constexpr std::string_view kTwice = "unpack it until it is packed once or not at all";

// Each has a byte that no text has, is too long to be there by chance, or is_text.
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
    {"!<arch>\n"sv, "an ar archive (as deb packages are)", kUnpack},
    {"\xed\xab\xee\xdb"sv, "an rpm package", kUnpack},
    {"MSCF\0\0\0\0"sv, "a cab archive", kUnpack},
    {"\x7f"
     "ELF"sv,
     "a program (ELF)", kOther},
    {"MZ"sv, "a program (Windows)", kOther, 0, true},
    {"\xcf\xfa\xed\xfe"sv, "a program (Mach-O)", kOther},
    {"\xce\xfa\xed\xfe"sv, "a program (Mach-O)", kOther},
    {"\xfe\xed\xfa\xcf"sv, "a program (Mach-O)", kOther},
    {"\xfe\xed\xfa\xce"sv, "a program (Mach-O)", kOther},
    {"\xca\xfe\xba\xbe"sv, "a Java class or a program (Mach-O)", kOther},
    {"\0asm"sv, "a program (WebAssembly)", kOther},
    {"%PDF-"sv, "a PDF document", kSaveText},
    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "an old or encrypted Office document (xls, doc)", kSaveTable},
    {"PAR1\x15"sv, "a parquet file", kSaveParquet},
    {"ARROW1\0\0"sv, "an Arrow (feather) file", kSaveTable},
    {"Obj\x01"sv, "an Avro file", kSaveTable},
    {"ORC"sv, "an ORC file", kSaveTable, 0, true},
    {"SQLite format 3\0"sv, "an SQLite database", kSaveTable},
    {"\x89HDF\r\n\x1a\n"sv, "an HDF5 file",
     "akin reads it for the weights of nets, under a name that ends in .h5"},
    {"\x89PNG\r\n\x1a\n"sv, "a PNG picture", kOther},
    {"\xff\xd8\xff"sv, "a JPEG picture", kOther},
    {"WAVE"sv, "a WAV recording", kOther, 8, true},
    {"RIFF"sv, "a RIFF file (picture, film or sound)", kOther, 0, true},
    {"OggS\0"sv, "an Ogg recording or film", kOther},
    {"ID3\x03"sv, "an MP3 recording", kOther},
    {"ID3\x04"sv, "an MP3 recording", kOther},
    {"ftyp"sv, "an mp4 film or sound", kOther, 4, true},
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

/// What content is whose first bytes say more than a mark does.
std::optional<std::string> known_content(std::string_view head) {
  if (is_office_file(head)) return "is an Office file; a table of Excel (xlsx) is read by akin import xlsx";
  // gensim's save() pickles the object; the name of its class comes first.
  if (head.starts_with("\x80") && head.find("gensim.models") != std::string_view::npos) {
    const bool vectors = head.find("keyedvectors") < head.find("gensim.models.word2vec");
    return fmt::format(
        "is in gensim's own format (a Python pickle); export its vectors in Python: "
        "{}.save_word2vec_format('vectors.txt')",
        vectors ? "vectors" : "model.wv");
  }
  if (head.starts_with("\xba\x16\x4f\x2f"))
    return "is a model of fastText; its vectors are in the .vec file beside it, or export them in Python: "
           "gensim.models.fasttext.load_facebook_vectors(FILE).save_word2vec_format('vectors.txt')";
  return std::nullopt;
}

/// Control characters that no text has for its layout; escape sequences and shifts between Japanese scripts use
/// ESC.
bool is_control(char c) { return (c >= 0 && c <= 0x08) || (c >= 0x0E && c <= 0x1F && c != 0x1B); }

/// Whether there are more than a few control characters, and of more kinds than separate fields: files of Hive
/// have \x01, \x02 and \x03 in every line. One byte in ten is a control character where all are equally likely.
bool has_many_controls(std::string_view head) {
  constexpr std::size_t kKinds = 4, kFew = 4;
  std::array<std::size_t, 32> counts{};
  for (const char c : head) {
    if (is_control(c)) ++counts[static_cast<std::size_t>(c)];
  }
  std::size_t all = 0;
  for (const std::size_t count : counts) all += count;
  const auto kinds = std::ranges::count_if(counts, [](std::size_t count) { return count > 0; });
  return static_cast<std::size_t>(kinds) >= kKinds && all > std::max(kFew, head.size() / 64);
}

/// Whether it begins as pages do: `<!DOCTYPE html` or `<html`, in any case, after a byte-order mark and blanks.
bool is_html(std::string_view head) {
  if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
  head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
  const auto begins = [&](std::string_view tag) {
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
    return head.size() > tag.size() && std::ranges::equal(head.substr(0, tag.size()), tag, same) &&
           std::string_view(" >\t\r\n").find(head[tag.size()]) != std::string_view::npos;
  };
  return begins("<!doctype html") || begins("<html");
}

std::string utf(std::string_view encoding) {
  return fmt::format("is {0} text; convert it first: iconv -f {0} -t UTF-8", encoding);
}

/// Text in UTF-16 or UTF-32 has zero bytes at every second place, or at three of four. A few of them are left
/// alone: ids may be any bytes.
std::optional<std::string> wide_text(std::string_view head) {
  if (head.find('\0') == std::string_view::npos) return std::nullopt;
  if (head.starts_with("\xff\xfe\0\0"sv) || head.starts_with("\0\0\xfe\xff"sv)) return utf("UTF-32");
  if (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff")) return utf("UTF-16");
  std::size_t zeros[4] = {};
  for (std::size_t i = 0; i < head.size(); ++i) zeros[i % 4] += head[i] == '\0' ? 1 : 0;
  const std::size_t even = zeros[0] + zeros[2], odd = zeros[1] + zeros[3];
  const auto nearly_all = [&](std::size_t place) { return 16 * zeros[place] >= 3 * head.size(); };
  if (nearly_all(1) && nearly_all(2)) {
    if (nearly_all(3) && zeros[0] == 0) return utf("UTF-32LE");
    if (nearly_all(0) && zeros[3] == 0) return utf("UTF-32BE");
  }
  constexpr std::size_t kShort = 64;  // Chinese has zero bytes at commas, digits and line ends only
  const std::size_t enough = head.size() <= kShort ? std::max<std::size_t>(2, head.size() / 8)
                                                   : std::max<std::size_t>(8, head.size() / 32);
  if (even == 0 && odd >= enough) return utf("UTF-16LE");
  if (odd == 0 && even >= enough) return utf("UTF-16BE");
  return std::nullopt;
}

}  // namespace

bool is_office_file(std::string_view head) {
  constexpr std::size_t kName = 30;  // of the first file in the archive
  if (!head.starts_with("PK\x03\x04") || head.size() < kName) return false;
  const std::string_view name = head.substr(kName);
  return name.starts_with("[Content_Types].xml") || name.starts_with("_rels/") ||
         name.starts_with("docProps/") || name.starts_with("xl/");
}

bool is_safetensors(std::string_view head) {
  return head.size() > 8 && head.substr(5).starts_with("\0\0\0{"sv);
}

std::optional<std::string> foreign_content(std::string_view head) {
  if (is_safetensors(head)) return std::nullopt;  // whose length may look like any mark
  if (auto known = known_content(head)) return known;
  const bool has_controls = std::ranges::any_of(head, is_control);
  for (const Mark& mark : kMarks) {
    if (bears(head, mark) && (has_controls || !mark.is_text))
      return fmt::format("is {}; {}", mark.name, mark.advice);
  }
  return std::nullopt;
}

std::optional<std::string> not_text(std::string_view head) {
  if (auto foreign = foreign_content(head)) return foreign;
  if (head.starts_with("\x93NUMPY")) return "is a NumPy array; text is expected here";
  if (is_safetensors(head))
    return "is a safetensors file, as data sets and models of akin are; text is expected here";
  if (is_html(head)) return "is an HTML page; was it an error page of a download?";
  if (auto wide = wide_text(head)) return wide;
  if (has_many_controls(head))
    return "is not text: there are control characters of many kinds among its first bytes; name a text file";
  const auto zeros = static_cast<std::size_t>(std::ranges::count(head, '\0'));
  if (zeros < std::max<std::size_t>(8, head.size() / 8)) return std::nullopt;
  return "has many zero bytes among its first ones: is it binary, or UTF-16 text? Save it as UTF-8 text "
         "first";
}

}  // namespace akin
