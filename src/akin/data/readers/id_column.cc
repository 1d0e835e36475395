#include "akin/data/readers/id_column.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/text.h"
#include "akin/data/readers/text_decode.h"
#include "akin/data/text/nfc.h"

namespace akin {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// 1.23E+12: a spreadsheet showed a long number so, and its last digits are gone.
bool is_scientific(std::string_view id) {
  const std::size_t e = id.find_first_of("eE");
  if (e == std::string_view::npos || e == 0 || e + 2 >= id.size() || id[e + 1] != '+') return false;
  const std::string_view front = id.substr(0, e);
  const bool number =
      all_digits(front.substr(0, 1)) &&
      (front.size() == 1 || ((front[1] == '.' || front[1] == ',') && all_digits(front.substr(2))));
  return number && all_digits(id.substr(e + 2));
}

}  // namespace

void IdRules::set_cleaning(std::string_view list) {
  for (const std::string_view name : split(list, ',')) {
    if (name == "decimals")
      drop_decimals = true;
    else if (name == "zeros")
      drop_zeros = true;
    else if (name == "case")
      lower_case = true;
    else
      fail(ErrorCode::kUsage, "option clean_ids: '{}' is not one of decimals, zeros, case", name);
  }
}

bool is_null_marker(std::string_view text) {
  switch (text.empty() ? '\0' : text.front()) {
    case 'N':
      return text == "NULL" || text == "NaN" || text == "N/A" || text == "None" || text == "NA" ||
             text == "NAN" || text == "NONE" || text == "Null" || text == "NaT" || text == "Nan" ||
             text == "NIL";
    case 'n':
      return text == "null" || text == "nan" || text == "n/a" || text == "none" || text == "na" ||
             text == "nil";
    case '\\':
      return text == "\\N";
    case '-':
      return text == "-" || text == "--";
    case '<':
      return text == "<NA>" || text == "<null>";
    case '#':
      return text == "#N/A" || text == "#NULL!" || text == "#REF!" || text == "#VALUE!";
    case '(':
      return text == "(null)";
    case 'u':
      return text == "undefined";
    default:
      return false;
  }
}

std::string_view without_decimals(std::string_view id) {
  const std::size_t point = id.find('.');
  if (point == std::string_view::npos || point + 1 == id.size() || !all_digits(id.substr(0, point)))
    return id;
  return id.find_first_not_of('0', point + 1) == std::string_view::npos ? id.substr(0, point) : id;
}

std::string_view without_zeros(std::string_view id) {
  if (!id.starts_with('0') || !all_digits(id)) return id;
  return id.substr(std::min(id.find_first_not_of('0'), id.size() - 1));
}

void Seen::first(const RecordPlace& place, std::string_view what) {
  where = place.text();
  value = what.substr(0, 60);
}

std::string Seen::first_text() const {
  return fmt::format("the first is '{}' ({})", printable(value), where);
}

std::string_view IdColumn::clean_other(std::string_view raw, const RecordReader& record) {
  std::string_view id = without_blanks(raw);
  const bool blanks = id.size() != raw.size();
  if (id.size() > 3 && id.starts_with("=\"") && id.ends_with('"')) {
    formulas_.add(record, id);
    id = without_blanks(id.substr(2, id.size() - 3));
  }
  if (!rules_.keep_null_markers && is_null_marker(id)) return {};
  if (blanks) blanks_.add(record, raw);
  if (!is_ascii(id) && (rules_.encoding == Encoding::kLatin1 || rules_.encoding == Encoding::kWindows1252)) {
    scratch_ = rules_.encoding == Encoding::kLatin1 ? latin1_to_utf8(id) : windows_1252_to_utf8(id);
    id = scratch_;
  }
  if (auto composed = to_nfc(id)) {
    decomposed_.add(record, id);
    scratch_ = std::move(*composed);
    id = scratch_;
  }
  if (rules_.drop_decimals) id = without_decimals(id);
  if (rules_.drop_zeros) id = without_zeros(id);
  if (rules_.lower_case) {
    std::string lower(id);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    scratch_ = std::move(lower);
    id = scratch_;
  }
  return id;
}

void IdColumn::note_new(std::string_view id, idx_t idx, const RecordPlace& place) {
  ++ids_;
  const char first = id.front(), last = id.back();
  if (last >= '0' && last <= '9' && first >= '0' && first <= '9') {
    if (last == '0' && without_decimals(id).size() != id.size()) decimals_.push_back({idx, place.line});
    if (first == '0' && id.size() > 1 && all_digits(id)) zeros_.push_back({idx, place.line});
    if (is_scientific(id)) scientific_.add(place, id);
    if (id.size() < kLengths && all_digits(id)) {
      ++digits_of_length_[id.size()];
      double number = 0;
      for (const char c : id) number = 10 * number + (c - '0');
      least_ = std::min(least_, number);
      most_ = std::max(most_, number);
    }
  }
  if (!is_utf8(id)) not_utf8_.add(place, id);
  const bool brackets = first == '[' && last == ']' && id.find(',') != std::string_view::npos;
  if (brackets || id.find('|') != std::string_view::npos) lists_.add(place, id);
}

void IdColumn::note_twins(const IdMap& ids, std::vector<std::string>& doubts) const {
  const auto advice = [&](std::string_view flag) {
    return rules_.offered ? fmt::format("; --clean-ids {} takes them off", flag) : "";
  };
  const auto look = [&](const std::vector<Odd>& odd, auto strip, std::string_view what,
                        std::string_view flag) {
    std::uint64_t twins = 0, line = 0;
    std::string example, other;
    for (const Odd& one : odd) {
      const std::string_view id = ids.id(one.idx), stripped = strip(id);
      if (!ids.find(stripped)) continue;
      if (twins++ > 0) continue;
      example = id;
      other = stripped;
      line = one.line;
    }
    if (twins > 0) {
      doubts.push_back(fmt::format(
          "{} ids are there with {} and without: '{}' (line {}) and '{}' are two {}s{}", format_count(twins),
          what, printable(example), line, printable(other), what_, advice(flag)));
    } else if (odd.size() == ids_ && flag == "decimals") {
      doubts.push_back(
          fmt::format("all ids end in '.0', such as '{}' (line {}): numbers that became decimals{}",
                      printable(ids.id(odd[0].idx)), odd[0].line, advice(flag)));
    }
  };
  if (ids_ > 0) look(decimals_, without_decimals, "'.0'", "decimals");
  look(zeros_, without_zeros, "leading zeros", "zeros");
}

/// Codes of one length, such as EANs, a few of which are shorter and none of which begins with 0. A counter that gets
/// one more digit on its way has shorter ids too, but they are not far below the others.
void IdColumn::note_lost_zeros(std::vector<std::string>& doubts) const {
  constexpr std::size_t kShortestCode = 8;
  constexpr std::uint64_t kFew = 4;  // a tenth of random codes begins with 0
  constexpr double kCounter = 3;
  if (!zeros_.empty()) return;
  const auto usual = std::ranges::max_element(digits_of_length_);
  const auto length = static_cast<std::size_t>(usual - digits_of_length_.begin());
  std::uint64_t shorter = 0, longer = 0;
  for (std::size_t l = 0; l < kLengths; ++l) (l < length ? shorter : longer) += digits_of_length_[l];
  longer -= *usual;
  if (length < kShortestCode || longer > 0 || shorter == 0 || kFew * shorter > *usual ||
      shorter + *usual < ids_ / 2 || most_ < kCounter * least_)
    return;
  doubts.push_back(
      fmt::format("{} of {} ids have fewer than {} digits and none begins with 0: have leading zeros "
                  "been lost?",
                  format_count(shorter), format_count(ids_), length));
}

std::vector<std::string> IdColumn::doubts(const IdMap& ids) const {
  std::vector<std::string> doubts;
  const auto tell = [&](const Seen& seen, std::string_view what) {
    if (seen.count > 0)
      doubts.push_back(fmt::format("{} {}; {}", format_count(seen.count), what, seen.first_text()));
  };
  tell(blanks_, "ids had blanks around them, which were taken off");
  tell(formulas_, "ids were formulas of a text, of which the text is read");
  tell(decomposed_, "ids were in decomposed Unicode and are now in NFC");
  tell(not_utf8_, rules_.offered ? "ids are not UTF-8; their bytes stay as they are without --encoding"
                                 : "ids are not UTF-8; their bytes stay as they are");
  tell(scientific_, "ids are numbers that a spreadsheet shortened: different ids may be one now");
  if (lists_.count > 0)
    tell(lists_, fmt::format("ids look like lists, and each is one {}; give every {} a line of its own",
                             what_, what_));
  note_twins(ids, doubts);
  note_lost_zeros(doubts);
  return doubts;
}

}  // namespace akin
