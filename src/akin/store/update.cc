#include "akin/store/update.h"

#include <algorithm>

#include "akin/base/error.h"

namespace akin {
namespace {

/// Training events per user and per item.
struct Counts {
  std::vector<std::uint32_t> users;
  std::vector<std::uint32_t> items;
};
Counts training_counts(const Dataset& shop) {
  Counts counts{std::vector<std::uint32_t>(shop.n_users()), std::vector<std::uint32_t>(shop.n_items())};
  for (const Event& event : shop.events) {
    if (event.part != Part::kTrain) continue;
    ++counts.users[event.user];
    ++counts.items[event.item];
  }
  return counts;
}

std::uint32_t at(const std::vector<std::uint32_t>& counts, std::size_t i) {
  return i < counts.size() ? counts[i] : 0;
}

}  // namespace

Update prepare_update(Bundle bundle, const Dataset& more) {
  Update update;
  update.entry = bundle.entry;
  update.params = std::move(bundle.params);
  update.seed = bundle.seed;
  update.updates = bundle.updates;
  update.old = std::move(bundle.model);
  update.start.model = update.old.get();
  const Counts before = training_counts(bundle.shop);
  Arena& arena = update.arena;
  arena.split = bundle.split;
  arena.shop = std::move(bundle.shop);
  arena.test = std::move(bundle.test);
  update.counts = merge(arena.shop, more, arena.test);
  if (update.counts.events == 0) {
    fail(ErrorCode::kBadData, "there is nothing to update with: all {} events of {} are known already",
         more.events.size(), more.name);
  }
  const Counts after = training_counts(arena.shop);
  for (idx_t u = 0; u < after.users.size(); ++u) {
    if (after.users[u] > at(before.users, u)) update.start.fold_users.push_back(u);
  }
  for (idx_t i = 0; i < after.items.size(); ++i) {
    if (after.items[i] > 0 && at(before.items, i) == 0) update.start.fold_items.push_back(i);
  }
  const auto trained_on = [](const Event& event) { return event.part == Part::kTrain; };
  if (!std::ranges::all_of(arena.shop.events, trained_on)) {
    arena.known = std::move(arena.shop.events);
    arena.shop.events = events_of(arena.known, Part::kTrain);
  }
  arena.validation = events_of(arena.known, Part::kValidation);
  return update;
}

}  // namespace akin
