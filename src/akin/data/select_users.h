// A data set without some of its users.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/dataset.h"

namespace akin {

/// What was removed with users.
struct RemovedData {
  std::uint64_t users = 0;
  std::uint64_t events = 0;
  std::uint64_t held_out = 0;    ///< events of a bundle's test part
  std::uint64_t reviews = 0;     ///< texts
  std::uint64_t attributes = 0;  ///< values that were not empty
  std::uint64_t candidates = 0;  ///< items to rank against
  std::uint64_t mentions = 0;    ///< values of attributes of other users and of items that were the id
};

/// Ids of users who are to be removed, and which of them have been met.
class UserIds {
 public:
  explicit UserIds(const std::vector<std::string>& ids) {
    for (const std::string& id : ids) ids_.emplace(id, false);
  }
  /// Whether it is one of them, which then has been met.
  bool meet(std::string_view id);
  std::vector<std::string> unmet() const;

 private:
  std::map<std::string, bool, std::less<>> ids_;
};

/// The users whose id is none of `ids`, ascending. Of documents made from the reviews of a data set (`import
/// text`), those count too that one of `ids` wrote, as the attribute "user" says.
std::vector<idx_t> users_without(const Dataset& data, UserIds& ids);

/// The events of the `users` listed, ascending, who are renumbered from 0.
std::vector<Event> select_users(std::span<const Event> events, const std::vector<idx_t>& users);

/// Removes all other users from the data set with all that it holds of them. The order of events stays, and
/// so do the items, those without events too.
RemovedData select_users(Dataset& data, const std::vector<idx_t>& users);

/// Empties each value of an attribute of users or items that is exactly one of `ids`, which then has been met;
/// returns how many. Values that are short numbers (is_short_number()) stay: they may be an id by chance.
std::uint64_t clear_mentions(Dataset& data, UserIds& ids);

}  // namespace akin
