#include "akin/data/session_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/data/attribute_type.h"
#include "akin/data/readers/id_column.h"

namespace akin {
namespace {

void check_no_user_attribute(const Dataset& data) {
  if (data.user_attributes.find("user"))
    fail(ErrorCode::kUsage,
         "the attribute user of a session is its user, but there is one already; rename that column");
}

std::string session_id(std::string_view user, std::int64_t time) {
  return time == kNoTime ? fmt::format("{}#", user) : fmt::format("{}#{}", user, floor_seconds(time));
}

}  // namespace

std::string cut_at_gaps(Dataset& data, int gap) {
  check_no_user_attribute(data);
  if (!data.has_times())
    fail(ErrorCode::kBadData, "sessions are cut by times, but no event has one; see --time");
  IdMap ids;
  std::vector<idx_t> users;  // of each session
  const auto is_gap = [&](std::int64_t before, std::int64_t after) {
    return before != kNoTime && floor_seconds(after) - floor_seconds(before) > gap;
  };
  std::vector<Event>& events = data.events;
  for (std::size_t begin = 0, end = 0; begin < events.size(); begin = end) {
    const idx_t user = events[begin].user;
    std::int64_t first = kNoTime;
    for (; end < events.size() && events[end].user == user; ++end) {
      if (end > begin && is_gap(events[end - 1].time, events[end].time)) break;
      if (first == kNoTime) first = events[end].time;
    }
    const idx_t session = ids.add(session_id(data.users.id(user), first));
    AKIN_ASSERT(session == users.size());
    users.push_back(user);
    for (std::size_t e = begin; e < end; ++e) events[e].user = session;
  }
  data.user_attributes = data.user_attributes.select(users);
  StringColumn names;
  for (const idx_t user : users) names.push_back(data.users.id(user));
  data.user_attributes.column("user") = std::move(names);
  data.user_attributes.set_type("user", parse_attribute_type("category"));
  const std::string note = fmt::format("the events of {} users are {} sessions",
                                       format_count(data.users.size()), format_count(users.size()));
  data.users = std::move(ids);
  return note;
}

std::string name_session_users(Dataset& data) {
  check_no_user_attribute(data);
  const EventAttributes::Column* const signed_in = data.event_attributes.find(kSessionUser);
  std::vector<std::string_view> names(data.users.size());
  std::vector<char> several(data.users.size(), 0);
  for (std::size_t e = 0; signed_in != nullptr && e < data.events.size(); ++e) {
    const std::string_view name = signed_in->get(e);
    if (name.empty() || is_null_marker(name)) continue;
    const idx_t session = data.events[e].user;
    if (names[session].empty()) names[session] = name;
    if (names[session] != name) several[session] = 1;
  }
  const auto named =
      static_cast<std::uint64_t>(std::ranges::count_if(names, [](auto name) { return !name.empty(); }));
  const auto shared = static_cast<std::uint64_t>(std::ranges::count(several, 1));
  if (2 * shared > named) {
    fail(ErrorCode::kBadData,
         "{} of {} sessions have events of several users: ids of sessions are not unique; cut the sessions "
         "of users "
         "by time (--session-gap MINUTES), or put user and session into one column",
         format_count(shared), format_count(named));
  }
  std::string note = fmt::format("{} sessions, {} of them of signed-in users", format_count(names.size()),
                                 format_count(named));
  if (shared > 0)
    note += fmt::format("; {} have events of several users and are the first one's", format_count(shared));
  if (signed_in == nullptr) return note;
  StringColumn column;
  for (const std::string_view name : names) column.push_back(name);
  data.user_attributes.column("user") = std::move(column);
  data.user_attributes.set_type("user", parse_attribute_type("category"));
  EventAttributes others;
  for (const EventAttributes::Column& attribute : data.event_attributes.columns()) {
    if (attribute.name != kSessionUser) others.add(attribute);
  }
  data.event_attributes = std::move(others);
  return note;
}

}  // namespace akin
