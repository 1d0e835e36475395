#include "akin/cli/flags/import_flags.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "akin/base/error.h"
#include "akin/cli/shop_text.h"
#include "akin/data/time_parse.h"

namespace akin::cli {
namespace {

constexpr std::array<std::pair<std::string_view, RepeatPolicy>, 6> kPolicies = {
    {{"keep", RepeatPolicy::kKeep},
     {"first", RepeatPolicy::kFirst},
     {"last", RepeatPolicy::kLast},
     {"sum", RepeatPolicy::kSum},
     {"max", RepeatPolicy::kMax},
     {"mean", RepeatPolicy::kMean}}};

RepeatPolicy parse_policy(const std::string& text) {
  const auto found = std::ranges::find(kPolicies, text, [](const auto& entry) { return entry.first; });
  if (found != kPolicies.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, policy] : kPolicies) names.emplace_back(name);
  fail(ErrorCode::kUsage, "--repeats: '{}' is not one of {}{}", text, fmt::join(names, ", "),
       did_you_mean(text, names));
}

/// "view=0.1" -> (kView, 0.1).
std::pair<EventKind, float> parse_kind_weight(const std::string& text) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::string kind = text.substr(0, equals);
  const auto found = std::ranges::find(kEventKindNames, kind);
  if (found == kEventKindNames.end()) {
    const std::vector<std::string> names(kEventKindNames.begin(), kEventKindNames.end());
    fail(ErrorCode::kUsage, "--kind-weight: '{}' is not one of {}{}", kind, fmt::join(names, ", "),
         did_you_mean(kind, names));
  }
  float weight = -1;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(std::min(text.data() + equals + 1, end), end, weight);
  if (error != std::errc() || stop != end || !(weight >= 0 && weight <= std::numeric_limits<float>::max())) {
    fail(ErrorCode::kUsage,
         "--kind-weight: '{}' is not KIND=WEIGHT with a weight of at least 0, such as view=0.1", text);
  }
  return {static_cast<EventKind>(found - kEventKindNames.begin()), weight};
}

std::optional<std::int64_t> parse_time(const std::string& text, std::string_view flag) {
  if (text.empty()) return std::nullopt;
  const std::optional<std::int64_t> time = TimeParser("auto")(text);
  if (!time) {
    fail(ErrorCode::kUsage, "{}: '{}' is neither a date such as 2014-07-23 nor seconds since 1970", flag,
         text);
  }
  return time;
}

std::uint32_t parse_count(std::uint64_t count, std::string_view flag) {
  if (count > std::numeric_limits<std::uint32_t>::max())
    fail(ErrorCode::kUsage, "{}: {} is too much", flag, count);
  return static_cast<std::uint32_t>(count);
}

}  // namespace

void FilterFlags::add_to(CommandLine& line) {
  line.section("Filters, in the order they are applied");
  line.add(
      {"--kind-weight", "KIND=W", &kind_weights,
       "multiply the values of a kind of event (rating, view, click, cart, purchase); 0 leaves the kind out; "
       "several separated by commas"});
  line.add({"--min-value", "X", &min_value, "leave out events below this value, such as ratings under 4"});
  line.add({"--binarize", "", &binarize, "every remaining value becomes 1: ratings become likes"});
  line.add({"--since", "TIME", &since, "leave out what is older: a date (UTC) or seconds since 1970"});
  line.add({"--until", "TIME", &until, "leave out this moment and what is later"});
  line.add({"--repeats", "HOW", &repeats,
            "several events of one kind of one user with one item: keep all, keep the first or last, or one "
            "with the sum, max or mean of their values"});
  line.add({"--user-core", "N", &user_core, "leave out users with fewer events"});
  line.add({"--item-core", "N", &item_core, "leave out items with fewer events"});
  line.add({"--k-core", "N", &k_core, "both, until every user and item has N events"});
  line.add({"--min-length", "N", &min_length, "leave out users with fewer different items"});
}

ImportFilters FilterFlags::filters() const {
  ImportFilters filters;
  for (const std::string& text : split_lists(kind_weights))
    filters.kind_weights.push_back(parse_kind_weight(text));
  filters.min_value = min_value;
  if (binarize) filters.binarize = 1.0F;
  filters.since = parse_time(since, "--since");
  filters.until = parse_time(until, "--until");
  filters.repeats = parse_policy(repeats);
  filters.user_core = parse_count(std::max(user_core, k_core), "--user-core");
  filters.item_core = parse_count(std::max(item_core, k_core), "--item-core");
  filters.min_length = parse_count(min_length, "--min-length");
  return filters;
}

}  // namespace akin::cli
