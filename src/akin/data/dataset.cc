#include "akin/data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace akin {
namespace {

/// Number `cleared` of the values gets a text that says nothing.
void clear_value(IdMap& values, idx_t cleared) {
  IdMap others;
  for (idx_t v = 0; v < values.size(); ++v) {
    std::string text(values.id(v));
    if (v == cleared) {
      text = fmt::format("{}{}", kForgottenValue, v);
      while (values.find(text)) text += '.';
    }
    others.add(text);
  }
  values = std::move(others);
}

}  // namespace

bool Dataset::has_times() const {
  return std::ranges::any_of(events, [](const Event& event) { return event.time != kNoTime; });
}

bool Dataset::has_given_split() const {
  return std::ranges::any_of(events, [](const Event& event) { return event.subset == Subset::kTest; });
}

std::vector<Event> events_of(std::span<const Event> events, Subset subset) {
  std::vector<Event> result;
  result.reserve(static_cast<std::size_t>(std::ranges::count(events, subset, &Event::subset)));
  std::ranges::copy_if(events, std::back_inserter(result),
                       [&](const Event& e) { return e.subset == subset; });
  return result;
}

std::vector<std::uint64_t> user_offsets(std::span<const Event> events, std::size_t n_users) {
  std::vector<std::uint64_t> offsets(n_users + 1, 0);
  for (const Event& event : events) ++offsets[event.user + 1];
  for (std::size_t u = 0; u < n_users; ++u) offsets[u + 1] += offsets[u];
  return offsets;
}

std::vector<idx_t> last_items(std::span<const Event> events, idx_t user, std::size_t count) {
  // Events are sorted by user.
  const auto first = std::ranges::lower_bound(events, user, std::ranges::less(), &Event::user);
  auto event = std::ranges::upper_bound(events, user, std::ranges::less(), &Event::user);
  std::vector<idx_t> items;
  while (event != first && items.size() < count) {
    --event;
    if (std::ranges::find(items, event->item) == items.end()) items.push_back(event->item);
  }
  return items;
}

const EventAttributes::Column* EventAttributes::find(std::string_view name) const {
  const auto found = std::ranges::find(columns_, name, &Column::name);
  return found == columns_.end() ? nullptr : &*found;
}

void EventAttributes::set(std::string_view name, std::uint64_t event, std::string_view value) {
  auto column = std::ranges::find(columns_, name, &Column::name);
  if (column == columns_.end()) {
    column = columns_.insert(columns_.end(), {std::string(name), {}, {}});
    column->values.add("");
  }
  if (event >= column->codes.size()) column->codes.resize(event + 1, 0);
  column->codes[event] = column->values.add(value);
}

void EventAttributes::resize(std::uint64_t events) {
  for (Column& column : columns_) column.codes.resize(events, 0);
}

std::uint64_t EventAttributes::replace_values(
    std::size_t c, const std::function<std::optional<std::string>(std::string_view)>& replacement) {
  Column& column = columns_[c];
  if (column.codes.empty()) {
    std::uint64_t cleared = 0;
    for (idx_t v = 0; v < column.values.size(); ++v) {
      const std::string_view value = column.values.id(v);
      if (value.empty() || !replacement(value)) continue;
      clear_value(column.values, v);
      ++cleared;
    }
    return cleared;
  }
  IdMap values;
  std::vector<idx_t> new_code(column.values.size());
  std::vector<char> replaced(column.values.size(), 0);
  values.add("");
  for (idx_t v = 0; v < column.values.size(); ++v) {
    const std::string_view value = column.values.id(v);
    const std::optional<std::string> other = value.empty() ? std::nullopt : replacement(value);
    replaced[v] = other.has_value();
    new_code[v] = values.add(other ? std::string_view(*other) : value);
  }
  std::uint64_t events = 0;
  for (idx_t& code : column.codes) {
    events += replaced[code] ? 1 : 0;
    code = new_code[code];
  }
  column.values = std::move(values);
  return events;
}

EventAttributes EventAttributes::select(std::span<const std::uint64_t> events) const {
  EventAttributes result;
  for (const Column& column : columns_) {
    if (column.codes.empty()) {
      result.columns_.push_back(column);
      continue;
    }
    Column kept{column.name, {}, {}};
    kept.values.add("");
    kept.codes.reserve(events.size());
    for (const std::uint64_t event : events) kept.codes.push_back(kept.values.add(column.get(event)));
    result.columns_.push_back(std::move(kept));
  }
  return result;
}

std::vector<idx_t> items_of(std::span<const Event> events) {
  std::vector<idx_t> items;
  items.reserve(events.size());
  for (const Event& event : events) items.push_back(event.item);
  std::ranges::sort(items);
  items.erase(std::unique(items.begin(), items.end()), items.end());
  return items;
}

}  // namespace akin
