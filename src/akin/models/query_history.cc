#include "akin/models/query_history.h"

namespace akin {

void QueryHistory::clear() {
  items_.clear();
  values_.clear();
  times_.clear();
  kinds_.clear();
  contexts_.clear();
  values_known_ = contexts_known_ = false;
}

void QueryHistory::reserve(std::size_t events) {
  items_.reserve(events);
  values_.reserve(events);
  times_.reserve(events);
  kinds_.reserve(events);
  contexts_.reserve(events);
}

void QueryHistory::add(const Event& event) {
  items_.push_back(event.item);
  values_.push_back(event.value);
  times_.push_back(event.time);
  kinds_.push_back(event.kind);
  contexts_.push_back(event.context);
  values_known_ = true;
  contexts_known_ |= event.context != 0;
}

void QueryHistory::add(std::span<const Event> events) {
  for (const Event& event : events) add(event);
}

void QueryHistory::add(idx_t item, std::int64_t time, std::uint16_t context) {
  // The kind of the event before: a visitor who goes on does what they have done.
  const EventKind kind = kinds_.empty() ? EventKind::kView : kinds_.back();
  items_.push_back(item);
  values_.push_back(1);
  times_.push_back(time);
  kinds_.push_back(kind);
  contexts_.push_back(context);
  contexts_known_ |= context != 0;
}

Query QueryHistory::query(std::optional<idx_t> user, std::int64_t now) const {
  Query query{.user = user, .history = items_, .times = times_, .now = now};
  if (values_known_) {
    query.values = values_;
    query.kinds = kinds_;
  }
  if (contexts_known_) query.contexts = contexts_;
  return query;
}

}  // namespace akin
