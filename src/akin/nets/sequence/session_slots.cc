#include "akin/nets/sequence/session_slots.h"

#include <algorithm>

namespace akin {

std::vector<std::uint32_t> by_first_event(const Sessions& sessions) {
  std::vector<std::uint32_t> order;
  for (std::size_t s = 0; s < sessions.size(); ++s) {
    if (sessions.items_of(s).size() > 1) order.push_back(static_cast<std::uint32_t>(s));
  }
  std::ranges::stable_sort(order, {}, [&](std::uint32_t s) { return sessions.times[sessions.offsets[s]]; });
  return order;
}

SessionSlots::SessionSlots(const Sessions& sessions, std::span<const std::uint32_t> order, std::size_t slots)
    : sessions_(sessions), order_(order), slots_(std::min(slots, order.size())) {}

bool SessionSlots::begin_next(std::size_t slot) {
  if (next_ == order_.size()) return false;
  const std::uint32_t session = order_[next_++];
  slots_[slot] = {sessions_.offsets[session], sessions_.offsets[session + 1]};
  begun_.push_back(slot);
  return true;
}

bool SessionSlots::next() {
  moved_.clear();
  begun_.clear();
  if (!started_) {
    started_ = true;
    for (std::size_t s = 0; s < slots_.size(); ++s) begin_next(s);
    return !slots_.empty();
  }
  for (Slot& slot : slots_) ++slot.at;
  for (std::size_t s = 0; s < slots_.size();) {
    if (slots_[s].at + 1 < slots_[s].end || begin_next(s)) {
      ++s;
      continue;
    }
    if (s + 1 < slots_.size()) {
      slots_[s] = slots_.back();
      moved_.emplace_back(slots_.size() - 1, s);
    }
    slots_.pop_back();
  }
  return !slots_.empty();
}

}  // namespace akin
