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

void ItemWords::add(const std::vector<std::int32_t>& words, int target) {
  if (words.empty()) return;
  words_.insert(words_.end(), words.begin(), words.end());
  offsets_.push_back(words_.size());
  targets_.push_back(target);
}

void ItemWords::read(std::span<const std::int64_t> samples, nn::Batch& batch) const {
  std::vector<std::span<const std::int32_t>> lists;
  std::vector<float> targets;
  for (const std::int64_t sample : samples) {
    const auto s = static_cast<std::size_t>(sample);
    lists.emplace_back(words_.data() + offsets_[s], offsets_[s + 1] - offsets_[s]);
    targets.push_back(static_cast<float>(targets_[s]));
  }
  batch.inputs = {word_array(lists, length_)};
  const auto n = static_cast<std::int64_t>(samples.size());
  batch.targets = targets_[0] < 0 ? word_array(lists, 0) : nn::make_array({n, 1}, std::move(targets));
}

nn::Array word_array(const std::vector<std::span<const std::int32_t>>& lists, std::int64_t length) {
  std::size_t width = 1;
  for (const auto& list : lists) width = std::max(width, list.size());
  if (length > 0) width = static_cast<std::size_t>(length);
  std::vector<std::int32_t> indices(lists.size() * width, 0);
  for (std::size_t l = 0; l < lists.size(); ++l)
    std::copy_n(lists[l].begin(), std::min(width, lists[l].size()),
                indices.begin() + static_cast<std::ptrdiff_t>(l * width));
  return nn::make_ids({static_cast<std::int64_t>(lists.size()), static_cast<std::int64_t>(width)},
                      std::move(indices));
}

}  // namespace akin
