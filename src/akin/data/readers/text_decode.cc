#include "akin/data/readers/text_decode.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "akin/base/error.h"
#include "akin/data/readers/utf8.h"

namespace akin {
namespace {

/// Length of the valid UTF-8 sequence at the front (Unicode 15, table 3-7), 0 if there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  if (first < 0xE0) return continues(1) ? 2 : 0;
  if (first < 0xF0) {
    const bool second = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F);
    return continues(1) && continues(2) && !second ? 3 : 0;
  }
  const bool second = (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F);
  return continues(1) && continues(2) && continues(3) && !second ? 4 : 0;
}

std::string replace_bad_bytes(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) append_utf8(result, 0xFFFD);
    result.append(text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  return result;
}

}  // namespace

Encoding parse_encoding(std::string_view name) {
  if (name == "auto") return Encoding::kAuto;
  if (name == "utf8" || name == "utf-8") return Encoding::kUtf8;
  if (name == "latin1" || name == "latin-1" || name == "iso-8859-1") return Encoding::kLatin1;
  if (name == "windows-1252" || name == "cp1252") return Encoding::kWindows1252;
  fail(ErrorCode::kUsage, "encoding '{}': expected auto, utf8, latin1 or windows-1252", name);
}

bool is_ascii(std::string_view text) {
  std::uint64_t any = 0;
  while (text.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), 8);
    any |= word;
    text.remove_prefix(8);
  }
  for (const char c : text) any |= static_cast<unsigned char>(c);
  return (any & 0x8080808080808080ULL) == 0;
}

bool is_utf8(std::string_view text) {
  if (is_ascii(text)) return true;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string latin1_to_utf8(std::string_view text) {
  std::string result;
  for (const char c : text) append_utf8(result, static_cast<unsigned char>(c));
  return result;
}

std::string windows_1252_to_utf8(std::string_view text) {
  static constexpr std::array<std::uint16_t, 32> kSigns = {
      0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
      0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(result, byte >= 0x80 && byte < 0xA0 ? kSigns[byte - 0x80] : byte);
  }
  return result;
}

std::string_view without_blanks(std::string_view text) {
  // U+00A0, U+200B (no width), U+FEFF (byte-order mark), U+202F (narrow), U+3000 (wide)
  static constexpr std::array<std::string_view, 7> kBlanks = {
      " ", "\t", "\xc2\xa0", "\xe2\x80\x8b", "\xef\xbb\xbf", "\xe2\x80\xaf", "\xe3\x80\x80"};
  for (bool more = true; more;) {
    more = false;
    for (const std::string_view blank : kBlanks) {
      if (text.starts_with(blank)) text.remove_prefix(blank.size()), more = true;
      if (text.ends_with(blank)) text.remove_suffix(blank.size()), more = true;
    }
  }
  return text;
}

std::string_view TextDecoder::operator()(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  text = text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
  if (encoding_ == Encoding::kLatin1 || encoding_ == Encoding::kWindows1252) {
    if (is_ascii(text)) return text;
    scratch_ = encoding_ == Encoding::kLatin1 ? latin1_to_utf8(text) : windows_1252_to_utf8(text);
    return scratch_;
  }
  if (is_utf8(text)) return text;
  ++repaired_;
  windows_ = windows_ || std::ranges::any_of(text, [](char c) { return (c & 0xE0) == 0x80; });
  scratch_ = encoding_ == Encoding::kAuto ? windows_1252_to_utf8(text) : replace_bad_bytes(text);
  return scratch_;
}

std::string TextDecoder::note() const {
  if (repaired_ == 0) return "";
  return fmt::format("{} text fields were not valid UTF-8 and were {}", repaired_,
                     encoding_ != Encoding::kAuto ? "given replacement characters"
                     : windows_                   ? "read as Windows-1252"
                                                  : "read as Latin-1");
}

}  // namespace akin
