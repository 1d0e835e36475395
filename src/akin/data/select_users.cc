#include "akin/data/select_users.h"

#include <algorithm>

#include "akin/data/id_values.h"

namespace akin {
namespace {

constexpr idx_t kGone = 0xFFFFFFFF;

std::vector<idx_t> new_numbers(const std::vector<idx_t>& users, std::size_t n_users) {
  std::vector<idx_t> numbers(n_users, kGone);
  for (std::size_t u = 0; u < users.size(); ++u) numbers[users[u]] = static_cast<idx_t>(u);
  return numbers;
}

std::uint64_t filled(const AttributeTable& table) {
  std::uint64_t count = 0;
  for (const auto& [name, column] : table.all()) {
    for (std::size_t row = 0; row < column.size(); ++row) count += column[row].empty() ? 0 : 1;
  }
  return count;
}

/// Keeps the reviews of users who stay; events become those of select_users().
void select_reviews(ReviewTable& reviews, std::span<const Event> events, const std::vector<idx_t>& numbers) {
  std::vector<std::uint64_t> gone_before(events.size() + 1, 0);
  for (std::size_t e = 0; e < events.size(); ++e)
    gone_before[e + 1] = gone_before[e] + (numbers[events[e].user] == kGone ? 1 : 0);
  std::vector<std::uint64_t> kept;
  for (std::size_t r = 0; r < reviews.size(); ++r) {
    const std::uint64_t event = reviews.event[r];
    if (numbers[events[event].user] == kGone) continue;
    reviews.event[kept.size()] = event - gone_before[event];
    kept.push_back(r);
  }
  reviews.event.resize(kept.size());
  reviews.summary.keep_rows(kept);
  reviews.text.keep_rows(kept);
}

}  // namespace

bool UserIds::meet(std::string_view id) {
  const auto found = ids_.find(id);
  if (found == ids_.end()) return false;
  return found->second = true;
}

std::vector<std::string> UserIds::unmet() const {
  std::vector<std::string> result;
  for (const auto& [id, met] : ids_) {
    if (!met) result.push_back(id);
  }
  return result;
}

std::vector<idx_t> users_without(const Dataset& data, UserIds& ids) {
  const StringColumn* const writers = data.user_attributes.find("user");
  std::vector<idx_t> users;
  for (idx_t u = 0; u < data.n_users(); ++u) {
    const bool own = ids.meet(data.users.id(u)), written = writers && ids.meet(writers->get(u));
    if (!own && !written) users.push_back(u);
  }
  return users;
}

std::vector<Event> select_users(std::span<const Event> events, const std::vector<idx_t>& users) {
  std::vector<Event> result;
  auto user = users.begin();
  for (Event event : events) {
    while (user != users.end() && *user < event.user) ++user;  // events are sorted by user
    if (user == users.end()) break;
    if (*user != event.user) continue;
    event.user = static_cast<idx_t>(user - users.begin());
    result.push_back(event);
  }
  return result;
}

RemovedData select_users(Dataset& data, const std::vector<idx_t>& users) {
  RemovedData removed{.users = data.n_users() - users.size(),
                      .events = data.events.size(),
                      .reviews = data.reviews.size(),
                      .attributes = filled(data.user_attributes),
                      .candidates = data.candidates.entries()};
  select_reviews(data.reviews, data.events, new_numbers(users, data.n_users()));
  if (!data.event_attributes.empty()) {
    std::vector<std::uint64_t> kept;
    const std::vector<idx_t> numbers = new_numbers(users, data.n_users());
    for (std::uint64_t e = 0; e < data.events.size(); ++e) {
      if (numbers[data.events[e].user] != kGone) kept.push_back(e);
    }
    data.event_attributes = data.event_attributes.select(kept);
  }
  data.events = select_users(data.events, users);
  data.user_attributes = data.user_attributes.select(users);
  if (data.candidates.rows() > 0) data.candidates = select_rows(data.candidates, users);
  data.users = data.users.select(users);
  removed.events -= data.events.size();
  removed.reviews -= data.reviews.size();
  removed.attributes -= filled(data.user_attributes);
  removed.candidates -= data.candidates.entries();
  return removed;
}

std::uint64_t clear_mentions(Dataset& data, UserIds& ids) {
  std::uint64_t cleared = 0;
  const auto cleared_id = [&](std::string_view value) -> std::optional<std::string> {
    return !is_short_number(value) && ids.meet(value) ? std::optional(std::string()) : std::nullopt;
  };
  for (AttributeTable* const table : {&data.user_attributes, &data.item_attributes}) {
    std::vector<std::string> names;
    for (const auto& [name, column] : table->all()) names.push_back(name);
    for (const std::string& name : names) cleared += replace_values(*table, name, cleared_id);
  }
  for (std::size_t c = 0; c < data.event_attributes.columns().size(); ++c)
    cleared += data.event_attributes.replace_values(c, cleared_id);
  return cleared;
}

}  // namespace akin
