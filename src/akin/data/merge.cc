#include "akin/data/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "akin/data/attribute_type.h"

namespace akin {
namespace {

/// The indices in `base` of the ids of `more`, added where they are new.
std::vector<idx_t> add_ids(IdMap& base, const IdMap& more) {
  std::vector<idx_t> indices(more.size());
  for (idx_t i = 0; i < more.size(); ++i) indices[i] = base.add(more.id(i));
  return indices;
}

/// The catalogue of both: items with events first, each in its old order, those of `base` before new ones.
struct MergedItems {
  IdMap ids;
  std::size_t n_event_items = 0;
  std::vector<idx_t> of_base, of_more;  // their new indices
};

MergedItems merge_items(const Dataset& base, const Dataset& more) {
  MergedItems merged;
  merged.of_base.resize(base.n_items());
  merged.of_more.resize(more.n_items());
  const auto add = [&](const Dataset& data, std::size_t begin, std::size_t end, std::vector<idx_t>& indices) {
    for (std::size_t i = begin; i < end; ++i)
      indices[i] = merged.ids.add(data.items.id(static_cast<idx_t>(i)));
  };
  add(base, 0, base.n_event_items(), merged.of_base);
  add(more, 0, more.n_event_items(), merged.of_more);
  merged.n_event_items = merged.ids.size();
  add(base, base.n_event_items(), base.n_items(), merged.of_base);
  add(more, more.n_event_items(), more.n_items(), merged.of_more);
  return merged;
}

/// Gives the catalogue of `base` its new order and size; items with events keep their indices.
void reorder_items(Dataset& base, MergedItems& merged) {
  constexpr idx_t kNone = 0xFFFFFFFF;  // beyond all rows: empty
  std::vector<idx_t> old_of(merged.ids.size(), kNone);
  for (std::size_t i = 0; i < merged.of_base.size(); ++i) old_of[merged.of_base[i]] = static_cast<idx_t>(i);
  base.item_attributes = base.item_attributes.select(old_of);
  for (ItemLinks& links : base.links) {
    for (auto& [from, to] : links.pairs) {
      from = merged.of_base[from];
      to = merged.of_base[to];
    }
  }
  base.items_without_events = merged.ids.size() - merged.n_event_items;
  base.items = std::move(merged.ids);
}

void add_attributes(AttributeTable& base, const AttributeTable& more, const std::vector<idx_t>& indices,
                    std::size_t rows, std::vector<std::string>& other_types) {
  for (const auto& [name, values] : more.all()) {
    const bool known = base.find(name) != nullptr;
    if (known && !(base.type(name) == more.type(name))) {
      other_types.push_back(fmt::format("{}: {}, and {} in the new data", name, to_string(base.type(name)),
                                        to_string(more.type(name))));
    }
    StringColumn& column = base.column(name);
    if (!known) base.set_type(name, more.type(name));
    for (std::size_t row = 0; row < values.size(); ++row) {
      if (!values[row].empty()) column.set(indices[row], values[row]);
    }
  }
  base.resize(rows);
}

void add_links(std::vector<ItemLinks>& base, const std::vector<ItemLinks>& more,
               const std::vector<idx_t>& items) {
  for (const ItemLinks& links : more) {
    auto found = std::ranges::find(base, links.name, &ItemLinks::name);
    if (found == base.end()) found = base.insert(base.end(), {links.name, {}});
    for (const auto& [from, to] : links.pairs) found->pairs.emplace_back(items[from], items[to]);
    std::ranges::sort(found->pairs);
    found->pairs.erase(std::unique(found->pairs.begin(), found->pairs.end()), found->pairs.end());
  }
}

auto key(const Event& event) {
  return std::tuple(event.user, event.time, event.item, event.kind, event.value);
}

/// The events with a time, in the order of key().
std::vector<Event> timed(std::span<const Event> first, std::span<const Event> second) {
  std::vector<Event> events;
  for (const auto& subset : {first, second}) {
    std::ranges::copy_if(subset, std::back_inserter(events),
                         [](const Event& e) { return e.time != kNoTime; });
  }
  std::ranges::sort(events, {}, key);
  return events;
}

}  // namespace

MergeCounts merge(Dataset& base, const Dataset& more, std::span<const Event> elsewhere) {
  const std::size_t old_users = base.n_users(), old_items = base.n_event_items();
  const std::vector<idx_t> users = add_ids(base.users, more.users);
  MergedItems merged = merge_items(base, more);
  const std::vector<idx_t> items = merged.of_more;
  const auto old_without_events = static_cast<std::size_t>(
      std::ranges::count_if(merged.of_base, [&](idx_t i) { return i >= merged.n_event_items; }));
  reorder_items(base, merged);
  base.event_attributes.keep_contexts();
  MergeCounts counts;
  counts.users = base.n_users() - old_users;
  counts.items = base.n_event_items() - old_items;
  counts.items_without_events = base.items_without_events - old_without_events;
  add_attributes(base.item_attributes, more.item_attributes, items, base.n_items(), counts.other_types);
  add_attributes(base.user_attributes, more.user_attributes, users, base.n_users(), counts.other_types);
  add_links(base.links, more.links, items);
  if (base.candidates.rows() > 0) {
    base.candidates.offsets.resize(base.n_users() + 1, base.candidates.offsets.back());
    base.candidates.cols = base.n_event_items();
  }
  const std::vector<Event> known = timed(base.events, elsewhere);
  // Of a data set that counts whole seconds, the same event from a source that counts finer is known too.
  const bool whole_seconds =
      std::ranges::all_of(known, [](const Event& event) { return event.time % kSecond == 0; });
  const auto old_events = static_cast<std::ptrdiff_t>(base.events.size());
  for (Event event : more.events) {
    event.user = users[event.user];
    event.item = items[event.item];
    event.subset = Subset::kTrain;
    Event compared = event;
    if (whole_seconds && event.time != kNoTime) compared.time = floor_seconds(event.time) * kSecond;
    if (std::ranges::binary_search(known, key(compared), {}, key)) {
      ++counts.known;
    } else {
      base.events.push_back(event);
    }
  }
  counts.events = base.events.size() - static_cast<std::size_t>(old_events);
  const auto by_user_and_time = [](const Event& a, const Event& b) {
    return std::tie(a.user, a.time) < std::tie(b.user, b.time);
  };
  std::stable_sort(base.events.begin() + old_events, base.events.end(), by_user_and_time);
  std::inplace_merge(base.events.begin(), base.events.begin() + old_events, base.events.end(),
                     by_user_and_time);
  return counts;
}

}  // namespace akin
