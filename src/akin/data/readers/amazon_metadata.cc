#include "akin/data/readers/amazon_metadata.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "akin/data/readers/amazon_lines.h"
#include "akin/data/readers/amazon_text.h"

namespace akin {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

/// "" where the value is not a string.
std::string_view text_of(const element& value) {
  std::string_view text;
  return value.get(text) ? std::string_view() : text;
}

/// "" where the field is absent too.
std::string_view text_of(const simdjson::simdjson_result<element>& field) {
  std::string_view text;
  return field.get(text) ? std::string_view() : text;
}

/// An object without the keys that are dropped.
class Fields {
 public:
  Fields(const object& record, DroppedColumns& dropped) : record_(record), dropped_(dropped) {
    if (!dropped.any()) return;
    for (const auto [key, value] : record) dropped(key);
  }
  simdjson::simdjson_result<element> operator[](std::string_view key) const {
    if (dropped_.any() && record_[key].error() == simdjson::SUCCESS && dropped_(key))
      return simdjson::NO_SUCH_FIELD;
    return record_[key];
  }

 private:
  const object& record_;
  DroppedColumns& dropped_;
};

/// All strings of a string or of a list, decoded and joined by spaces.
std::string joined_text(const simdjson::simdjson_result<element>& field) {
  std::string result;
  const auto add = [&result](std::string_view text) {
    text = trim(text);
    if (text.empty()) return;
    if (!result.empty()) result += ' ';
    append_decoded_html(result, text);
  };
  add(text_of(field));
  array parts;
  if (!field.get(parts)) {
    for (const element part : parts) add(text_of(part));
  }
  return result;
}

/// A path of category levels joined by '|', and how many levels it has.
struct CategoryPath {
  std::string text;
  std::size_t levels = 0;
  bool has_others = false;  // paths of the same item that are not read

  void add(std::string_view level) {
    level = trim(level);
    if (level.empty() || level.front() == '<') return;  // some lists of 2018 end in "</span></span></span>"
    if (levels++ > 0) text += '|';
    const std::size_t start = text.size();
    append_decoded_html(text, level);
    for (std::size_t i = start; i < text.size(); ++i) {
      if (text[i] == '|') text[i] = '/';  // '|' separates levels
    }
  }
};

/// The longest (of equal ones the first) path of a list of levels or a list of such lists.
CategoryPath category_path(const simdjson::simdjson_result<element>& field) {
  CategoryPath flat, longest;
  std::size_t paths = 0;
  array outer;
  if (field.get(outer)) return flat;
  for (const element entry : outer) {
    array levels;
    if (entry.get(levels)) {
      flat.add(text_of(entry));
      continue;
    }
    CategoryPath path;
    for (const element level : levels) path.add(text_of(level));
    paths += path.levels > 0 ? 1 : 0;
    if (path.levels > longest.levels) longest = std::move(path);
  }
  longest.has_others = paths > 1;
  return flat.levels > longest.levels ? flat : longest;
}

CategoryPath category_of(const Fields& record) {
  for (const std::string_view name : {"categories", "category"}) {
    CategoryPath path = category_path(record[name]);
    if (path.levels > 0) return path;
  }
  CategoryPath general;
  for (const std::string_view name : {"main_category", "main_cat"}) {
    if (general.levels == 0) general.add(text_of(record[name]));
  }
  return general;
}

/// The first picture's address, wherever the release keeps it.
std::string_view image_url_of(const Fields& record) {
  if (const std::string_view url = text_of(record["imUrl"]); !url.empty()) return url;
  for (const std::string_view name : {"imageURLHighRes", "imageURL"}) {
    array urls;
    if (!record[name].get(urls) && urls.size() > 0) return text_of(urls.at(0));
  }
  array images;
  if (record["images"].get(images) || images.size() == 0) return {};
  for (const std::string_view size : {"hi_res", "large", "thumb"}) {
    if (const std::string_view url = text_of(images.at(0)[size]); !url.empty()) return url;
  }
  return {};
}

/// Link lists by where the releases keep them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kLinkFields = {
    {{"also_bought", "also_bought"},
     {"also_buy", "also_bought"},
     {"also_viewed", "also_viewed"},
     {"also_view", "also_viewed"},
     {"bought_together", "bought_together"},
     {"buy_after_viewing", "buy_after_viewing"}}};

class MetadataReader {
 public:
  MetadataReader(DatasetBuilder& builder, ImportReport& report) : builder_(builder), report_(report) {}

  void read(const std::string& path, const Context& context) {
    ObjectLines lines(path, report_, context);
    while (const auto record = lines.next()) {
      std::string_view item = text_of((*record)["parent_asin"]);
      if (item.empty()) item = text_of((*record)["asin"]);
      if (item.empty()) {
        lines.reject("metadata without item id");
      } else if (!builder_.keep_unseen_items && !builder_.has_item(item)) {
        ++unseen_;
      } else if (!add_record(item, *record)) {
        lines.reject("item described twice");
      }
    }
  }

  /// Adds the links, now that every item is known, and the notes.
  void finish() {
    std::uint64_t unknown = 0;
    for (const Link& link : links_) {
      if (builder_.has_item(link_ids_.id(link.to))) {
        builder_.add_link(kLinkFields[link.field].second, link_ids_.id(link.from), link_ids_.id(link.to));
      } else {
        ++unknown;
      }
    }
    note(unseen_, "{} metadata records of items without reviews left out");
    note(unclear_prices_, "{} prices are not understood and left empty");
    note(other_paths_, "{} items have several category paths: the longest is read");
    note(unknown, "{} related-item links to items not in the data left out");
  }

 private:
  struct Link {
    std::uint8_t field;  // index into kLinkFields
    idx_t from, to;      // of link_ids_
  };

  /// False if the item has a record already: the first one counts.
  bool add_record(std::string_view item, const object& all) {
    const std::size_t known = described_.size();
    described_.add(item);
    if (described_.size() == known) return false;
    builder_.add_item(item);
    const Fields record(all, builder_.dropped);
    set(item, "title", joined_text(record["title"]));
    std::string brand = joined_text(record["brand"]);
    set(item, "brand", brand.empty() ? joined_text(record["store"]) : brand);
    const CategoryPath category = category_of(record);
    set(item, "category", category.text);
    other_paths_ += category.has_others ? 1 : 0;
    set(item, "price", price_of(record["price"]));
    set(item, "description", joined_text(record["description"]));
    set(item, "image_url", image_url_of(record));
    object related;
    const bool flat = record["related"].get(related) != simdjson::SUCCESS;
    add_links(item, flat ? record : Fields(related, builder_.dropped));
    return true;
  }

  void set(std::string_view item, std::string_view name, std::string_view value) {
    if (!value.empty()) builder_.set_item_attribute(item, name, value);
  }

  std::string price_of(const simdjson::simdjson_result<element>& field) {
    double number = 0;
    if (!field.get(number)) return number >= 0 ? fmt::format("{}", number) : std::string();
    const std::string_view text = trim(text_of(field));
    if (text.empty()) return {};
    std::optional<std::string> price = plain_price(text);
    if (!price) ++unclear_prices_;
    return price.value_or(std::string());
  }

  void add_links(std::string_view item, const Fields& lists) {
    for (std::uint8_t field = 0; field < kLinkFields.size(); ++field) {
      array targets;
      if (lists[kLinkFields[field].first].get(targets) || targets.size() == 0) continue;
      const idx_t from = link_ids_.add(item);
      for (const element target : targets) {
        if (const std::string_view id = text_of(target); !id.empty())
          links_.push_back({field, from, link_ids_.add(id)});
      }
    }
  }

  void note(std::uint64_t count, fmt::string_view text) {
    if (count > 0) report_.notes.push_back(fmt::vformat(text, fmt::make_format_args(count)));
  }

  DatasetBuilder& builder_;
  ImportReport& report_;
  IdMap described_;  // items whose metadata is read
  IdMap link_ids_;
  std::vector<Link> links_;
  std::uint64_t unseen_ = 0, unclear_prices_ = 0, other_paths_ = 0;
};

}  // namespace

void read_amazon_metadata(const std::vector<std::string>& paths, DatasetBuilder& builder,
                          ImportReport& report, const Context& context) {
  MetadataReader reader(builder, report);
  for (const std::string& path : paths) reader.read(path, context);
  reader.finish();
}

}  // namespace akin
