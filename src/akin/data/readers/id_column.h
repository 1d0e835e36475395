// Ids of users or items as files spell them.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/id_map.h"
#include "akin/data/readers/record_reader.h"
#include "akin/data/readers/text_decode.h"

namespace akin {

/// How ids are read.
struct IdRules {
  bool keep_null_markers = false;  ///< NULL, nan, N/A ... are ids
  bool drop_decimals = false;      ///< 17850.0 is 17850
  bool drop_zeros = false;         ///< 00123 is 123
  bool lower_case = false;         ///< AB12 is ab12 (ASCII letters)
  /// kLatin1 and kWindows1252 decode ids; else the bytes of ids stay as they are.
  Encoding encoding = Encoding::kAuto;
  bool offered = false;  ///< the caller can set these by --clean-ids, which advice may name
  /// Sets what a list such as "decimals,zeros,case" names. Throws Error(kUsage).
  void set_cleaning(std::string_view list);
};

/// Whether files write this where there is no value: NULL, nan, NaN, N/A, \N, None, - and the like.
bool is_null_marker(std::string_view text);
/// "17850.0" -> "17850"; anything else as it is.
std::string_view without_decimals(std::string_view id);
/// "00123" -> "123"; anything but digits as it is.
std::string_view without_zeros(std::string_view id);

/// How often something was met, and where first.
struct Seen {
  std::uint64_t count = 0;
  std::string where, value;
  void add(const RecordReader& record, std::string_view what) { add(record.place(), what); }
  void add(const RecordPlace& place, std::string_view what) {
    if (count++ == 0) first(place, what);
  }
  /// Collective: what all ranks have met comes to the first one; the others have met nothing afterwards.
  void gather(const Communicator& ranks);
  /// "412 ids" + " have ...: 'x' (e.csv:7) is the first".
  std::string first_text() const;

 private:
  void first(const RecordPlace& place, std::string_view what);
};

/// Cleans the ids of a column one by one and notes what is odd about them.
class IdColumn {
 public:
  /// `what`: "user" or "item", for sentences.
  IdColumn(std::string_view what, IdRules rules) : what_(what), rules_(rules) {}

  /// The id without blanks around it and a spreadsheet's ="" (="007" is 007), in NFC, and cleaned as the rules say; valid until the next call or as long
  /// as `raw`. Empty where `raw` is a marker of no value or has nothing but blanks.
  std::string_view clean(std::string_view raw, const RecordReader& record) {
    if (is_plain(raw)) return raw;
    return clean_other(raw, record);
  }
  /// To be called with each id that is new in `ids`.
  void note_new(std::string_view id, idx_t idx, const RecordPlace& place);
  /// Collective: what all ranks have noted comes to the first one; the others have noted nothing afterwards.
  void gather(const Communicator& ranks);
  /// Sentences about the column.
  std::vector<std::string> doubts(const IdMap& ids) const;

 private:
  /// Whether the id has nothing that clean() changes, and cannot be a marker of no value.
  bool is_plain(std::string_view raw) const {
    if (raw.empty() || raw.size() > kLongestPlain || cleans()) return false;
    const char first = raw.front();
    if (first <= ' ' || first == '=' || raw.back() <= ' ') return false;  // signed: bytes from 0x80 on too
    if (raw.size() <= kLongestMarker && is_null_marker(raw)) return false;
    char any = 0;
    for (const char c : raw) any = static_cast<char>(any | c);
    return any >= 0;
  }
  bool cleans() const { return rules_.drop_decimals || rules_.drop_zeros || rules_.lower_case; }
  std::string_view clean_other(std::string_view raw, const RecordReader& record);
  void note_twins(const IdMap& ids, std::vector<std::string>& doubts) const;
  void note_lost_zeros(std::vector<std::string>& doubts) const;

  static constexpr std::size_t kLongestPlain = 64, kLongestMarker = 9, kLengths = 32;
  struct Odd {
    idx_t idx = 0;
    std::uint64_t line = 0;
  };
  std::string_view what_;
  IdRules rules_;
  std::string scratch_;
  Seen blanks_, formulas_, decomposed_, not_utf8_, scientific_, lists_;
  std::vector<Odd> decimals_, zeros_;
  std::array<std::uint64_t, kLengths> digits_of_length_{};        // ids of digits only
  double least_ = std::numeric_limits<double>::max(), most_ = 0;  // of them as numbers
  std::uint64_t ids_ = 0;
};

}  // namespace akin
