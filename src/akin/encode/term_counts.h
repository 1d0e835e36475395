// Words of items and runs of them, counted.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/data/item_content.h"
#include "akin/data/text/tokenizer.h"

namespace akin {

/// Counts the terms of items: words (UAX 29, in lower case) and runs of up to `ngrams` words of one text, joined
/// by blanks. Not safe from several threads at once.
class TermCounter {
 public:
  /// `weights`: by field, which weight() tells; empty = all 1.
  TermCounter(const ItemContent& content, const std::vector<std::string>& fields, int ngrams,
              std::span<const float> weights = {})
      : content_(content), fields_(fields), weights_(weights), ngrams_(static_cast<std::size_t>(ngrams)) {}

  /// Calls take(term) for each occurrence, in the order of fields and texts.
  void for_terms(std::size_t item, const std::function<void(std::string_view term)>& take);
  /// Of the field of the term that for_terms() shows.
  float weight() const { return weight_; }

 private:
  const ItemContent& content_;
  const std::vector<std::string>& fields_;
  std::span<const float> weights_;
  std::size_t ngrams_;
  float weight_ = 1;
  Tokenizer tokenize_{TokenKind::kWords, true};
  std::string text_, term_;
  std::vector<std::pair<std::size_t, std::size_t>> words_;  // begin, end in text_
};

}  // namespace akin
