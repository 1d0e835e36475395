#include "akin/models/sequence/sessions.h"

#include <algorithm>

#include "akin/linalg/kernels.h"

namespace akin {
namespace {

bool parts(std::int64_t before, std::int64_t after, int gap) {
  if (gap == 0 || before == kNoTime || after == kNoTime) return false;
  // In whole seconds: the difference of two times in microseconds may not fit.
  return floor_seconds(after) - floor_seconds(before) > gap;
}

}  // namespace

Sessions cut_sessions(std::span<const Event> events, int gap) {
  Sessions sessions;
  sessions.items.reserve(events.size());
  sessions.times.reserve(events.size());
  for (std::size_t e = 0; e < events.size(); ++e) {
    const bool begins =
        e == 0 || events[e].user != events[e - 1].user || parts(events[e - 1].time, events[e].time, gap);
    if (begins) {
      sessions.users.push_back(events[e].user);
      sessions.offsets.push_back(e);
    }
    sessions.offsets.back() = e + 1;
    sessions.items.push_back(events[e].item);
    sessions.times.push_back(events[e].time);
  }
  return sessions;
}

std::size_t last_session(const Query& query, int gap) {
  std::size_t begin = query.history.size();
  if (begin > 0) --begin;
  if (query.times.empty()) return 0;
  while (begin > 0 && !parts(query.times[begin - 1], query.times[begin], gap)) --begin;
  return begin;
}

void place_among_neighbors(const Sessions& sessions, const std::vector<std::uint8_t>& known, Matrix& rows) {
  constexpr std::size_t kApart = 5;
  std::vector<float> counts(rows.rows(), 0);
  Matrix sums(rows.rows(), rows.cols());
  for (std::size_t s = 0; s < sessions.size(); ++s) {
    const std::span<const idx_t> all = sessions.items_of(s);
    for (std::size_t e = 0; e < all.size(); ++e) {
      if (known[all[e]] != 0) continue;
      const std::size_t first = e > kApart ? e - kApart : 0, last = std::min(all.size(), e + kApart + 1);
      for (std::size_t k = first; k < last; ++k) {
        if (known[all[k]] == 0) continue;
        axpy(1, rows.row(all[k]), sums.row(all[e]), rows.stride());
        ++counts[all[e]];
      }
    }
  }
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (counts[i] == 0) continue;
    std::copy_n(sums.row(i), rows.stride(), rows.row(i));
    scale(1 / counts[i], rows.row(i), rows.stride());
  }
}

Param session_gap_param(int* gap) {
  return {"session_gap", gap, "a new session begins after this many seconds without an event; 0 = never", 0,
          1'000'000'000};
}

}  // namespace akin
