// The events of a history, column by column.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "akin/models/model.h"

namespace akin {

/// What a Query points to, gathered event by event, oldest first.
class QueryHistory {
 public:
  void clear();
  void reserve(std::size_t events);
  void add(const Event& event);
  void add(std::span<const Event> events);
  /// An item of which nothing else is known; beside events with values it counts as 1. `context` as Event::context.
  void add(idx_t item, std::int64_t time = kNoTime, std::uint16_t context = 0);
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  /// Valid until the history changes.
  Query query(std::optional<idx_t> user, std::int64_t now = kNoTime) const;

 private:
  std::vector<idx_t> items_;
  std::vector<float> values_;
  std::vector<std::int64_t> times_;
  std::vector<EventKind> kinds_;
  std::vector<std::uint16_t> contexts_;
  bool values_known_ = false;    // of one item at least
  bool contexts_known_ = false;  // likewise
};

}  // namespace akin
