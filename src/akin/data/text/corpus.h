// Texts as numbered words, while they are read.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "akin/data/id_map.h"

namespace akin {

/// Sentences of words. 4 bytes per token, 8 per sentence, and each word once.
struct TextCorpus {
  IdMap words;
  std::vector<idx_t> tokens;        ///< of all sentences, one after another
  std::vector<std::uint64_t> ends;  ///< sentence s ends before tokens[ends[s]]

  std::size_t sentences() const { return ends.size(); }
  std::span<const idx_t> sentence(std::size_t s) const {
    const std::uint64_t begin = s == 0 ? 0 : ends[s - 1];
    return {tokens.data() + begin, ends[s] - begin};
  }
  void add_sentence(std::span<const std::string_view> sentence) {
    for (const std::string_view token : sentence) words.prefetch(token);
    for (const std::string_view token : sentence) tokens.push_back(words.add(token));
    ends.push_back(tokens.size());
  }
  /// How often each word of `words` occurs.
  std::vector<std::uint64_t> counts() const {
    std::vector<std::uint64_t> result(words.size());
    for (const idx_t token : tokens) ++result[token];
    return result;
  }
};

/// Replaces each sentence by what `rewrite(sentence, out)` makes of it; `out` begins at the sentence's new
/// place and must not become longer than the sentence was. The function returns how many tokens it wrote.
template <typename Rewrite>
void rewrite_sentences(TextCorpus& corpus, Rewrite rewrite) {
  std::uint64_t begin = 0, out = 0;
  for (std::uint64_t& end : corpus.ends) {
    const std::span<const idx_t> sentence(corpus.tokens.data() + begin, end - begin);
    begin = end;
    out += rewrite(sentence, corpus.tokens.data() + out);
    end = out;
  }
  corpus.tokens.resize(out);
}

}  // namespace akin
