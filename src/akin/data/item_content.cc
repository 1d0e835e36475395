#include "akin/data/item_content.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/json_text.h"
#include "akin/data/attribute_type.h"
#include "akin/data/readers/column_names.h"

namespace akin {
namespace {

using nlohmann::json;

/// A value as the text that an import would have read.
std::string value_text(const json& value, const AttributeType& type, const std::string& where) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "";
  if (value.is_number() || value.is_boolean()) return value.dump();
  if (!value.is_array())
    fail(ErrorCode::kBadData, "{} is neither a text, a number nor a list of them", where);
  std::string text;
  for (const json& element : value) {
    if (element.is_array() || element.is_object())
      fail(ErrorCode::kBadData, "{}: a list must hold texts or numbers", where);
    if (!text.empty()) text += type.separator;
    text += value_text(element, type, where);
  }
  return text;
}

}  // namespace

ItemContent::ItemContent(const Dataset& data) : attributes_(&data.item_attributes), size_(data.n_items()) {
  if (data.reviews.size() == 0) return;
  reviews_ = &data.reviews;
  review_offsets_.assign(size_ + 1, 0);
  for (const std::uint64_t event : data.reviews.event) ++review_offsets_[data.events[event].item + 1];
  for (std::size_t i = 0; i < size_; ++i) review_offsets_[i + 1] += review_offsets_[i];
  std::vector<std::uint64_t> next(review_offsets_.begin(), review_offsets_.end() - 1);
  review_rows_.resize(data.reviews.size());
  for (std::uint64_t r = 0; r < data.reviews.size(); ++r)
    review_rows_[next[data.events[data.reviews.event[r]].item]++] = r;
}

ItemContent::ItemContent(AttributeTable attributes, std::size_t rows)
    : own_(std::make_shared<const AttributeTable>(std::move(attributes))),
      attributes_(own_.get()),
      size_(rows) {}

bool ItemContent::has(std::string_view field) const {
  return (field == kReviews && reviews_ != nullptr) || attributes_->find(field) != nullptr;
}

std::vector<std::string> ItemContent::fields() const {
  std::vector<std::string> names;
  for (const auto& [name, column] : attributes_->all()) names.push_back(name);
  if (reviews_ != nullptr) names.emplace_back(kReviews);
  return names;
}

std::vector<std::string_view> ItemContent::pictures(std::size_t item) const {
  std::vector<std::string_view> result;
  const bool files = attributes_->find("image") != nullptr;
  for (const auto& [name, column] : attributes_->all()) {
    if (files && name == "image_url") continue;  // an address of the same picture
    const std::string_view path = column.get(item);
    if (attributes_->type(name).kind != AttributeType::Kind::kPicture) continue;
    for (const std::string_view one : elements_of({AttributeType::Kind::kList, "|"}, path))
      result.push_back(one);
  }
  return result;
}

NewItems parse_new_items(std::string_view text, const AttributeTable& types, std::string_view where) {
  json items = parse_json(text, where);
  if (items.is_object()) items = json::array({std::move(items)});
  if (!items.is_array() || items.empty())
    fail(ErrorCode::kBadData, "{}: expected an object with the item's attributes, or a list of objects",
         where);
  AttributeTable table;
  std::vector<std::string> ids(items.size()), unknown, unfit;
  for (std::size_t row = 0; row < items.size(); ++row) {
    if (!items[row].is_object())
      fail(ErrorCode::kBadData, "{}: entry {} of the list is not an object", where, row + 1);
    for (const auto& [given_name, value] : items[row].items()) {
      // A name that an import would have read as a well-known one is that one, unless both are given.
      const std::string role(attribute_role(given_name));
      const bool renamed =
          types.find(given_name) == nullptr && types.find(role) != nullptr && !items[row].contains(role);
      const std::string& name = renamed ? role : given_name;
      const std::string field = fmt::format("{}: field '{}' of item {}", where, name, row + 1);
      const std::string content = value_text(value, types.type(name), field);
      if (name == "id") {
        ids[row] = content;
        continue;
      }
      if (const AttributeType& type = types.type(name); !fits(type, content)) {
        unfit.push_back(fmt::format("{} '{}' of item {} is no {}", name, content, row + 1, to_string(type)));
      } else if (value.is_array() && value.size() > 1 && type.kind == AttributeType::Kind::kCategory &&
                 types.find(name) != nullptr) {
        unfit.push_back(
            fmt::format("{} of item {} is a list, and the data have one value of it", name, row + 1));
      }
      const bool known = table.find(name) != nullptr;
      table.column(name).set(row, content);
      if (known) continue;
      table.set_type(name, types.type(name));
      if (types.find(name) == nullptr && name != ItemContent::kReviews) unknown.push_back(name);
    }
  }
  table.resize(items.size());
  return {std::move(ids), ItemContent(std::move(table), items.size()), std::move(unknown), std::move(unfit)};
}

std::string new_items_remark(const NewItems& items, const AttributeTable& types) {
  std::vector<std::string> names;
  for (const auto& [name, column] : types.all()) names.push_back(name);
  std::string text;
  for (const std::string& field : items.unknown)
    text += fmt::format("{}field '{}' is no attribute of the data{}", text.empty() ? "" : "; ", field,
                        did_you_mean(field, names));
  constexpr std::size_t kShown = 3;
  for (std::size_t i = 0; i < std::min(kShown, items.unfit.size()); ++i)
    text += fmt::format("{}{}", text.empty() ? "" : "; ", items.unfit[i]);
  if (items.unfit.size() > kShown)
    text += fmt::format("; and {} values more do not fit", items.unfit.size() - kShown);
  return text;
}

NewItems read_new_items(const std::string& path, const AttributeTable& types) {
  return parse_new_items(read_text(path), types, path);
}

ItemContent text_content(std::string_view text, std::span<const std::string> fields) {
  AttributeTable table;
  for (const std::string& field : fields) table.column(field).push_back(text);
  return ItemContent(std::move(table), 1);
}

}  // namespace akin
