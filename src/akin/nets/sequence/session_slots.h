// Sessions side by side: the minibatches of recurrent nets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "akin/models/sequence/sessions.h"

namespace akin {

/// The numbers of the sessions of two events or more, in the order of their first events' times; equal and
/// unknown times keep the order of the sessions.
std::vector<std::uint32_t> by_first_event(const Sessions& sessions);

/// Session-parallel minibatches (Hidasi et al. 2016, figure 2): each slot goes through a session, one event a
/// step; when it is over, the next one of `order` takes its place. When none is left the slot goes, and the
/// last slot takes its number, so that every event is seen.
class SessionSlots {
 public:
  /// Sessions and order outlive it.
  SessionSlots(const Sessions& sessions, std::span<const std::uint32_t> order, std::size_t slots);

  /// Goes to the next step; false = all sessions are over.
  bool next();
  /// Slots in use: [0, size()).
  std::size_t size() const { return slots_.size(); }
  idx_t input(std::size_t slot) const { return sessions_.items[slots_[slot].at]; }
  idx_t target(std::size_t slot) const { return sessions_.items[slots_[slot].at + 1]; }
  /// (from, to): slots that changed their number at this step, to be moved in this order.
  std::span<const std::pair<std::size_t, std::size_t>> moved() const { return moved_; }
  /// Slots whose session begins at this step.
  std::span<const std::size_t> begun() const { return begun_; }

 private:
  struct Slot {
    std::uint64_t at, end;  // of the input, and behind the session's last event
  };
  bool begin_next(std::size_t slot);

  const Sessions& sessions_;
  std::span<const std::uint32_t> order_;
  std::size_t next_ = 0;  // in order_
  std::vector<Slot> slots_;
  std::vector<std::pair<std::size_t, std::size_t>> moved_;
  std::vector<std::size_t> begun_;
  bool started_ = false;
};

}  // namespace akin
