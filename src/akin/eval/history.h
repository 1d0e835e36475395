// Who a held-out user was during training.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "akin/models/model.h"

namespace akin {

/// The training events of each user.
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
  /// The query of a user with this training history, valid until the next call. A user without training
  /// events is unknown to every model.
  Query query(idx_t user, std::span<const Event> history) {
    items_.clear();
    values_.clear();
    for (const Event& event : history) {
      items_.push_back(event.item);
      values_.push_back(event.value);
    }
    Query query{.history = items_, .values = values_};
    if (!history.empty()) query.user = user;
    return query;
  }

 private:
  std::vector<idx_t> items_;
  std::vector<float> values_;
};

/// The slices of `events` (sorted by user) that belong to one user each.
std::vector<std::span<const Event>> by_user(std::span<const Event> events);

}  // namespace akin
