#include "akin/nets/text/text_samples.h"

#include <algorithm>
#include <numeric>

#include "akin/base/permutation.h"
#include "akin/base/rng.h"
#include "akin/nets/list_samples.h"

namespace akin::nets {

void WordLists::add(std::span<const std::int32_t> list) {
  indices_.insert(indices_.end(), list.begin(), list.end());
  offsets_.push_back(indices_.size());
}

std::size_t WordLists::longest() const {
  std::size_t longest = 0;
  for (std::size_t t = 0; t < size(); ++t) longest = std::max(longest, (*this)[t].size());
  return longest;
}

std::vector<std::int32_t> word_list(std::string_view text, const IdMap& words, const WordRules& rules,
                                    Tokenizer& tokenizer) {
  std::vector<std::int32_t> list;
  for (const std::string_view token : tokenizer(text)) {
    if (rules.max_length != 0 && list.size() == rules.max_length) break;
    if (const auto word = words.find(token)) list.push_back(static_cast<std::int32_t>(*word) + 1);
  }
  return list;
}

void fill_words(const std::vector<std::span<const std::int32_t>>& lists, nn::Array& array) {
  std::size_t longest = 0;
  for (const auto& list : lists) longest = std::max(longest, list.size());
  fill_lists(lists, static_cast<std::int64_t>(longest) + 1, array);
}

TextSamples::TextSamples(const WordLists& lists, std::vector<float> targets, std::int64_t batch_size,
                         std::uint64_t seed)
    : lists_(lists),
      targets_(std::move(targets)),
      batch_size_(static_cast<std::size_t>(batch_size)),
      seed_(seed),
      order_(targets_.size()) {
  std::iota(order_.begin(), order_.end(), 0U);
}

void TextSamples::start_epoch(std::uint64_t epoch) {
  constexpr std::size_t kBatches = 50;  // sorted at a time
  const std::size_t n = targets_.size(), full = n / batch_size_;
  Rng rng(seed_, epoch);
  const Permutation texts(n, rng.next());
  std::vector<std::uint32_t> sorted(n);
  for (std::size_t i = 0; i < n; ++i) sorted[i] = static_cast<std::uint32_t>(texts.at(i));
  // The last batch, if it is not full, holds texts of any length.
  for (std::size_t first = 0; first < full * batch_size_; first += kBatches * batch_size_) {
    const std::size_t end = std::min(first + kBatches * batch_size_, full * batch_size_);
    std::ranges::stable_sort(sorted.begin() + static_cast<std::ptrdiff_t>(first),
                             sorted.begin() + static_cast<std::ptrdiff_t>(end), {},
                             [&](std::uint32_t text) { return lists_[text].size(); });
  }
  const Permutation batches(std::max<std::size_t>(full, 1), rng.next());
  for (std::size_t b = 0; b < full; ++b) {
    std::copy_n(sorted.begin() + static_cast<std::ptrdiff_t>(batches.at(b) * batch_size_), batch_size_,
                order_.begin() + static_cast<std::ptrdiff_t>(b * batch_size_));
  }
  std::copy(sorted.begin() + static_cast<std::ptrdiff_t>(full * batch_size_), sorted.end(),
            order_.begin() + static_cast<std::ptrdiff_t>(full * batch_size_));
}

void TextSamples::read(std::span<const std::int64_t> samples, nn::Batch& batch) const {
  std::vector<std::span<const std::int32_t>> lists;
  std::vector<float> targets;
  for (const std::int64_t place : samples) {
    const std::uint32_t text = order_[static_cast<std::size_t>(place)];
    lists.push_back(lists_[text]);
    targets.push_back(targets_[text]);
  }
  batch.inputs.resize(1);
  fill_words(lists, batch.inputs[0]);
  batch.targets.shape = {static_cast<std::int64_t>(targets.size()), 1};
  batch.targets.values = std::move(targets);
}

}  // namespace akin::nets
