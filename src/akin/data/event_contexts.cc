#include "akin/data/event_contexts.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "akin/base/error.h"

namespace akin {
namespace {

using Column = EventAttributes::Column;

/// The codes of `values` in `to`, which gets those that are new.
std::vector<idx_t> codes_in(IdMap& to, const IdMap& values) {
  std::vector<idx_t> codes(values.size());
  for (idx_t v = 0; v < codes.size(); ++v) codes[v] = to.add(values.id(v));
  return codes;
}

/// Sets the contexts of the events by the columns of `from` of the same names; without one, nothing is known.
void set_contexts(const std::vector<ContextColumn>& columns, const EventAttributes& from,
                  std::vector<Event>& events) {
  std::vector<std::uint32_t> contexts(events.size(), 0);
  for (const ContextColumn& context : columns) {
    const Column* const column = from.find(context.column->name);
    if (column == nullptr || column->codes.empty()) continue;
    std::vector<std::uint32_t> digits(column->values.size());
    for (idx_t v = 0; v < digits.size(); ++v)
      digits[v] = context.stride * context.column->values.find(column->values.id(v)).value_or(0);
    for (std::size_t e = 0; e < events.size(); ++e) contexts[e] += digits[column->codes[e]];
  }
  for (std::size_t e = 0; e < events.size(); ++e) events[e].context = static_cast<std::uint16_t>(contexts[e]);
}

const Column& column_of(const Dataset& data, const std::string& name) {
  if (const Column* const column = data.event_attributes.find(name)) return *column;
  std::vector<std::string> known;
  for (const Column& column : data.event_attributes.columns()) known.push_back(column.name);
  if (known.empty()) {
    fail(ErrorCode::kUsage,
         "the events of {} have no attribute '{}', and no others; keep columns with `akin import csv "
         "--event-attributes {}`",
         data.name, name, name);
  }
  fail(ErrorCode::kUsage, "the events of {} have no attribute '{}'{}; they have: {}", data.name, name,
       did_you_mean(name, known), fmt::join(known, ", "));
}

}  // namespace

std::vector<ContextColumn> context_columns(const EventAttributes& attributes) {
  std::vector<ContextColumn> columns;
  std::vector<std::string> sizes;
  std::uint64_t stride = 1;
  for (const Column& column : attributes.columns()) {
    if (!column.codes.empty()) continue;
    columns.push_back({&column, static_cast<std::uint32_t>(stride)});
    sizes.push_back(fmt::format("{} {}", column.values.size(), column.name));
    stride *= column.values.size();
    if (stride > kMostContexts) {
      fail(ErrorCode::kBadData,
           "attributes of events: more than {} combinations ({}): name fewer, or put their values into "
           "classes before the import",
           kMostContexts, fmt::join(sizes, " x "));
    }
  }
  return columns;
}

std::uint64_t n_contexts(const EventAttributes& attributes) {
  const std::vector<ContextColumn> columns = context_columns(attributes);
  return columns.empty() ? 1 : std::uint64_t{columns.back().stride} * columns.back().size();
}

const ContextColumn* find_context(const std::vector<ContextColumn>& columns, std::string_view name) {
  const auto found = std::ranges::find_if(columns, [&](const auto& c) { return c.column->name == name; });
  return found == columns.end() ? nullptr : &*found;
}

std::string context_names(const std::vector<ContextColumn>& columns) {
  std::vector<std::string_view> names;
  for (const ContextColumn& context : columns) names.push_back(context.column->name);
  return fmt::format("{}", fmt::join(names, ", "));
}

void note_contexts(Dataset& data, const std::vector<std::string>& names) {
  if (names.empty()) return;
  EventAttributes noted;
  for (const std::string& name : names) {
    if (noted.find(name) != nullptr) continue;
    Column column{name, {}, {}};
    column.values.add("");
    codes_in(column.values, column_of(data, name).values);
    noted.add(std::move(column));
  }
  set_contexts(context_columns(noted), data.event_attributes, data.events);
  data.event_attributes = std::move(noted);
}

std::vector<std::string> extend_contexts(Dataset& base, std::vector<Event>& test, Dataset& more) {
  const EventAttributes old = base.event_attributes;
  EventAttributes extended;
  std::vector<std::string> missing;
  for (const ContextColumn& context : context_columns(old)) {
    Column column = *context.column;
    if (const Column* const from = more.event_attributes.find(column.name)) {
      codes_in(column.values, from->values);
    } else {
      missing.push_back(column.name);
    }
    extended.add(std::move(column));
  }
  const std::vector<ContextColumn> before = context_columns(old), after = context_columns(extended);
  for (std::vector<Event>* const events : {&base.events, &test}) {
    for (Event& event : *events) {
      std::uint32_t context = 0;
      for (std::size_t c = 0; c < before.size(); ++c)
        context += before[c].code(event.context) * after[c].stride;
      event.context = static_cast<std::uint16_t>(context);
    }
  }
  set_contexts(after, more.event_attributes, more.events);
  base.event_attributes = std::move(extended);
  return missing;
}

void clear_unused_values(EventAttributes& attributes, std::span<const Event> known,
                         std::span<const Event> test) {
  const std::vector<ContextColumn> contexts = context_columns(attributes);
  for (std::size_t c = 0; c < attributes.columns().size(); ++c) {
    const ContextColumn* const context = find_context(contexts, attributes.columns()[c].name);
    if (context == nullptr) continue;
    std::vector<char> used(context->size(), 0);
    for (const std::span<const Event> events : {known, test}) {
      for (const Event& event : events) used[context->code(event.context)] = 1;
    }
    attributes.replace_values(c, [&](std::string_view value) -> std::optional<std::string> {
      const bool kept = used[*context->column->values.find(value)] != 0 || value.starts_with(kForgottenValue);
      return kept ? std::nullopt : std::optional<std::string>("");
    });
  }
}

}  // namespace akin
