#include "akin/data/dataset.h"

#include <algorithm>
#include <iterator>

#include "akin/base/error.h"

namespace akin {

bool Dataset::has_times() const {
  return std::ranges::any_of(events, [](const Event& event) { return event.time != kNoTime; });
}

bool Dataset::has_given_split() const {
  return std::ranges::any_of(events, [](const Event& event) { return event.part == Part::kTest; });
}

std::vector<Event> events_of(std::span<const Event> events, Part part) {
  std::vector<Event> result;
  result.reserve(static_cast<std::size_t>(std::ranges::count(events, part, &Event::part)));
  std::ranges::copy_if(events, std::back_inserter(result), [&](const Event& e) { return e.part == part; });
  return result;
}

std::vector<std::uint64_t> user_offsets(std::span<const Event> events, std::size_t n_users) {
  std::vector<std::uint64_t> offsets(n_users + 1, 0);
  for (const Event& event : events) ++offsets[event.user + 1];
  for (std::size_t u = 0; u < n_users; ++u) offsets[u + 1] += offsets[u];
  return offsets;
}

Csr to_csr(std::span<const Event> events, std::size_t n_users, std::size_t n_items, Repeats repeats) {
  Csr result;
  result.cols = n_items;
  result.offsets.reserve(n_users + 1);
  result.indices.reserve(events.size());
  result.values.reserve(events.size());
  std::vector<std::pair<idx_t, float>> row;
  std::size_t next = 0;
  for (std::size_t user = 0; user < n_users; ++user) {
    row.clear();
    for (; next < events.size() && events[next].user == user; ++next)
      row.emplace_back(events[next].item, events[next].value);
    std::ranges::stable_sort(row, {}, &std::pair<idx_t, float>::first);
    for (const auto& [item, value] : row) {
      const bool repeated = result.indices.size() > result.offsets.back() && result.indices.back() == item;
      if (!repeated) {
        result.indices.push_back(item);
        result.values.push_back(value);
      } else if (repeats == Repeats::kSum) {
        result.values.back() += value;
      } else {
        result.values.back() = value;
      }
    }
    result.offsets.push_back(result.indices.size());
  }
  AKIN_ASSERT(next == events.size());  // events are sorted by user, users are in range
  return result;
}

}  // namespace akin
