// The words of items as lists of indices.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "akin/data/id_map.h"
#include "akin/data/item_content.h"

namespace akin {

/// The words of items as indices into a vocabulary, word + 1, in their order. Not safe from several threads at once.
class WordIndexer {
 public:
  WordIndexer(const ItemContent& content, const std::vector<std::string>& fields, const IdMap& words);
  ~WordIndexer();
  std::vector<std::int32_t> operator()(std::size_t item) const;

 private:
  const IdMap& words_;
  std::unique_ptr<class TermCounter> counter_;
};

/// The different words of these items, in the order of their first occurrence.
IdMap words_of(const ItemContent& content, std::span<const idx_t> items,
               const std::vector<std::string>& fields);

}  // namespace akin
