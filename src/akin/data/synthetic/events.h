// Reviews and click sessions of a range of users.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "akin/data/synthetic/text.h"

namespace akin::synthetic {

inline constexpr std::int64_t kFirstDay = 1356998400;  ///< 2013-01-01
inline constexpr std::int64_t kDays = 730;
inline constexpr std::string_view kSessionHeader = "session_id\titem_id\ttime\tkind\n";

/// Lines of consecutive users.
struct EventLines {
  std::string reviews, sessions;
  std::uint64_t events = 0, sessions_count = 0, session_lines = 0;
};

/// What a worker keeps from one range of users to the next.
struct EventScratch {
  explicit EventScratch(std::size_t items) : seen(items) {}
  SeenItems seen;
  EventLines lines;
};

/// Makes the events of users [begin, end) into scratch.lines, which is returned.
const EventLines& make_events(const World& world, const ReviewPrinter& printer, std::size_t begin,
                              std::size_t end, EventScratch& scratch);

/// Boundaries of ranges of users with about `events` reviews each: from 0 to the number of users.
std::vector<std::size_t> user_ranges(const World& world, std::uint64_t events);

}  // namespace akin::synthetic
