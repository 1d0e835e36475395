// What is known of items besides events: of those of a data set, and of items that nobody has seen yet.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/dataset.h"

namespace akin {

/// Attributes, texts and pictures of items, row i of item i. Encoders (encode/content_encoder.h) turn them into
/// vectors. A field is an attribute's name, or "reviews": all that was written about the item. Copies share the
/// content. Const calls are safe from many threads.
class ItemContent {
 public:
  /// Of the whole catalogue, items without events included. `data` must outlive it. The reviews are those in
  /// `data`: give it a training side (SplitDataset), and no word about a held-out event is read.
  explicit ItemContent(const Dataset& data);
  /// Of new items: (rows) attributes, where the field "reviews" is an attribute like the others.
  explicit ItemContent(AttributeTable attributes, std::size_t rows);

  std::size_t size() const { return size_; }
  const AttributeTable& attributes() const { return *attributes_; }
  bool has(std::string_view field) const;
  /// Names of all fields.
  std::vector<std::string> fields() const;
  /// Calls take(text) for each text of the field: the attribute, or each review with its headline.
  template <typename Take>
  void for_texts(std::string_view field, std::size_t item, const Take& take) const {
    if (field == kReviews && reviews_ != nullptr) {
      for (std::uint64_t at = review_offsets_[item]; at < review_offsets_[item + 1]; ++at) {
        const std::uint64_t r = review_rows_[at];
        if (!reviews_->summary.get(r).empty()) take(reviews_->summary.get(r));
        if (!reviews_->text.get(r).empty()) take(reviews_->text.get(r));
      }
    } else if (const std::string_view text = attributes_->get(field, item); !text.empty()) {
      take(text);
    }
  }
  /// Paths or addresses of the item's pictures: the values of the attributes that are pictures, separated by `|`.
  std::vector<std::string_view> pictures(std::size_t item) const;

  static constexpr std::string_view kReviews = "reviews";

 private:
  std::shared_ptr<const AttributeTable> own_;  // of new items
  const AttributeTable* attributes_;
  const ReviewTable* reviews_ = nullptr;
  std::vector<std::uint64_t> review_offsets_, review_rows_;  // by item
  std::size_t size_;
};

/// Content of new items from JSON: an object, or a list of them, such as
///   {"id": "new-1", "title": "Kettle", "brand": "Acme", "price": 12.5, "tags": ["kitchen", "steel"]}
/// Numbers become their text, lists are joined by the separator of the attribute's type in `types`, true and
/// false are themselves, null is no value. `id` names the item and may be left out. Throws Error(kBadData)
/// naming `where`.
struct NewItems {
  std::vector<std::string> ids;  ///< "" = not given
  ItemContent content;
  std::vector<std::string> unknown = {};  ///< fields that `types` does not have, each once
  /// "price '5 or 6' of item 1 is no number", of values that do not fit their type: encoders leave them out.
  std::vector<std::string> unfit = {};
};
/// A remark about unknown fields, with the nearest known ones, and about unfit values; "" if there are none.
std::string new_items_remark(const NewItems& items, const AttributeTable& types);
NewItems parse_new_items(std::string_view json, const AttributeTable& types, std::string_view where);
/// From a file; "-" = standard input.
NewItems read_new_items(const std::string& path, const AttributeTable& types);
/// One new item with a text in each of `fields`.
ItemContent text_content(std::string_view text, std::span<const std::string> fields);

}  // namespace akin
