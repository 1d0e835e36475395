#include "akin/data/readers/text_decode.h"

#include <algorithm>
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
  fail(ErrorCode::kUsage, "encoding '{}': expected auto, utf8 or latin1", name);
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

std::string_view TextDecoder::operator()(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  text = text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
  if (encoding_ == Encoding::kLatin1) {
    if (is_ascii(text)) return text;
    scratch_ = latin1_to_utf8(text);
    return scratch_;
  }
  if (is_utf8(text)) return text;
  ++repaired_;
  scratch_ = encoding_ == Encoding::kAuto ? latin1_to_utf8(text) : replace_bad_bytes(text);
  return scratch_;
}

std::string TextDecoder::note() const {
  if (repaired_ == 0) return "";
  return fmt::format("{} text fields were not valid UTF-8 and were {}", repaired_,
                     encoding_ == Encoding::kAuto ? "read as Latin-1" : "given replacement characters");
}

}  // namespace akin
