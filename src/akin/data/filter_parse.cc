// Filters of an import from text.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "akin/base/error.h"
#include "akin/data/filters.h"
#include "akin/data/time_parse.h"

namespace akin {
namespace {

constexpr std::array<std::pair<std::string_view, RepeatPolicy>, 6> kPolicies = {
    {{"keep", RepeatPolicy::kKeep},
     {"first", RepeatPolicy::kFirst},
     {"last", RepeatPolicy::kLast},
     {"sum", RepeatPolicy::kSum},
     {"max", RepeatPolicy::kMax},
     {"mean", RepeatPolicy::kMean}}};

}  // namespace

RepeatPolicy parse_repeats(const std::string& text, std::string_view name) {
  const auto found = std::ranges::find(kPolicies, text, [](const auto& entry) { return entry.first; });
  if (found != kPolicies.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, policy] : kPolicies) names.emplace_back(known);
  fail(ErrorCode::kUsage, "{}: '{}' is not one of {}{}", name, text, fmt::join(names, ", "),
       did_you_mean(text, names));
}

std::pair<EventKind, float> parse_kind_weight(const std::string& text, std::string_view name) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::string kind = text.substr(0, equals);
  const auto found = std::ranges::find(kEventKindNames, kind);
  if (found == kEventKindNames.end()) {
    const std::vector<std::string> names(kEventKindNames.begin(), kEventKindNames.end());
    fail(ErrorCode::kUsage, "{}: '{}' is not one of {}{}", name, kind, fmt::join(names, ", "),
         did_you_mean(kind, names));
  }
  float weight = -1;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(std::min(text.data() + equals + 1, end), end, weight);
  if (error != std::errc() || stop != end || !(weight >= 0 && weight <= std::numeric_limits<float>::max())) {
    fail(ErrorCode::kUsage, "{}: '{}' is not KIND=WEIGHT with a weight of at least 0, such as view=0.1", name,
         text);
  }
  return {static_cast<EventKind>(found - kEventKindNames.begin()), weight};
}

std::int64_t parse_moment(const std::string& text, std::string_view name) {
  const std::optional<std::int64_t> time = TimeParser("auto")(text);
  if (!time) {
    fail(ErrorCode::kUsage, "{}: '{}' is neither a date such as 2014-07-23 nor seconds since 1970", name,
         text);
  }
  return *time;
}

}  // namespace akin
