#include "akin/data/readers/event_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/text.h"
#include "akin/data/readers/layout.h"
#include "akin/data/readers/options.h"

namespace akin {

TimeColumn::TimeColumn(TimeParser parse) : parse_(std::move(parse)) {
  using std::chrono::duration_cast, std::chrono::seconds;
  constexpr std::int64_t kMargin = 2 * 86400;  // clocks and zones differ
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  latest_ = (duration_cast<seconds>(now).count() + kMargin) * kSecond;
}

bool TimeColumn::has_zone(std::string_view text) {
  const std::size_t clock = text.find(':');
  return text.ends_with('Z') || text.find_first_of("+-", clock) != std::string_view::npos ||
         text.find("UTC") != std::string_view::npos || text.find("GMT") != std::string_view::npos;
}

std::vector<std::string> TimeColumn::doubts() const {
  std::vector<std::string> doubts;
  if (zoned_.count > 0 && zoneless_.count > 0)
    doubts.push_back(fmt::format("{} of the times have no zone and are read as UTC, others have one; {}",
                                 format_count(zoneless_.count), zoneless_.first_text()));
  if (unlikely_.count > 0)
    doubts.push_back(fmt::format("{} times are before 1990 or in the future; {}",
                                 format_count(unlikely_.count), unlikely_.first_text()));
  constexpr std::array<std::string_view, kUnits> kNames = {"seconds", "milliseconds", "microseconds",
                                                           "nanoseconds", "dates"};
  std::uint64_t units = 0;
  std::string list;
  for (std::size_t u = 0; u < kUnits; ++u) {
    if (units_[u].count == 0) continue;
    list += fmt::format("{}{} {} ({})", units++ == 0 ? "" : ", ", format_count(units_[u].count), kNames[u],
                        units_[u].first_text());
  }
  if (units > 1) doubts.push_back(fmt::format("different units, each read as such: {}", list));
  const auto mostly = [](std::uint64_t back, std::uint64_t forth) { return back >= 3 && back >= 20 * forth; };
  if (mostly(backward_, forward_) || mostly(user_backward_, user_forward_)) {
    doubts.push_back(fmt::format("the file runs backwards in time; events are sorted{}",
                                 ties_ == 0
                                     ? ""
                                     : fmt::format(", but {} have the time of the user's event before them "
                                                   "and keep the file's order, the latest first: reverse "
                                                   "the file (tac)",
                                                   format_count(ties_))));
  }
  if (forward_ + backward_ == 0 && ties_ > 0) doubts.push_back("all times are the same: they give no order");
  return doubts;
}

ParsedValue ValueColumn::read_other(std::string_view text, const RecordReader& record) {
  ValueParser::Form form = ValueParser::Form::kPlain;
  const ParsedValue parsed = parse_.parse_other(text, form);
  if (parsed.problem != nullptr) return parsed;
  if (form == ValueParser::Form::kGrouped) grouped_.add(record, text);
  if (form == ValueParser::Form::kTruth) truths_.add(record, text);
  return parsed;
}

std::vector<std::string> ValueColumn::doubts() const {
  std::vector<std::string> doubts;
  const auto tell = [&](const Seen& seen, std::string_view what) {
    if (seen.count > 0)
      doubts.push_back(fmt::format("{} {}; {}", format_count(seen.count), what, seen.first_text()));
  };
  tell(grouped_, "values have marks between thousands");
  tell(truths_, "values are true or false, read as 1 and 0");
  tell(nonpositive_, "values are 0 or less and no likes");
  if (count_ > 1 && least_ == most_)
    doubts.push_back(fmt::format("all values are {}: they tell nothing apart", least_));
  return doubts;
}

KindColumn::KindColumn(std::string_view names) {
  for (const std::string_view pair : split(names, ',')) {
    const std::size_t equals = pair.rfind('=');
    const std::string_view target = equals == std::string_view::npos ? "" : pair.substr(equals + 1);
    const auto kind = kind_of(target);
    if (!kind && target != "none") {
      fail(ErrorCode::kUsage,
           "option kinds: '{}' is not NAME=KIND, such as add_to_cart=cart; kinds are {}, none", pair,
           fmt::join(kEventKindNames, ", "));
    }
    const std::string_view name = pair.substr(0, equals);
    asked_[normalized_name(name)] = {kind, std::string(name)};
  }
}

KindColumn::Meaning KindColumn::look_up(std::string_view text) {
  const auto asked = asked_.find(normalized_name(text));
  if (asked == asked_.end()) return {kind_of(text)};
  asked->second.met = true;
  return {asked->second.kind, !asked->second.kind};
}

std::vector<std::string> KindColumn::unmet() const {
  std::vector<std::string> names;
  for (const auto& [normalized, asked] : asked_) {
    if (!asked.met) names.push_back(asked.name);
  }
  return names;
}

const char* KindColumn::read(std::string_view text, EventKind& kind) {
  const auto known = texts_.find(text);
  Meaning meaning;
  if (known || texts_.size() < kMostTexts) {
    const idx_t idx = texts_.add(text);
    if (idx == meanings_.size()) meanings_.push_back(look_up(text));
    ++meanings_[idx].count;
    meaning = meanings_[idx];
  } else {
    meaning = look_up(text);
  }
  if (meaning.left_out) return kLeftOut;
  if (!meaning.kind) return "unknown kind of event";
  kind = *meaning.kind;
  return nullptr;
}

std::vector<std::string> KindColumn::doubts() const {
  constexpr std::size_t kMostNamed = 20;
  std::vector<std::pair<std::uint64_t, std::string>> unknown;
  for (std::size_t t = 0; t < meanings_.size(); ++t) {
    if (!meanings_[t].kind && !meanings_[t].left_out)
      unknown.emplace_back(meanings_[t].count, printable(texts_.id(static_cast<idx_t>(t)).substr(0, 40)));
  }
  if (unknown.empty()) return {};
  std::ranges::stable_sort(unknown, std::ranges::greater{}, [](const auto& one) { return one.first; });
  std::string list;
  for (std::size_t i = 0; i < std::min(unknown.size(), kMostNamed); ++i)
    list +=
        fmt::format("{}'{}' {} times", i == 0 ? "" : ", ", unknown[i].second, format_count(unknown[i].first));
  if (unknown.size() > kMostNamed) list += fmt::format(", and {} more", unknown.size() - kMostNamed);
  return {
      fmt::format("kinds that are not known: {}; --kinds {}=cart takes one for a kind, {}=none leaves it out",
                  list, unknown[0].second, unknown[0].second)};
}

}  // namespace akin
