// Users' events cut into sessions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "akin/base/param.h"
#include "akin/models/model.h"

namespace akin {

/// Sessions one after the other, in the order of their users and, of one user, oldest first.
struct Sessions {
  std::vector<std::uint64_t> offsets = {0};  ///< session s is items [offsets[s], offsets[s + 1])
  std::vector<idx_t> items;                  ///< in the order of the events, repeats and all
  std::vector<std::int64_t> times;           ///< of each item, kNoTime = not known
  std::vector<idx_t> users;                  ///< of each session
  std::size_t size() const { return users.size(); }
  std::span<const idx_t> items_of(std::size_t s) const {
    return std::span(items).subspan(offsets[s], offsets[s + 1] - offsets[s]);
  }
  std::span<const std::int64_t> times_of(std::size_t s) const {
    return std::span(times).subspan(offsets[s], offsets[s + 1] - offsets[s]);
  }
};

/// Cuts the events, which are sorted by (user, time), where more than `gap` seconds lie between two of the same user;
/// 0 = all events of a user are one session. An event without a time stays with the one before it.
Sessions cut_sessions(std::span<const Event> events, int gap);

/// Where in the query's history its last session begins, by the same rule.
std::size_t last_session(const Query& query, int gap);

/// Rows of items whose flag in `known` is 0 <- the mean of the rows of known ones up to five events before or after them,
/// each as often as it is there; a row without any stays.
void place_among_neighbors(const Sessions& sessions, const std::vector<std::uint8_t>& known, Matrix& rows);

/// The parameter `session_gap`, in seconds.
Param session_gap_param(int* gap);

}  // namespace akin
