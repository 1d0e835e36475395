#include "akin/data/split_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/base/communicator.h"

namespace akin {
namespace {

/// Times may be as far apart as no difference of them can say.
double span_of(std::int64_t first, std::int64_t last) {
  return static_cast<double>(last) - static_cast<double>(first);
}

/// Users with two events or more, and what is true of how many of them.
struct UserTimes {
  std::uint64_t users = 0, same_time = 0, one_day = 0;
  std::int64_t first = kNoTime, last = kNoTime;  // of all events
  bool one_value = true;
};

/// The same of all ranks.
void merge(const Communicator& ranks, std::span<const Event> events, UserTimes& times) {
  if (ranks.alone()) return;
  for (std::uint64_t* const count : {&times.users, &times.same_time, &times.one_day})
    *count = sum_over_ranks(ranks, *count);
  struct Facts {
    std::int64_t first, last;
    float value;
    bool any, one_value;
  };
  const Facts own{times.first, times.last, events.empty() ? 0 : events[0].value, !events.empty(),
                  times.one_value};
  const Facts* before = nullptr;
  const std::vector<Facts> all = gather_all(ranks, std::span(&own, 1));
  for (const Facts& facts : all) {
    times.last = std::max(times.last, facts.last);
    if (facts.first != kNoTime && (times.first == kNoTime || facts.first < times.first))
      times.first = facts.first;
    if (!facts.any) continue;
    times.one_value =
        times.one_value && facts.one_value && (before == nullptr || before->value == facts.value);
    before = &facts;
  }
}

UserTimes user_times(const Dataset& data, const Communicator& ranks) {
  constexpr double kDay = 86'400 * kSecond;
  UserTimes times;
  const std::vector<Event>& events = data.events;
  for (std::size_t begin = 0, end = 0; begin < events.size(); begin = end) {
    while (end < events.size() && events[end].user == events[begin].user) ++end;
    // Sorted by time, so that events without one come first.
    const std::int64_t first = events[begin].time, last = events[end - 1].time;
    if (last != kNoTime) times.last = std::max(times.last, last);
    if (first != kNoTime && (times.first == kNoTime || first < times.first)) times.first = first;
    if (end - begin < 2) continue;
    ++times.users;
    times.same_time += first == last ? 1 : 0;
    times.one_day += first != kNoTime && span_of(first, last) < kDay ? 1 : 0;
  }
  times.one_value = std::ranges::all_of(events, [&](const Event& e) { return e.value == events[0].value; });
  merge(ranks, events, times);
  return times;
}

/// Positions begin at 0 for every user, moments (seconds since 1970) for hardly any.
bool has_positions(const Dataset& data, const Communicator& ranks) {
  std::size_t counts[] = {0, 0};
  auto& [users, from_zero] = counts;
  const std::vector<Event>& events = data.events;
  for (std::size_t begin = 0, end = 0; begin < events.size(); begin = end) {
    bool zero = false;
    for (; end < events.size() && events[end].user == events[begin].user; ++end)
      zero |= events[end].time == 0;
    ++users;
    from_zero += zero ? 1 : 0;
  }
  add_over_ranks<std::size_t>(ranks, counts);
  return from_zero >= 2 && 2 * from_zero > users;
}

/// The fewest events of which a share of F is one event, and one stays.
std::uint64_t fewest_for(double fraction) {
  return std::max<std::uint64_t>(2, static_cast<std::uint64_t>(std::ceil(0.5 / fraction - 1e-9)));
}

}  // namespace

bool has_times(const Dataset& data, const Communicator& ranks) {
  return sum_over_ranks(ranks, data.has_times() ? 1 : 0) > 0;
}

bool has_given_split(const Dataset& data, const Communicator& ranks) {
  return sum_over_ranks(ranks, data.has_given_split() ? 1 : 0) > 0;
}

EventOrder event_order(const Dataset& data, const Communicator& ranks) {
  constexpr double kWeek = 7 * 86'400 * kSecond;
  if (!has_times(data, ranks)) return EventOrder::kNone;
  if (has_positions(data, ranks)) return EventOrder::kPositions;
  const UserTimes times = user_times(data, ranks);
  if (2 * times.same_time > times.users) return EventOrder::kBaskets;
  const bool sessions = times.users > 0 && 20 * times.one_day >= 19 * times.users && times.one_value &&
                        times.first != kNoTime && span_of(times.first, times.last) >= kWeek;
  return sessions ? EventOrder::kSessions : EventOrder::kMoments;
}

std::string default_split_reason(const Dataset& data, const Communicator& ranks) {
  if (has_given_split(data, ranks)) return "the data came with this split";
  switch (event_order(data, ranks)) {
    case EventOrder::kNone:
      return "the events have neither times nor order";
    case EventOrder::kPositions:
      return "each user's events are in order";
    case EventOrder::kBaskets:
      return "all events of most users have the same time, as in baskets";
    case EventOrder::kSessions:
      return "nearly all users are there for a day only, as in sessions";
    case EventOrder::kMoments:
      break;
  }
  return "the events have times";
}

SplitSummary summarize_split(const SplitSpec& spec, std::string reason, std::span<const Event> known,
                             std::span<const Event> held_out, const Communicator& ranks) {
  SplitSummary summary{.spec = spec, .reason = std::move(reason)};
  summary.held_out_events = held_out.size();
  summary.events = known.size() + held_out.size();
  for (std::size_t k = 0, h = 0; k < known.size() || h < held_out.size(); ++summary.users) {
    const bool from_known = h == held_out.size() || (k < known.size() && known[k].user <= held_out[h].user);
    const idx_t user = from_known ? known[k].user : held_out[h].user;
    summary.held_out_users += h < held_out.size() && held_out[h].user == user ? 1 : 0;
    while (k < known.size() && known[k].user == user) ++k;
    while (h < held_out.size() && held_out[h].user == user) ++h;
  }
  for (std::uint64_t* const count :
       {&summary.users, &summary.held_out_users, &summary.events, &summary.held_out_events})
    *count = sum_over_ranks(ranks, *count);
  return summary;
}

std::string why_not_held_out(const SplitSpec& spec) {
  switch (spec.holdout) {
    case Holdout::kLast:
      return "have fewer than 2 events";
    case Holdout::kUserRatio:
    case Holdout::kUserTime:
      return fmt::format("have fewer than {} events", fewest_for(spec.fraction));
    case Holdout::kTime:
      return "have no event in the latest part";
    case Holdout::kGiven:
      return "have no event in the test set that came with the files";
    case Holdout::kSessions:
      return "are not among the latest, or have a single event";
    case Holdout::kColdItems:
      return "have none of the items held out";
    case Holdout::kColdUsers:
      return "are not among the users held out";
    case Holdout::kLastBasket:
      return "have events at one time only";
    default:
      return "have no event that was drawn";
  }
}

}  // namespace akin
