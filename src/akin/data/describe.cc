#include "akin/data/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <unordered_map>

#include "akin/data/attribute_type.h"
#include "akin/data/split_facts.h"

namespace akin {
namespace {

// More different values than this are sorted instead of counted.
constexpr std::size_t kMaxCountedValues = 4096;
constexpr std::size_t kMaxListedValues = 50;
constexpr std::int64_t kDay = 86400 * kSecond;

/// (value, how often), ascending by value.
using ValueCounts = std::vector<std::pair<float, std::uint64_t>>;

/// The value at sorted position `rank` (from 0), where `at(i)` is the i-th smallest;
/// between two positions linearly.
template <typename At>
double interpolate(std::uint64_t n, double quantile, const At& at) {
  const double rank = quantile * static_cast<double>(n - 1);
  const auto below = static_cast<std::uint64_t>(rank);
  const double low = at(below);
  if (below + 1 >= n) return low;
  return low + (rank - static_cast<double>(below)) * (at(below + 1) - low);
}

/// The summary of values given with their counts, ascending.
Summary summarize_counts(const ValueCounts& counts) {
  Summary summary;
  if (counts.empty()) return summary;
  double sum = 0;
  for (const auto& [value, count] : counts) {
    summary.count += count;
    sum += static_cast<double>(value) * static_cast<double>(count);
  }
  summary.mean = sum / static_cast<double>(summary.count);
  double squares = 0;
  for (const auto& [value, count] : counts) {
    const double difference = static_cast<double>(value) - summary.mean;
    squares += difference * difference * static_cast<double>(count);
  }
  if (summary.count > 1) summary.std = std::sqrt(squares / static_cast<double>(summary.count - 1));
  const auto at = [&](std::uint64_t rank) {
    for (const auto& [value, count] : counts) {
      if (rank < count) return static_cast<double>(value);
      rank -= count;
    }
    return static_cast<double>(counts.back().first);
  };
  summary.min = counts.front().first;
  summary.q25 = interpolate(summary.count, 0.25, at);
  summary.q50 = interpolate(summary.count, 0.5, at);
  summary.q75 = interpolate(summary.count, 0.75, at);
  summary.max = counts.back().first;
  return summary;
}

/// The different values of the events, or nothing if there are too many to count. NaN is left out.
ValueCounts count_values(const std::vector<Event>& events) {
  std::unordered_map<float, std::uint64_t> counts;
  // Most events have the value of the one before: ratings are few, weights mostly 1.
  std::uint64_t* last = nullptr;
  float last_value = 0;
  for (const Event& event : events) {
    if (last == nullptr || event.value != last_value) {
      if (std::isnan(event.value)) continue;
      last_value = event.value;
      last = &counts[event.value];
      if (counts.size() > kMaxCountedValues) return {};
    }
    ++*last;
  }
  ValueCounts sorted(counts.begin(), counts.end());
  std::ranges::sort(sorted);
  return sorted;
}

void describe_values(const Dataset& data, Description& description) {
  const ValueCounts counts = count_values(data.events);
  if (!counts.empty()) {
    description.values = summarize_counts(counts);
    if (counts.size() <= kMaxListedValues) description.value_counts = counts;
    return;
  }
  std::vector<double> values(data.events.size());
  std::ranges::transform(data.events, values.begin(), [](const Event& event) { return double{event.value}; });
  description.values = summarize(std::move(values));
}

std::vector<std::pair<double, double>> popularity_curve(const std::vector<std::uint64_t>& ascending,
                                                        std::uint64_t events) {
  constexpr double kShares[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0};
  std::vector<std::pair<double, double>> curve;
  const std::size_t n = ascending.size();
  std::size_t taken = 0;
  std::uint64_t sum = 0;
  for (const double share : kShares) {
    const auto wanted = static_cast<std::size_t>(std::llround(share * static_cast<double>(n)));
    if (wanted == 0) continue;  // a share of less than half an item
    for (; taken < wanted; ++taken) sum += ascending[n - 1 - taken];
    curve.emplace_back(share, static_cast<double>(sum) / static_cast<double>(events));
  }
  return curve;
}

/// Activity, popularity and density, in one pass: events are sorted by user, so a pair is new unless its item
/// was last met with the same user.
void describe_activity(const Dataset& data, Description& description) {
  std::vector<std::uint64_t> per_user(data.n_users(), 0), per_item(data.n_items(), 0);
  std::vector<idx_t> last_user(data.n_items(), 0);  // user + 1
  std::uint64_t pairs = 0;
  for (const Event& event : data.events) {
    ++per_user[event.user];
    ++per_item[event.item];
    pairs += last_user[event.item] != event.user + 1;
    last_user[event.item] = event.user + 1;
  }
  if (!data.events.empty()) {
    description.density = static_cast<double>(pairs) /
                          (static_cast<double>(data.n_users()) * static_cast<double>(data.n_event_items()));
  }
  const auto keep_active = [](std::vector<std::uint64_t>& counts) { return std::erase(counts, 0); };
  description.users_without_events = keep_active(per_user);
  description.items_without_events = keep_active(per_item);
  description.events_per_user = summarize({per_user.begin(), per_user.end()});
  description.events_per_item = summarize({per_item.begin(), per_item.end()});
  std::ranges::sort(per_item);
  description.popularity = popularity_curve(per_item, description.events);
  description.gini_users = gini(std::move(per_user));
  description.gini_items = gini(std::move(per_item));
}

/// One calendar month in UTC: [begin, end) in microseconds and its name.
struct Month {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::string name;
};

Month month_of(std::int64_t time) {
  using namespace std::chrono;
  // Beyond the four-digit years everything counts to the first or last month of the calendar.
  constexpr std::int64_t kFirstDay = -719528, kLastDay = 2932896;  // 0000-01-01, 9999-12-31
  const std::int64_t day = time / kDay - (time % kDay < 0 ? 1 : 0);
  const auto clamped = static_cast<int>(std::clamp(day, kFirstDay, kLastDay));
  const year_month_day date{sys_days{days{clamped}}};
  const year_month month = date.year() / date.month();
  const auto start_of = [](year_month m) {
    return std::int64_t{sys_days{m / 1}.time_since_epoch().count()} * kDay;
  };
  return {start_of(month), start_of(month + months{1}),
          fmt::format("{:04}-{:02}", static_cast<int>(month.year()), static_cast<unsigned>(month.month()))};
}

void describe_times(const Dataset& data, Description& description) {
  description.positions = event_order(data) == EventOrder::kPositions;
  if (description.positions) return;  // they count from 0, which is no date
  std::map<std::string, std::uint64_t> by_month;
  Month month;
  std::uint64_t* count = nullptr;
  for (const Event& event : data.events) {
    if (event.time == kNoTime) {
      ++description.events_without_time;
      continue;
    }
    if (description.first_time == kNoTime || event.time < description.first_time)
      description.first_time = event.time;
    description.last_time = std::max(description.last_time, event.time);
    if (count == nullptr || event.time < month.begin || event.time >= month.end) {
      month = month_of(event.time);
      count = &by_month[month.name];
    }
    ++*count;
  }
  description.events_by_month.assign(by_month.begin(), by_month.end());
}

void describe_kinds_and_parts(const Dataset& data, Description& description) {
  std::array<std::uint64_t, kEventKindNames.size()> kinds{};
  std::array<std::uint64_t, 4> subsets{};
  for (const Event& event : data.events) {
    ++kinds[static_cast<std::size_t>(event.kind)];
    ++subsets[static_cast<std::size_t>(event.subset)];
  }
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    if (kinds[k] > 0) description.kinds.emplace_back(kEventKindNames[k], kinds[k]);
  }
  description.validation_events = subsets[static_cast<std::size_t>(Subset::kValidation)];
  description.test_events = subsets[static_cast<std::size_t>(Subset::kTest)];
  description.history_events = subsets[static_cast<std::size_t>(Subset::kHistory)];
  description.candidates = data.candidates.entries();
}

std::uint64_t count_words(std::string_view text) {
  std::uint64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    words += !space && !inside;
    inside = !space;
  }
  return words;
}

void describe_content(const Dataset& data, Description& description) {
  for (const auto& [name, column] : data.item_attributes.all()) {
    description.item_content.emplace_back(name, column.coverage());
    description.item_types.emplace_back(name, to_string(data.item_attributes.type(name)));
  }
  for (const auto& [name, column] : data.user_attributes.all()) {
    description.user_content.emplace_back(name, column.coverage());
    description.user_types.emplace_back(name, to_string(data.user_attributes.type(name)));
  }
  for (const EventAttributes::Column& column : data.event_attributes.columns()) {
    std::uint64_t filled = 0;
    for (std::size_t e = 0; e < column.codes.size(); ++e) filled += column.get(e).empty() ? 0 : 1;
    description.event_content.emplace_back(
        column.name, static_cast<double>(filled) / std::max(1.0, static_cast<double>(column.codes.size())));
  }
  for (const ItemLinks& links : data.links) description.links.emplace_back(links.name, links.pairs.size());
  if (data.reviews.size() == 0) return;
  std::vector<double> words(data.reviews.size());
  std::vector<char> reviewed(data.n_items(), 0);
  for (std::size_t r = 0; r < words.size(); ++r) {
    const std::uint64_t count = count_words(data.reviews.text.get(r));
    words[r] = static_cast<double>(count);
    description.empty_reviews += count == 0;
    if (count > 0) reviewed[data.events[data.reviews.event[r]].item] = 1;
  }
  description.review_words = summarize(std::move(words));
  description.item_content.emplace_back(
      "reviews", static_cast<double>(std::ranges::count(reviewed, 1)) / static_cast<double>(reviewed.size()));
}

}  // namespace

Summary summarize(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  Summary summary;
  summary.count = values.size();
  if (values.empty()) return summary;
  double sum = 0;
  for (const double value : values) sum += value;
  summary.mean = sum / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - summary.mean) * (value - summary.mean);
  if (values.size() > 1) summary.std = std::sqrt(squares / static_cast<double>(values.size() - 1));
  // Ranks are asked in ascending order, so each selection may leave out what is already in place before it.
  std::size_t placed = 0;
  const auto at = [&](std::uint64_t rank) {
    if (rank + 1 > placed) {
      std::nth_element(values.begin() + static_cast<std::ptrdiff_t>(placed),
                       values.begin() + static_cast<std::ptrdiff_t>(rank), values.end());
      placed = rank + 1;
    }
    return values[rank];
  };
  summary.min = at(0);
  summary.q25 = interpolate(summary.count, 0.25, at);
  summary.q50 = interpolate(summary.count, 0.5, at);
  summary.q75 = interpolate(summary.count, 0.75, at);
  summary.max = at(summary.count - 1);
  return summary;
}

double gini(std::vector<std::uint64_t> counts) {
  if (counts.empty()) return 0;
  std::ranges::sort(counts);
  double sum = 0, weighted = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    sum += static_cast<double>(counts[i]);
    weighted += static_cast<double>(i + 1) * static_cast<double>(counts[i]);
  }
  const auto n = static_cast<double>(counts.size());
  return sum > 0 ? 2 * weighted / (n * sum) - (n + 1) / n : 0;
}

Description describe(const Dataset& data) {
  Description description;
  description.name = data.name;
  description.users = data.n_users();
  description.items = data.n_items();
  description.events = data.events.size();
  describe_values(data, description);
  describe_activity(data, description);
  describe_times(data, description);
  describe_kinds_and_parts(data, description);
  describe_content(data, description);
  return description;
}

}  // namespace akin
