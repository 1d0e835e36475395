// Format jsonl: JSON objects as events.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>

#include "akin/base/error.h"
#include "akin/data/readers/delimited.h"
#include "akin/data/readers/json_objects.h"
#include "akin/data/readers/table_stream.h"

namespace akin {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::size_t kObjectsLookedAt = 10'000;  // whose fields are the table's columns
constexpr std::size_t kMostFields = 1000;
constexpr int kDeepest = 8;  // of objects whose fields become columns

/// A text for a field; "" for null.
std::string text_of(const element& value) {
  switch (value.type()) {
    case element_type::STRING:
      return std::string(value.get_string().value_unsafe());
    case element_type::INT64:
      return fmt::format("{}", value.get_int64().value_unsafe());
    case element_type::UINT64:
      return fmt::format("{}", value.get_uint64().value_unsafe());
    case element_type::DOUBLE:
      return fmt::format("{}", value.get_double().value_unsafe());
    case element_type::BOOL:
      return value.get_bool().value_unsafe() ? "true" : "false";
    case element_type::NULL_VALUE:
      return "";
    default:
      return simdjson::minify(value);
  }
}

/// "a|b" for a list of texts or numbers, else its JSON.
std::string list_text(const simdjson::dom::array& list) {
  std::string text;
  for (const element value : list) {
    const bool nested = value.is_array() || value.is_object();
    const std::string part = nested ? "" : text_of(value);
    if (nested || part.find('|') != std::string::npos) return simdjson::minify(list);
    if (!part.empty()) text += (text.empty() ? "" : "|") + part;
  }
  return text;
}

class JsonTable : public TableStream {
 public:
  JsonTable(const std::string& path, ImportReport& report)
      : path_(display_name(path)), objects_(path, report), report_(report) {
    const std::size_t before = report.rejections.total();
    while (first_.size() < kObjectsLookedAt && objects_.next()) {
      read_row();
      first_.push_back(objects_.object() ? std::optional(row_) : std::nullopt);
    }
    if (names_.empty()) {
      if (report.rejections.total() == before) return;  // an empty file
      fail(ErrorCode::kBadData, "{}: there is no JSON object among the first {} lines; {} is {}", path_,
           first_.size(), report.rejections.reasons().back().positions.front(),
           report.rejections.reasons().back().text);
    }
    learning_ = false;
  }

  SourcePosition position() const override { return objects_.source_position(); }

 protected:
  bool produce(std::string& text) override {
    if (names_.empty() || ended_) return false;
    if (!header_done_) {
      header_done_ = true;
      append_csv_line(text, names_);
      return true;
    }
    if (!first_.empty()) {
      std::optional<std::vector<std::string>>& row = first_.front();
      if (row) row->resize(names_.size());
      row ? append_csv_line(text, *row) : text.push_back('\n');
      first_.pop_front();
      return true;
    }
    if (objects_.next()) {
      read_row();
      objects_.object() ? append_csv_line(text, row_) : text.push_back('\n');
      return true;
    }
    ended_ = true;
    note_others();
    return false;
  }

 private:
  /// The column of a field: a new one while the first objects are looked at, later none for a new name.
  std::optional<std::size_t> column(const std::string& name) {
    const auto found = columns_.find(name);
    if (found != columns_.end()) return found->second;
    if (!learning_) {
      if (others_.size() < kMostFields || others_.contains(name)) ++others_[name];
      return std::nullopt;
    }
    if (names_.size() == kMostFields) {
      fail(ErrorCode::kBadData,
           "{}: there are over {} fields, the last is '{}'; one object must be one event, with the same "
           "fields "
           "in all",
           path_, kMostFields, name);
    }
    columns_.emplace(name, names_.size());
    names_.push_back(name);
    row_.emplace_back();
    return names_.size() - 1;
  }

  void read_row() {
    for (std::string& field : row_) field.clear();
    if (objects_.object()) add_fields(*objects_.object(), "", 0);
  }

  void add_fields(const simdjson::dom::object& object, const std::string& prefix, int depth) {
    for (const auto [key, value] : object) {
      const std::string name = prefix.empty() ? std::string(key) : fmt::format("{}.{}", prefix, key);
      simdjson::dom::object inner;
      if (depth < kDeepest && !value.get(inner)) {
        add_fields(inner, name, depth + 1);
        continue;
      }
      simdjson::dom::array list;
      const bool is_list = !value.get(list);
      if (const auto c = column(name)) row_[*c] = is_list ? list_text(list) : text_of(value);
    }
  }

  void note_others() {
    if (others_.empty()) return;
    std::vector<std::string> shown;
    for (const auto& [name, count] : others_) {
      if (shown.size() < 10) shown.push_back(fmt::format("{} ({})", name, count));
    }
    report_.notes.push_back(fmt::format("{}: fields that first occur after {} objects are not read: {}{}",
                                        path_, kObjectsLookedAt, fmt::join(shown, ", "),
                                        others_.size() > shown.size() ? ", ..." : ""));
  }

  std::string path_;
  JsonObjects objects_;
  ImportReport& report_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::size_t> columns_;
  std::deque<std::optional<std::vector<std::string>>> first_;  // not yet produced; none = no object
  std::vector<std::string> row_;
  std::map<std::string, std::uint64_t> others_;
  bool learning_ = true, header_done_ = false, ended_ = false;
};

void read_jsonl(const ImportRequest& request, DatasetBuilder& builder, ImportReport& report,
                const Context& context) {
  read_event_tables(request, open_json_table, builder, report, context);
}

}  // namespace

std::unique_ptr<TableStream> open_json_table(const std::string& path, const std::string&,
                                             ImportReport& report) {
  return std::make_unique<JsonTable>(path, report);
}

Format jsonl_format() {
  Format format{
      "jsonl",
      "JSON objects of events, one a line or all in one array; fields are recognized by common names or "
      "given by name, such as user.id",
      table_options(), read_jsonl};
  for (FormatOption& option : format.options) {
    if (option.name == "user")
      option.help = "column of the user: name of the field, such as user_id or user.id";
  }
  return format;
}

}  // namespace akin
