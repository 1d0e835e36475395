#include "akin/encode/item_words.h"

#include <algorithm>

#include "akin/encode/term_counts.h"

namespace akin {

WordIndexer::WordIndexer(const ItemContent& content, const std::vector<std::string>& fields,
                         const IdMap& words)
    : words_(words), counter_(std::make_unique<TermCounter>(content, fields, 1)) {}

WordIndexer::~WordIndexer() = default;

std::vector<std::int32_t> WordIndexer::operator()(std::size_t item) const {
  std::vector<std::int32_t> indices;
  counter_->for_terms(item, [&](std::string_view word) {
    if (const auto idx = words_.find(word)) indices.push_back(static_cast<std::int32_t>(*idx) + 1);
  });
  return indices;
}

IdMap words_of(const ItemContent& content, std::span<const idx_t> items,
               const std::vector<std::string>& fields) {
  IdMap words;
  TermCounter counter(content, fields, 1);
  for (const idx_t item : items) counter.for_terms(item, [&](std::string_view word) { words.add(word); });
  return words;
}

}  // namespace akin
