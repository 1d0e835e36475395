// What decides how a data set is split, and what a split held out.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "akin/data/dataset.h"
#include "akin/data/split.h"

namespace akin {

/// What orders the events of a user.
enum class EventOrder {
  kNone,       ///< nothing: no event has a time, and they stand as they stood in the file
  kPositions,  ///< their places in a list (formats lists and pairs): times are 0, 1, 2 ... for each user
  kBaskets,    ///< nothing: they have times, but all events of most users the same one
  kSessions,  ///< moments; events say no more than that they happened, and nearly all users are there for a day only
  kMoments,  ///< moments
};
/// kBaskets: more than half of the users with two events or more. kSessions: 95 % of these within 24 hours, while the
/// data span a week or more and all events have the same value. Cost: O(events).
/// Collective, of the events of all ranks.
EventOrder event_order(const Dataset& data, const Communicator& ranks = alone());

/// Dataset::has_times() and has_given_split() of the events of all ranks. Collective.
bool has_times(const Dataset& data, const Communicator& ranks);
bool has_given_split(const Dataset& data, const Communicator& ranks);

/// Why choose_split() takes what it takes where nothing is asked for, such as "the events have neither times nor order".
std::string default_split_reason(const Dataset& data, const Communicator& ranks = alone());

/// What a split held out, and of how many.
struct SplitSummary {
  SplitSpec spec;
  std::string reason = {};           ///< default_split_reason() of a split that nobody asked for, else ""
  std::uint64_t users = 0;           ///< with events
  std::uint64_t held_out_users = 0;  ///< with held-out events
  std::uint64_t events = 0;          ///< held-out ones included
  std::uint64_t held_out_events = 0;
};
/// `known` and `held_out` are sorted by user and have no event in common. Collective, of the events of all ranks.
SplitSummary summarize_split(const SplitSpec& spec, std::string reason, std::span<const Event> known,
                             std::span<const Event> held_out, const Communicator& ranks = alone());
/// Why a user has no held-out events, to go on from "the other 12 users ": "have fewer than 2 events".
std::string why_not_held_out(const SplitSpec& spec);

}  // namespace akin
