// Texts as samples of a net, in batches of about the same length.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "akin/data/id_map.h"
#include "akin/data/text/tokenizer.h"
#include "akin/nn/sample_source.h"

namespace akin::nets {

/// How a text becomes a list of indices: word + 1, in their order; words that are not known are left out.
struct WordRules {
  TokenKind tokens = TokenKind::kWords;
  bool lowercase = true;
  std::size_t max_length = 0;  ///< words of a text beyond so many are cut off
};

/// Indices of many texts, one after the other.
class WordLists {
 public:
  void add(std::span<const std::int32_t> list);
  std::size_t size() const { return offsets_.size() - 1; }
  std::span<const std::int32_t> operator[](std::size_t text) const {
    return {indices_.data() + offsets_[text], offsets_[text + 1] - offsets_[text]};
  }
  std::size_t longest() const;
  std::size_t words() const { return indices_.size(); }  ///< of all lists

 private:
  std::vector<std::uint64_t> offsets_ = {0};
  std::vector<std::int32_t> indices_;
};

/// The list of a text. `tokenizer` is one of the rules'.
std::vector<std::int32_t> word_list(std::string_view text, const IdMap& words, const WordRules& rules,
                                    Tokenizer& tokenizer);

/// Puts lists into (lists, longest + 1): at least one 0 at the end of each, so that a text gives the same whatever
/// texts it stands beside.
void fill_words(const std::vector<std::span<const std::int32_t>>& lists, nn::Array& array);

/// Lists with a target each. The samples of a batch are about equally long, so that few zeros are computed: in each
/// epoch, the texts of 50 batches at a time are sorted by length and cut into batches, in a random order. Train with
/// shuffle = false: the order is made here, from the seed and the epoch. Memory: 4 bytes a word.
class TextSamples final : public nn::SampleSource {
 public:
  TextSamples(const WordLists& lists, std::vector<float> targets, std::int64_t batch_size,
              std::uint64_t seed);
  std::int64_t size() const override { return static_cast<std::int64_t>(targets_.size()); }
  void start_epoch(std::uint64_t epoch) override;
  void read(std::span<const std::int64_t> samples, nn::Batch& batch) const override;
  bool checked() const override { return true; }

 private:
  const WordLists& lists_;
  std::vector<float> targets_;
  std::size_t batch_size_;
  std::uint64_t seed_;
  std::vector<std::uint32_t> order_;
};

}  // namespace akin::nets
