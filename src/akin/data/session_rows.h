// Sessions as the rows of a data set, in the place of users.
#pragma once

#include <string>
#include <string_view>

#include "akin/data/dataset.h"

namespace akin {

/// The event attribute that name_session_users() reads.
inline constexpr std::string_view kSessionUser = "session user";

/// Cuts each user's events where more than `gap` seconds pass without one, and makes each piece a user of its own: with
/// the id USER#SECONDS, SECONDS since 1970 at its first event (empty where it has no time), so that later files give the
/// same ids, the attributes of the user, and the attribute `user` with their id. Users without events are left out.
/// Returns a note of what was made. Throws Error(kUsage) if there is an attribute `user` already, Error(kBadData) if no
/// event has a time.
std::string cut_at_gaps(Dataset& data, int gap);

/// For data whose users are sessions: moves who was signed in, the event attribute kSessionUser, to the user attribute
/// `user`: the first one of the session; nobody where it is empty or a marker of no value such as NULL. Returns a note of
/// what was made. Throws Error(kUsage) if there is an attribute `user` already, Error(kBadData) if most sessions that
/// have users have several: then ids of sessions are not unique.
std::string name_session_users(Dataset& data);

}  // namespace akin
