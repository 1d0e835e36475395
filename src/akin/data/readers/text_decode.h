// Titles, descriptions and reviews as clean UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace akin {

class Communicator;  // base/communicator.h

/// How the bytes of text fields are read. kAuto: a field that is not valid UTF-8 is Windows-1252, which is Latin-1
/// with letters and signs (a euro, quotes) where that has control characters.
enum class Encoding { kAuto, kUtf8, kLatin1, kWindows1252 };

/// "auto", "utf8" ("utf-8"), "latin1" ("iso-8859-1"), "windows-1252" ("cp1252"). Throws Error(kUsage).
Encoding parse_encoding(std::string_view name);

bool is_ascii(std::string_view text);
bool is_utf8(std::string_view text);
std::string latin1_to_utf8(std::string_view text);
/// As browsers read it: the five bytes that Windows-1252 has no sign for are those of Latin-1.
std::string windows_1252_to_utf8(std::string_view text);
/// Without the blanks around it: spaces, tabs, those that do not break, and marks of no width.
std::string_view without_blanks(std::string_view text);

/// Turns text fields into UTF-8 and counts what it had to repair.
class TextDecoder {
 public:
  explicit TextDecoder(Encoding encoding = Encoding::kAuto) : encoding_(encoding) {}
  /// The text without blanks around it; valid until the next call or as long as `text`. kUtf8: bytes that are
  /// not UTF-8 become U+FFFD.
  std::string_view operator()(std::string_view text);
  /// Fields that were not valid UTF-8.
  std::uint64_t repaired() const { return repaired_; }
  /// Collective: what all ranks have repaired is counted at the first one, and nowhere else.
  void gather(const Communicator& ranks);
  /// A note for the report, or "".
  std::string note() const;

 private:
  Encoding encoding_;
  std::uint64_t repaired_ = 0;
  bool windows_ = false;  // one had a byte that Latin-1 has no sign for
  std::string scratch_;
};

}  // namespace akin
