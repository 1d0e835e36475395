#include "akin/data/filters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/rank_talk.h"

namespace akin {
namespace {

/// Events being filtered: a flag each, so that a step is one pass and counts come for free.
class Sieve {
 public:
  Sieve(std::vector<Event>& events, IndexSpace space, std::vector<FilterCount>& counts)
      : events_(events), space_(space), counts_(counts), keep_(events.size(), 1) {
    recount();
  }

  /// Removes the events for which `drop` is true and counts the step.
  template <typename Drop>
  void step(std::string name, Drop drop) {
    const Extent before = extent_;
    for (std::size_t e = 0; e < events_.size(); ++e) {
      if (keep_[e] && drop(events_[e])) keep_[e] = 0;
    }
    finish_step(std::move(name), before);
  }

  void repeats(RepeatPolicy policy);
  void cores(const ImportFilters& filters);

  /// Moves the kept events to the front, in order.
  void compact(std::vector<std::uint64_t>& origin) {
    const auto kept = static_cast<std::size_t>(std::ranges::count(keep_, char{1}));
    if (kept == events_.size()) return;
    origin.reserve(kept);
    std::size_t to = 0;
    for (std::size_t e = 0; e < events_.size(); ++e) {
      if (!keep_[e]) continue;
      events_[to++] = events_[e];
      origin.push_back(e);
    }
    events_.resize(to);
  }

 private:
  struct Extent {
    std::uint64_t events = 0, users = 0, items = 0;
  };

  void recount() {
    std::vector<char> users(space_.users, 0), items(space_.items, 0);
    extent_ = {};
    for (std::size_t e = 0; e < events_.size(); ++e) {
      if (!keep_[e]) continue;
      ++extent_.events;
      users[events_[e].user] = items[events_[e].item] = 1;
    }
    any_of_ranks(*space_.ranks, items);
    extent_.events = sum_over_ranks(*space_.ranks, extent_.events);
    extent_.users =
        sum_over_ranks(*space_.ranks, static_cast<std::uint64_t>(std::ranges::count(users, char{1})));
    extent_.items = static_cast<std::uint64_t>(std::ranges::count(items, char{1}));
  }
  void finish_step(std::string name, const Extent& before) {
    recount();
    counts_.push_back({std::move(name), before.events - extent_.events, before.users - extent_.users,
                       before.items - extent_.items});
  }
  bool drop_short_users(const ImportFilters& filters);
  bool drop_rare_items(std::uint32_t core);

  std::vector<Event>& events_;
  IndexSpace space_;
  std::vector<FilterCount>& counts_;
  std::vector<char> keep_;
  Extent extent_;
};

std::string_view policy_name(RepeatPolicy policy) {
  constexpr std::array<std::string_view, 6> kNames = {"keep", "first", "last", "sum", "max", "mean"};
  return kNames[static_cast<std::size_t>(policy)];
}

/// The value that `group` (repeats in time order) is merged to.
float merged_value(RepeatPolicy policy, const std::vector<Event>& events,
                   std::span<const std::uint64_t> group) {
  double sum = 0;
  float largest = events[group.front()].value;
  for (const std::uint64_t e : group) {
    sum += events[e].value;
    largest = std::max(largest, events[e].value);
  }
  switch (policy) {
    case RepeatPolicy::kFirst:
      return events[group.front()].value;
    case RepeatPolicy::kSum:
      return static_cast<float>(sum);
    case RepeatPolicy::kMax:
      return largest;
    case RepeatPolicy::kMean:
      return static_cast<float>(sum / static_cast<double>(group.size()));
    default:
      return events[group.back()].value;
  }
}

void Sieve::repeats(RepeatPolicy policy) {
  const Extent before = extent_;
  std::vector<std::uint64_t> order;
  order.reserve(events_.size());
  for (std::size_t e = 0; e < events_.size(); ++e) {
    if (keep_[e]) order.push_back(e);
  }
  const auto same = [&](std::uint64_t a, std::uint64_t b) {
    return events_[a].user == events_[b].user && events_[a].item == events_[b].item &&
           events_[a].kind == events_[b].kind;
  };
  std::ranges::sort(order, [&](std::uint64_t a, std::uint64_t b) {
    const Event &x = events_[a], &y = events_[b];
    if (x.user != y.user) return x.user < y.user;
    if (x.item != y.item) return x.item < y.item;
    if (x.kind != y.kind) return x.kind < y.kind;
    return x.time != y.time ? x.time < y.time : a < b;
  });
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    for (end = begin + 1; end < order.size() && same(order[begin], order[end]);) ++end;
    const std::span<const std::uint64_t> group(order.data() + begin, end - begin);
    const std::uint64_t survivor = policy == RepeatPolicy::kFirst ? group.front() : group.back();
    events_[survivor].value = merged_value(policy, events_, group);
    for (const std::uint64_t e : group) keep_[e] = e == survivor;
  }
  finish_step(fmt::format("repeats ({})", policy_name(policy)), before);
}

bool Sieve::drop_short_users(const ImportFilters& filters) {
  std::vector<std::uint32_t> events_of(space_.users, 0), items_of(space_.users, 0);
  std::vector<std::pair<idx_t, idx_t>> pairs;
  for (std::size_t e = 0; e < events_.size(); ++e) {
    if (!keep_[e]) continue;
    ++events_of[events_[e].user];
    if (filters.min_length > 0) pairs.emplace_back(events_[e].user, events_[e].item);
  }
  std::ranges::sort(pairs);
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  for (const auto& [user, item] : pairs) ++items_of[user];
  bool dropped = false;
  for (std::size_t e = 0; e < events_.size(); ++e) {
    const idx_t user = events_[e].user;
    if (!keep_[e] || (events_of[user] >= filters.user_core && items_of[user] >= filters.min_length)) continue;
    keep_[e] = 0;
    dropped = true;
  }
  return dropped;
}

bool Sieve::drop_rare_items(std::uint32_t core) {
  std::vector<std::uint32_t> events_of(space_.items, 0);
  for (std::size_t e = 0; e < events_.size(); ++e) events_of[events_[e].item] += keep_[e] ? 1 : 0;
  constexpr std::size_t kPiece = std::size_t{1} << 18;
  for (std::size_t begin = 0; begin < events_of.size(); begin += kPiece)
    add_over_ranks(*space_.ranks,
                   std::span(events_of).subspan(begin, std::min(kPiece, events_of.size() - begin)));
  bool dropped = false;
  for (std::size_t e = 0; e < events_.size(); ++e) {
    if (!keep_[e] || events_of[events_[e].item] >= core) continue;
    keep_[e] = 0;
    dropped = true;
  }
  return dropped;
}

/// Dropping a user can make an item rare and the other way round, so both are repeated until nothing changes.
void Sieve::cores(const ImportFilters& filters) {
  const Extent before = extent_;
  // Not || : both sides are to be done, on all ranks.
  while (sum_over_ranks(*space_.ranks, int{drop_short_users(filters) | drop_rare_items(filters.item_core)}) >
         0) {
  }
  std::vector<std::string> parts;
  if (filters.user_core > 1) parts.push_back(fmt::format("users under {} events", filters.user_core));
  if (filters.item_core > 1) parts.push_back(fmt::format("items under {} events", filters.item_core));
  if (filters.min_length > 0)
    parts.push_back(fmt::format("users under {} different items", filters.min_length));
  finish_step(fmt::format("{}", fmt::join(parts, ", ")), before);
}

}  // namespace

void apply_filters(const ImportFilters& filters, std::vector<Event>& events, IndexSpace space,
                   std::vector<std::uint64_t>& origin, std::vector<FilterCount>& counts) {
  const bool has_cores = filters.user_core > 1 || filters.item_core > 1 || filters.min_length > 0;
  const bool drops_nonpositive =
      !filters.keep_nonpositive && !filters.min_value &&
      sum_over_ranks(*space.ranks, int{std::ranges::any_of(
                                       events, [](const Event& event) { return event.value <= 0; })}) > 0;
  const bool nothing_to_do = filters.kind_weights.empty() && !filters.min_value && !filters.binarize &&
                             !filters.since && !filters.until && filters.repeats == RepeatPolicy::kKeep &&
                             !has_cores && !drops_nonpositive;
  if (nothing_to_do) return;
  Sieve sieve(events, space, counts);
  if (!filters.kind_weights.empty()) {
    std::array<float, kEventKindNames.size()> weights;
    weights.fill(1);
    for (const auto& [kind, weight] : filters.kind_weights) weights[static_cast<std::size_t>(kind)] = weight;
    for (Event& event : events) event.value *= weights[static_cast<std::size_t>(event.kind)];
    sieve.step("kinds of weight 0",
               [&](const Event& e) { return weights[static_cast<std::size_t>(e.kind)] == 0; });
  }
  if (filters.min_value) {
    sieve.step(fmt::format("value below {}", *filters.min_value),
               [&](const Event& e) { return e.value < *filters.min_value; });
  }
  const auto drop_nonpositive = [&] {
    sieve.step("value of 0 or less, which is no like (--keep-nonpositive keeps it)",
               [](const Event& e) { return e.value <= 0 && std::isfinite(e.value); });
  };
  // A return of what was bought, or a like taken back, counts only together with what came before.
  const bool merges =
      !filters.binarize && (filters.repeats == RepeatPolicy::kSum || filters.repeats == RepeatPolicy::kMean ||
                            filters.repeats == RepeatPolicy::kLast);
  if (drops_nonpositive && !merges) drop_nonpositive();
  if (filters.binarize) {
    for (Event& event : events) event.value = *filters.binarize;
  }
  if (filters.since || filters.until) {
    sieve.step("no time (a time window is set)", [](const Event& e) { return e.time == kNoTime; });
    sieve.step("outside the time window", [&](const Event& e) {
      return (filters.since && e.time < *filters.since) || (filters.until && e.time >= *filters.until);
    });
  }
  if (filters.repeats != RepeatPolicy::kKeep) sieve.repeats(filters.repeats);
  if (drops_nonpositive && merges) drop_nonpositive();
  if (has_cores) sieve.cores(filters);
  sieve.compact(origin);
}

}  // namespace akin
