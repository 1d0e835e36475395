#include "akin/data/readers/attribute_file.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/data/readers/amazon_text.h"
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

bool AttributeReader::begin(std::string_view id, const RecordReader& record) {
  const char* problem = nullptr;
  if (id.empty()) {
    problem = owner_ == Owner::kItem ? "item description without id" : "user description without id";
  } else if (described_.find(id)) {
    problem = owner_ == Owner::kItem ? "item described twice" : "user described twice";
  }
  if (problem != nullptr) {
    report_.rejections.add(problem, [&] { return record.position(); });
    return false;
  }
  described_.add(id);
  id_ = id;
  return true;
}

void AttributeReader::set(std::string_view name, std::string_view raw_text) {
  std::string_view text = decode_(raw_text);
  if (html_entities && text.find('&') != std::string_view::npos) {
    html_.clear();
    append_decoded_html(html_, text);
    text = html_;
  }
  if (text.empty()) return;
  owner_ == Owner::kItem ? builder_.set_item_attribute(id_, name, text)
                         : builder_.set_user_attribute(id_, name, text);
}

void AttributeReader::finish() {
  if (std::string note = decode_.note(); !note.empty()) report_.notes.push_back(std::move(note));
}

void read_attribute_table(const AttributeTableRequest& request, DatasetBuilder& builder, ImportReport& report,
                          const Context& context) {
  std::unique_ptr<TableStream> table = open_if_table(request.path, report);
  LayoutHints hints = table ? table_hints() : request.hints;
  hints.names = request.hints.names;
  RecordReader reader(std::move(table), request.path, report, context);
  Layout layout = detect_layout(reader, hints);
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
  AttributeReader attributes(request.owner, request.encoding, builder, report);
  attributes.html_entities = request.html_entities;
  while (reader.next()) {
    const auto fields = reader.fields();
    if (fields.size() <= id || fields.size() > names.size()) {
      report.rejections.add(fields.size() <= id ? "too few fields" : "too many fields",
                            [&] { return reader.position(); });
      continue;
    }
    if (!attributes.begin(fields[id], reader)) continue;
    for (std::size_t c = 0; c < fields.size(); ++c) {
      if (c != id && !names[c].empty()) attributes.set(names[c], fields[c]);
    }
  }
  attributes.finish();
}

}  // namespace akin
