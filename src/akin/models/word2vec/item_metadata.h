// What a data set says of its items, as side tokens.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/data/string_column.h"
#include "akin/models/word2vec/item_corpus.h"

namespace akin {

/// Which attributes become side tokens.
struct MetadataOptions {
  std::vector<std::string> fields;  ///< attributes; of these the ones there are
  std::size_t title_words = 0;  ///< words of the title that so many items have, as one more field; 0 = none
};

/// The side tokens of the items of a corpus. One stands for an attribute and a value, named "brand=Dove"; the
/// words of the title (Tokenizer, in lower case) are values of the attribute title_words. A value of several
/// levels or tags, 'Hair|Shampoo', is several values, which are choices of the field. Left out are values
/// that no item of the corpus has, and those that more than nine in ten of its items with the attribute have,
/// such as the root of all categories.
class ItemMetadata {
 public:
  ItemMetadata() = default;
  /// `attributes` has n_items rows. Side tokens are numbered from 0 by falling draws, then by name. O(text).
  ItemMetadata(const AttributeTable& attributes, std::size_t n_items, const MetadataOptions& options,
               const ItemCorpus& text);

  std::size_t n_fields() const { return n_fields_; }
  std::size_t size() const { return names_.size(); }
  const std::vector<std::string>& names() const { return names_; }
  /// The choices of a field, ascending.
  std::span<const idx_t> choices(idx_t item, std::size_t field) const {
    const std::size_t at = item * n_fields_ + field;
    return {choices_.data() + offsets_[at], choices_.data() + offsets_[at + 1]};
  }
  /// How often each side token is expected to be drawn in an epoch.
  const std::vector<double>& draws() const { return draws_; }
  /// Hangs the side tokens on the corpus this was made for.
  void attach(ItemCorpus& text) const;
  /// Writes the mean, over the item's fields with a value, of the mean vector of the field's choices;
  /// `vectors` (size(), d) has one for each side token. False, and nothing written, if the item has no value.
  bool mean_of(idx_t item, const Matrix& vectors, std::span<float> out) const;

 private:
  std::size_t n_fields_ = 0;
  std::vector<std::string> names_;
  std::vector<std::uint64_t> offsets_;  // of (item, field) in choices_
  std::vector<idx_t> choices_;
  std::vector<double> draws_;
};

}  // namespace akin
