#include "akin/data/readers/event_reader.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/data/readers/number_parse.h"
#include "akin/data/readers/options.h"

namespace akin {
namespace {

constexpr std::size_t kMostAttributes = 64;  // bits of Known::done

}  // namespace

EventReader::EventReader(EventRules rules, DatasetBuilder& builder, ImportReport& report)
    : rules_(std::move(rules)),
      builder_(builder),
      report_(report),
      pattern_(rules_.item_pattern),
      decode_(rules_.encoding) {
  if (rules_.min_raw_value) below_reason_ = fmt::format("value below {}", *rules_.min_raw_value);
}

void EventReader::drop_columns() {
  DroppedColumns& dropped = builder_.dropped;
  if (!dropped.any()) return;
  const std::vector<std::string>& header = columns_.header;
  const auto name = [&](std::size_t c) { return c < header.size() ? header[c] : fmt::format("{}", c + 1); };
  for (std::size_t c = 0; c < header.size(); ++c) dropped(header[c]);
  if (header.empty() && columns_.most != kNoColumn) {
    for (std::size_t c = 0; c < columns_.most; ++c) dropped(name(c));
  }
  dropped.need(name(columns_.user), "users");
  dropped.need(name(columns_.item), "items");
  const bool had_value = columns_.value != kNoColumn;
  for (const auto& [role, column] :
       {std::pair("value", &columns_.value), std::pair("time", &columns_.time),
        std::pair("kind", &columns_.kind), std::pair("part", &columns_.subset),
        std::pair("text", &columns_.text), std::pair("summary", &columns_.summary)}) {
    if (*column != kNoColumn && (dropped(name(*column)) || (header.empty() && dropped(role))))
      *column = kNoColumn;
  }
  if (had_value && columns_.value == kNoColumn && rules_.min_raw_value)
    fail(ErrorCode::kUsage, "min_raw_value needs the column of values, which is to be dropped");
  for (auto* const attributes :
       {&columns_.event_attributes, &columns_.item_attributes, &columns_.user_attributes})
    std::erase_if(*attributes, [&](const auto& attribute) { return dropped(name(attribute.second)); });
}

void EventReader::start_file(EventColumns columns, Subset subset) {
  columns_ = std::move(columns);
  drop_columns();
  part_ = subset;
  for (const auto* const attributes :
       {&columns_.event_attributes, &columns_.item_attributes, &columns_.user_attributes}) {
    if (attributes->size() > kMostAttributes) {
      fail(ErrorCode::kUsage,
           "at most {} attributes of an event file are kept, {} are asked for; "
           "put them into a file of their own",
           kMostAttributes, attributes->size());
    }
  }
  least_fields_ = 0;
  for (const std::size_t column :
       {columns_.user, columns_.item, columns_.value, columns_.time, columns_.kind, columns_.subset}) {
    if (column != kNoColumn) least_fields_ = std::max(least_fields_, column + 1);
  }
}

/// Fills everything but the ids; the reason to reject the record, or nullptr.
const char* EventReader::parse(std::span<const std::string_view> fields, Event& event) const {
  if (fields.size() > columns_.most) {
    const auto extra = fields.subspan(columns_.most);
    if (std::ranges::any_of(extra, [](std::string_view field) { return !field.empty(); }))
      return "too many fields";
  }
  if (fields[columns_.user].empty()) return "no user";
  if (fields[columns_.item].empty()) return "no item";
  if (columns_.value != kNoColumn) {
    const ParsedValue parsed = parse_value(fields[columns_.value]);
    if (parsed.problem != nullptr) return parsed.problem;
    event.value = parsed.value;
    if (rules_.min_raw_value && event.value < *rules_.min_raw_value) return below_reason_.c_str();
  }
  if (columns_.time != kNoColumn) {
    const std::string_view text = fields[columns_.time];
    const auto time = rules_.time(text);
    if (!time) return text.empty() ? "no time" : "time not understood or out of range";
    event.time = *time;
  }
  if (columns_.kind != kNoColumn) {
    const auto kind = kind_of(fields[columns_.kind]);
    if (!kind) return "unknown kind of event";
    event.kind = *kind;
  }
  if (columns_.subset != kNoColumn) {
    const std::string_view text = fields[columns_.subset];
    if (text.size() != 1 || text[0] < '0' || text[0] > '3') return "unknown part (expected 0, 1, 2 or 3)";
    event.subset = static_cast<Subset>(text[0] - '0');
  }
  return nullptr;
}

void EventReader::add(const RecordReader& record) {
  const std::span<const std::string_view> fields = record.fields();
  Event event;
  event.kind = rules_.kind;
  event.subset = part_;
  const char* problem = "too few fields";
  if (fields.size() >= least_fields_) {
    builder_.prefetch(fields[columns_.user], fields[columns_.item]);  // arrives while the numbers are read
    problem = parse(fields, event);
  }
  if (problem == nullptr && !pattern_.matches(fields[columns_.item]))
    problem = "item does not match the pattern";
  if (problem != nullptr) {
    report_.rejections.add(problem, [&] { return record.position(); });
    return;
  }
  const std::string_view user = fields[columns_.user], item = fields[columns_.item];
  if (rules_.order && columns_.time == kNoColumn) event.time = rules_.order(user, item);
  const std::uint64_t ordinal =
      builder_.add_event(user, item, event.value, event.time, event.kind, event.subset);
  for (const auto& [name, column] : columns_.event_attributes) {
    const std::string_view text = column < fields.size() ? decode_(fields[column]) : std::string_view();
    if (!text.empty()) builder_.set_event_attribute(ordinal, name, text);
  }
  if (!columns_.item_attributes.empty() || !columns_.user_attributes.empty())
    set_attributes(fields, user, item);
  if (columns_.text == kNoColumn && columns_.summary == kNoColumn) return;
  const auto text_of = [&](std::size_t column) {
    return std::string(column < fields.size() ? decode_(fields[column]) : std::string_view());
  };
  const std::string summary = text_of(columns_.summary), text = text_of(columns_.text);
  builder_.add_review(ordinal, summary, text);
}

void EventReader::add_all(RecordReader& reader) {
  // 3 GiB of address space, should the estimate be wrong.
  constexpr std::uint64_t kMost = std::uint64_t{1} << 27;
  builder_.reserve(builder_.events() + std::min(kMost, reader.estimate()));
  while (reader.next()) add(reader);
}

std::uint64_t& EventReader::Known::operator[](std::string_view id) {
  const idx_t idx = ids.add(id);
  if (idx == done.size()) done.push_back(0);
  return done[idx];
}

void EventReader::set_attributes(std::span<const std::string_view> fields, std::string_view user,
                                 std::string_view item) {
  const auto set = [&](const auto& attributes, Known& known, std::string_view id, auto setter) {
    if (attributes.empty()) return;
    std::uint64_t& done = known[id];
    for (std::size_t a = 0; a < attributes.size(); ++a) {
      const auto& [name, column] = attributes[a];
      const std::uint64_t bit = std::uint64_t{1} << a;
      if ((done & bit) != 0 || column >= fields.size()) continue;
      const std::string_view text = decode_(fields[column]);
      if (text.empty()) continue;
      (builder_.*setter)(id, name, text);
      done |= bit;
    }
  };
  set(columns_.item_attributes, known_items_, item, &DatasetBuilder::set_item_attribute);
  set(columns_.user_attributes, known_users_, user, &DatasetBuilder::set_user_attribute);
}

void EventReader::finish() {
  if (std::string note = decode_.note(); !note.empty()) report_.notes.push_back(std::move(note));
}

}  // namespace akin
