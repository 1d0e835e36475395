#include "akin/encode/term_counts.h"

#include <algorithm>

namespace akin {

void TermCounter::for_terms(std::size_t item, const std::function<void(std::string_view)>& take) {
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    if (!weights_.empty()) weight_ = weights_[f];
    content_.for_texts(fields_[f], item, [&](std::string_view text) {
      text_.clear();
      words_.clear();
      for (const std::string_view word : tokenize_(text)) {
        if (!text_.empty()) text_ += ' ';
        words_.emplace_back(text_.size(), text_.size() + word.size());
        text_ += word;
      }
      for (std::size_t first = 0; first < words_.size(); ++first) {
        const std::size_t last = std::min(first + ngrams_, words_.size());
        for (std::size_t end = first; end < last; ++end)
          take(std::string_view(text_).substr(words_[first].first, words_[end].second - words_[first].first));
      }
    });
  }
}

}  // namespace akin
