// Items as samples of a net: lists of indices of words, and what is to be learned of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "akin/data/id_map.h"
#include "akin/data/item_content.h"
#include "akin/nn/sample_source.h"

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

/// Items with words as samples. Memory: 4 bytes a word.
class ItemWords final : public nn::SampleSource {
 public:
  /// `length`: what lists are cut or filled with 0 to; 0 = as long as the longest of a batch.
  explicit ItemWords(std::int64_t length) : length_(length) {}
  /// Of an item with that class as target, or its words where all classes are -1. Items without words are left out.
  void add(const std::vector<std::int32_t>& words, int target);
  std::int64_t size() const override { return static_cast<std::int64_t>(targets_.size()); }
  void read(std::span<const std::int64_t> samples, nn::Batch& batch) const override;

 private:
  std::int64_t length_;
  std::vector<std::uint64_t> offsets_ = {0};
  std::vector<std::int32_t> words_;
  std::vector<int> targets_;
};

/// (n, length) of lists, cut or filled with 0 at the end; `length` 0 = the longest, at least 1.
nn::Array word_array(const std::vector<std::span<const std::int32_t>>& lists, std::int64_t length);

}  // namespace akin
