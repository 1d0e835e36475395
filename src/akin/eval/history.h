// Who a held-out user was before.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "akin/models/model.h"
#include "akin/models/query_history.h"

namespace akin {

/// The known events of each user.
class Histories {
 public:
  explicit Histories(const TrainingData& data)
      : events_(data.events), offsets_(user_offsets(data.events, data.n_users())) {}
  std::span<const Event> of(idx_t user) const {
    return events_.subspan(offsets_[user], offsets_[user + 1] - offsets_[user]);
  }

 private:
  std::span<const Event> events_;
  std::vector<std::uint64_t> offsets_;
};

/// Builds queries, one at a time; one per thread.
class QueryBuffer {
 public:
  /// The query of a user with these known events, and `more` after them, valid until the next call. Only a
  /// user with training events is known to a model by name; others have no more than their history.
  Query query(idx_t user, std::span<const Event> history, std::span<const Event> more = {},
              std::int64_t now = kNoTime) {
    history_.clear();
    bool trained = false;
    for (const std::span<const Event> events : {history, more}) {
      history_.add(events);
      for (const Event& event : events) trained |= event.subset == Subset::kTrain;
    }
    return history_.query(trained ? std::optional(user) : std::nullopt, now);
  }

 private:
  QueryHistory history_;
};

/// The slices of `events` (sorted by user) that belong to one user each.
std::vector<std::span<const Event>> by_user(std::span<const Event> events);

}  // namespace akin
