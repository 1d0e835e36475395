#include "akin/data/readers/event_reader.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/data/readers/list_cell.h"
#include "akin/data/readers/options.h"

namespace akin {
namespace {

constexpr std::size_t kMostAttributes = 64;  // bits of Known::done

void note_line(std::vector<std::uint64_t>& lines, std::size_t id, std::uint64_t line) {
  lines.resize(id, 0);
  lines.push_back(line);
}

}  // namespace

EventReader::EventReader(EventRules rules, DatasetBuilder& builder, ImportReport& report)
    : rules_(std::move(rules)),
      builder_(builder),
      report_(report),
      pattern_(std::make_shared<ItemPattern>(rules_.item_pattern)),
      users_("user", rules_.ids),
      items_("item", rules_.ids),
      kinds_(rules_.kinds),
      unmet_kinds_(kinds_.unmet()),
      decode_(rules_.encoding) {
  if (!rules_.item_pattern.empty())
    builder_.wants_item = [pattern = pattern_](std::string_view item) { return pattern->matches(item); };
  if (!rules_.min_raw_value) return;
  below_reason_ = fmt::format("value below {}", *rules_.min_raw_value);
  builder_.keep_nonpositive = true;  // the caller has drawn the line
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

bool EventReader::is_header_again(std::span<const std::string_view> fields) const {
  const std::vector<std::string>& header = columns_.header;
  return columns_.user < header.size() && columns_.item < header.size() &&
         fields[columns_.user] == header[columns_.user] && fields[columns_.item] == header[columns_.item];
}

/// Fills everything but the ids of the event, which go to user_ and item_.
EventReader::Problem EventReader::parse(const RecordReader& record, Event& event) {
  const std::span<const std::string_view> fields = record.fields();
  if (fields.size() > columns_.most) {
    const auto extra = fields.subspan(columns_.most);
    if (std::ranges::any_of(extra, [](std::string_view field) { return !field.empty(); }))
      return {"too many fields"};
  }
  user_ = users_.clean(fields[columns_.user], record);
  if (user_.empty()) return {"no user", kUser, fields[columns_.user]};
  item_ = items_.clean(fields[columns_.item], record);
  if (item_.empty()) return {"no item", kItem, fields[columns_.item]};
  if (is_header_again(fields)) return {"the header again", kRoles, {}, true};
  if (columns_.value != kNoColumn) {
    const std::string_view text = fields[columns_.value];
    if (const char* const reason = values_.read(text, record, event.value)) return {reason, kValue, text};
    if (rules_.min_raw_value && event.value < *rules_.min_raw_value)
      return {below_reason_.c_str(), kRoles, text, true};
  }
  if (columns_.time != kNoColumn) {
    const std::string_view text = fields[columns_.time];
    if (const char* const reason = times_.read(text, record, event.time)) return {reason, kTime, text};
  }
  if (columns_.kind != kNoColumn) {
    const std::string_view text = fields[columns_.kind];
    const char* const reason = kinds_.read(text, event.kind);
    if (reason == KindColumn::kLeftOut) return {reason, kRoles, text, true};
    if (reason != nullptr) return {reason, kKind, text};
  }
  if (columns_.subset != kNoColumn) {
    const std::string_view text = without_blanks(fields[columns_.subset]);
    if (text.size() != 1 || text[0] < '0' || text[0] > '3')
      return {"unknown part (expected 0, 1, 2 or 3)", kPart, text};
    event.subset = static_cast<Subset>(text[0] - '0');
  }
  if (!pattern_->matches(item_)) return {"item does not match the pattern", kRoles, item_, true};
  return {};
}

void EventReader::add(const RecordReader& record) {
  const std::span<const std::string_view> fields = record.fields();
  Event event;
  event.kind = rules_.kind;
  event.subset = part_;
  Problem problem{"too few fields"};
  ++records_;
  if (fields.size() >= least_fields_) {
    builder_.prefetch(fields[columns_.user], fields[columns_.item]);  // arrives while the numbers are read
    problem = parse(record, event);
  }
  if (problem.reason != nullptr) {
    ++(problem.role == kRoles ? misfits_ : failed_[problem.role]);
    const auto position = [&] { return record.position(); };
    if (problem.unwanted) {
      report_.rejections.add_unwanted(problem.reason, position);
      if (!problem.value.empty()) builder_.leave_out_item(item_);
    } else {
      report_.rejections.add(problem.reason, position, problem.value);
    }
    return;
  }
  ++used_;
  if (rules_.order && columns_.time == kNoColumn) event.time = rules_.order(user_, item_);
  const std::size_t users = builder_.users().size(), items = builder_.items().size();
  const std::uint64_t ordinal =
      builder_.add_event(user_, item_, event.value, event.time, event.kind, event.subset);
  if (builder_.users().size() > users) {
    if (shared_)
      note_line(shared_->user_lines, users, record.line());
    else
      users_.note_new(user_, static_cast<idx_t>(users), record.place());
  }
  if (builder_.items().size() > items) {
    if (shared_)
      note_line(shared_->item_lines, items, record.line());
    else
      items_.note_new(item_, static_cast<idx_t>(items), record.place());
  }
  if (columns_.time != kNoColumn && ordinal > file_start_)
    times_.note_order(builder_.event(ordinal - 1), builder_.event(ordinal));
  for (const auto& [name, column] : columns_.event_attributes) {
    const std::string_view text = column < fields.size() ? decode_(fields[column]) : std::string_view();
    if (!text.empty()) builder_.set_event_attribute(ordinal, name, text);
  }
  if (!columns_.item_attributes.empty() || !columns_.user_attributes.empty())
    set_attributes(fields, user_, item_);
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
  look_ahead(reader);
  if (!reader.context().ranks().alone()) return add_share(reader);
  builder_.reserve(builder_.events() + std::min(kMost, reader.estimate()));
  file_start_ = builder_.events();
  const std::uint64_t rejected = report_.rejections.total() - report_.rejections.unwanted();
  while (reader.next()) add(reader);
  report_.tables.push_back(
      {reader.path(), used_, report_.rejections.total() - report_.rejections.unwanted() - rejected});
  report_columns();
}

std::uint64_t EventReader::Known::find(std::string_view id) const {
  const auto idx = ids.find(id);
  return idx ? done[*idx] : 0;
}

std::uint64_t& EventReader::Known::operator[](std::string_view id) {
  const idx_t idx = ids.add(id);
  if (idx == done.size()) done.push_back(0);
  return done[idx];
}

void EventReader::set_attributes(std::span<const std::string_view> fields, std::string_view user,
                                 std::string_view item) {
  TextDecoder uncounted(rules_.encoding);  // ranks count what is repaired once they know who was first
  TextDecoder& decode = shared_ ? uncounted : decode_;
  const auto set = [&](const auto& attributes, Known& known, std::string_view id, auto setter) {
    if (attributes.empty()) return;
    const bool of_items = &known == &known_items_;
    std::uint64_t& done = shared_ ? (of_items ? shared_->items : shared_->users)[id] : known[id];
    if (shared_) done |= known.find(id);
    for (std::size_t a = 0; a < attributes.size(); ++a) {
      const auto& [name, column] = attributes[a];
      const std::uint64_t bit = std::uint64_t{1} << a;
      if ((done & bit) != 0 || column >= fields.size()) continue;
      const std::string_view text = decode(fields[column]);
      if (text.empty()) continue;
      done |= bit;
      if (shared_) {
        shared_->note(of_items, a, id, fields[column]);
        continue;
      }
      const auto list = joined_list(name, text);
      (builder_.*setter)(id, name, list ? std::string_view(*list) : text);
    }
  };
  set(columns_.item_attributes, known_items_, item, &DatasetBuilder::set_item_attribute);
  set(columns_.user_attributes, known_users_, user, &DatasetBuilder::set_user_attribute);
}

void EventReader::finish() {
  const auto tell = [&](std::size_t place, const IdColumn& column, const IdMap& ids) {
    if (place == 0) return;
    for (std::string& doubt : column.doubts(ids))
      report_.columns[place - 1].doubts.push_back(std::move(doubt));
  };
  tell(user_report_, users_, builder_.users());
  tell(item_report_, items_, builder_.items());
  if (std::string note = decode_.note(); !note.empty()) report_.notes.push_back(std::move(note));
  note_kinds_met();
  if (!unmet_kinds_.empty())
    report_.notes.push_back(
        fmt::format("no event has a kind that --kinds names: {}{}", fmt::join(unmet_kinds_, ", "),
                    columns_.kind == kNoColumn ? "; there is no column of kinds (--kind names one)" : ""));
}

}  // namespace akin
