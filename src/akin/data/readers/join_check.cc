#include "akin/data/readers/join_check.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "akin/base/format.h"
#include "akin/base/text.h"
#include "akin/data/readers/id_column.h"
#include "akin/data/readers/layout.h"
#include "akin/data/readers/text_decode.h"

namespace akin {
namespace {

/// A way to write two ids alike.
struct Likeness {
  std::string_view how;
  std::string_view flag;  ///< "" = none does it
  std::string (*apply)(std::string_view id);
};

std::string lower(std::string_view id) {
  std::string text(id);
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return text;
}

constexpr std::array<Likeness, 5> kLikenesses = {{
    {"without the trailing .0", "--clean-ids decimals",
     [](std::string_view id) { return std::string(without_decimals(id)); }},
    {"without leading zeros", "--clean-ids zeros",
     [](std::string_view id) { return std::string(without_zeros(id)); }},
    {"with capitals as small letters", "--clean-ids case", lower},
    {"with the bytes that are not UTF-8 read as Windows-1252", "--encoding windows-1252",
     [](std::string_view id) { return is_utf8(id) ? std::string(id) : windows_1252_to_utf8(id); }},
    {"without blanks, punctuation and capitals", "", normalized_name},
}};

/// Ids of events that would be found in the table, with the first of them and its fellow.
struct Gain {
  std::size_t count = 0;
  std::string event_id, table_id;
};

Gain gain_of(const Join& join, const std::vector<idx_t>& unmatched, const Likeness& likeness) {
  IdMap likened;  // the table's, in its order
  std::vector<idx_t> origin;
  for (std::size_t d = 0; d < join.described.size(); ++d) {
    const idx_t idx = likened.add(likeness.apply(join.described.id(static_cast<idx_t>(d))));
    if (idx == origin.size()) origin.push_back(static_cast<idx_t>(d));
  }
  Gain gain;
  for (const idx_t id : unmatched) {
    const auto found = likened.find(likeness.apply(join.ids.id(id)));
    if (!found || gain.count++ > 0) continue;
    gain.event_id = join.ids.id(id);
    gain.table_id = join.described.id(origin[*found]);
  }
  return gain;
}

}  // namespace

std::string join_doubt(const Join& join) {
  std::vector<idx_t> unmatched;
  for (idx_t id = 0; id < join.with_events; ++id) {
    if (!join.described.find(join.ids.id(id))) unmatched.push_back(id);
  }
  if (unmatched.empty() || join.described.size() == 0) return "";
  const std::size_t matched = join.with_events - unmatched.size();
  Gain best;
  const Likeness* how = nullptr;
  for (const Likeness& likeness : kLikenesses) {
    Gain gain = gain_of(join, unmatched, likeness);
    if (gain.count <= best.count) continue;
    best = std::move(gain);
    how = &likeness;
  }
  if (how == nullptr && 2 * matched >= join.with_events) return "";
  std::string text =
      fmt::format("matches {} of {} {}", format_count(matched), format_count(join.with_events), join.what);
  if (how != nullptr) {
    text +=
        fmt::format("; {}{} would match {}, as '{}' of the events and '{}'", format_count(best.count),
                    matched > 0 ? " more" : "", how->how, printable(best.event_id), printable(best.table_id));
    // --encoding decodes both files: it helps where the table's ids are the ones that are not UTF-8.
    const bool helps = !how->flag.starts_with("--encoding") || is_utf8(best.event_id);
    if (join.can_clean && !how->flag.empty() && helps) text += fmt::format(" ({})", how->flag);
  } else if (matched == 0) {
    text += fmt::format(
        ": its ids, such as '{}', are not those of the events, such as '{}'; is its id in another "
        "column?",
        printable(join.described.id(0)), printable(join.ids.id(unmatched[0])));
  }
  return text;
}

}  // namespace akin
