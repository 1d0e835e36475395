#include "akin/data/readers/attribute_file.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/data/readers/amazon_text.h"
#include "akin/data/readers/column_profile.h"
#include "akin/data/readers/join_check.h"
#include "akin/data/readers/list_cell.h"
#include "akin/data/readers/table_stream.h"

namespace akin {
namespace {

std::size_t id_column_of(const AttributeTableRequest& request, const Layout& layout) {
  if (!request.id_column.empty()) return layout.column(request.id_column, request.path);
  const std::size_t usual = layout.usual_column(request.owner == Owner::kItem ? "item" : "user");
  if (usual != kNoColumn) return usual;
  for (std::size_t c = 0; c < layout.header.size(); ++c) {
    if (normalized_name(layout.header[c]) == "id") return c;
  }
  return 0;
}

/// The attribute each column becomes.
std::vector<std::string> attribute_names(const Layout& layout, Owner owner) {
  std::vector<std::string> names;
  for (const std::string& name : layout.header) {
    const std::string_view role = owner == Owner::kItem ? attribute_role(name) : std::string_view();
    const bool taken = std::ranges::find(names, role) != names.end();
    names.emplace_back(role.empty() || taken ? std::string_view(name) : role);
  }
  return names;
}

}  // namespace

bool AttributeReader::begin(std::string_view raw_id, const RecordReader& record) {
  std::string_view id = ids_.clean(raw_id, record);
  std::string letters;
  if (!is_utf8(id) && !owners().find(id)) {  // a table in another encoding than the events
    letters = windows_1252_to_utf8(id);
    if (owners().find(letters)) id = letters;
  }
  const auto position = [&] { return record.position(); };
  const bool item = owner_ == Owner::kItem;
  if (id.empty()) {
    report_.rejections.add(item ? "item description without id" : "user description without id", position,
                           raw_id);
    return false;
  }
  const std::size_t known = described_.size();
  if (described_.add(id) < known) {
    report_.rejections.add_unwanted(item ? "item described twice" : "user described twice", position);
    return false;
  }
  if (item) builder_.add_item(id);
  id_ = id;
  ids_.note_new(id_, static_cast<idx_t>(known), record.place());
  return true;
}

void AttributeReader::set(std::string_view name, std::string_view raw_text) {
  std::string_view text = decode_(raw_text);
  if (html_entities && text.find('&') != std::string_view::npos) {
    html_.clear();
    append_decoded_html(html_, text);
    text = html_;
  }
  const auto list = joined_list(name, text);
  if (list) text = *list;
  if (text.empty()) return;
  owner_ == Owner::kItem ? builder_.set_item_attribute(id_, name, text)
                         : builder_.set_user_attribute(id_, name, text);
}

void AttributeReader::finish(const std::string& path) {
  if (std::string note = decode_.note(); !note.empty()) report_.notes.push_back(std::move(note));
  if (path.empty() || owner_ == Owner::kUser) return;  // notes show no ids of users, which may get pseudonyms
  if (const std::vector<std::string> doubts = join_doubts(); !doubts.empty())
    report_.notes.push_back(fmt::format("{} {}", path, doubts[0]));
}

std::vector<std::string> AttributeReader::join_doubts() const {
  if (with_events_ == 0) return {};
  if (owner_ == Owner::kItem) builder_.compared_items = true;
  std::string doubt = join_doubt(
      {described_, owners(), with_events_, owner_ == Owner::kItem ? "items" : "users", can_clean_});
  return doubt.empty() ? std::vector<std::string>() : std::vector{std::move(doubt)};
}

namespace {

/// The table's columns, once it is read.
void report_table(const AttributeTableRequest& request, const ColumnProfile& profile,
                  const std::vector<std::string>& names, std::size_t id,
                  const std::vector<std::string>& id_doubts, ImportReport& report) {
  const std::string_view owner = request.owner == Owner::kItem ? "item" : "user";
  std::vector<ColumnReport> columns = profile.reports();
  for (std::size_t c = 0; c < columns.size(); ++c) {
    ColumnReport& column = columns[c];
    if (column.is_filler()) continue;
    if (c == id) {
      column.used_as = fmt::format("{} id", owner);
      column.type = "id";
      column.doubts.insert(column.doubts.end(), id_doubts.begin(), id_doubts.end());
    } else if (c < names.size() && names[c].empty()) {
      column.used_as = column.column.empty() ? "" : "left out";
      column.examples.clear();
    } else if (c < names.size()) {
      column.used_as = fmt::format("{} attribute {}", owner, names[c]);
    }
    report.columns.push_back(std::move(column));
  }
}

/// The record's fields without empty ones beyond the header: delimiters at the ends of lines.
std::span<const std::string_view> trimmed_fields(std::span<const std::string_view> fields,
                                                 std::size_t width) {
  while (fields.size() > width && fields.back().empty()) fields = fields.first(fields.size() - 1);
  return fields;
}

}  // namespace

void read_attribute_table(const AttributeTableRequest& request, DatasetBuilder& builder, ImportReport& report,
                          const Context& context) {
  std::unique_ptr<TableStream> table = open_if_table(request.path, report);
  LayoutHints hints = table ? table_hints() : request.hints;
  hints.names = request.hints.names;
  RecordReader reader(std::move(table), request.path, report, context);
  Layout layout = detect_layout(reader, hints);
  if (!layout.note.empty()) report.notes.push_back(fmt::format("{}: {}", request.path, layout.note));
  if (layout.header.empty()) {
    layout.header = request.columns;
    for (std::size_t c = layout.header.size(); c < layout.width; ++c)
      layout.header.push_back(fmt::format("column{}", c + 1));
  }
  const std::size_t id = id_column_of(request, layout);
  std::vector<std::string> names = attribute_names(layout, request.owner);
  for (std::size_t c = 0; c < names.size() && builder.dropped.any(); ++c) {
    if (c == id) builder.dropped.need(layout.header[c], request.owner == Owner::kItem ? "items" : "users");
    if (builder.dropped(layout.header[c])) names[c].clear();
  }
  AttributeReader attributes(request.owner, request.encoding, builder, report, request.ids);
  attributes.html_entities = request.html_entities;
  ColumnProfile profile(request.path, layout.header, layout.header.size());
  for (std::size_t c = 0; c < names.size(); ++c) {
    if (c != id) profile.set_attribute(c, names[c], builder.types);
  }
  TableCount count{request.path};
  while (reader.next()) {
    const auto fields = trimmed_fields(reader.fields(), names.size());
    profile.add(fields);
    if (fields.size() <= id || fields.size() > names.size()) {
      report.rejections.add(fields.size() <= id ? "too few fields" : "too many fields",
                            [&] { return reader.position(); });
      ++count.rejected;
      continue;
    }
    const std::uint64_t unwanted = report.rejections.unwanted();
    if (!attributes.begin(fields[id], reader)) {
      count.rejected += report.rejections.unwanted() == unwanted ? 1 : 0;
      continue;
    }
    ++count.used;
    for (std::size_t c = 0; c < fields.size(); ++c) {
      if (c != id && !names[c].empty()) attributes.set(names[c], fields[c]);
    }
  }
  std::vector<std::string> doubts = attributes.id_doubts();
  for (std::string& doubt : attributes.join_doubts()) doubts.push_back(std::move(doubt));
  report_table(request, profile, names, id, doubts, report);
  report.tables.push_back(std::move(count));
  attributes.finish();
}

}  // namespace akin
