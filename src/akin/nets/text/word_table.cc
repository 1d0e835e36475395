#include "akin/nets/text/word_table.h"

#include <algorithm>
#include <cmath>

#include "akin/base/rng.h"
#include "akin/text/word_weighting.h"

namespace akin::nets {
namespace {

constexpr std::size_t kBlock = 1024;  // texts between two looks at a wish to stop

}  // namespace

IdMap words_of(const TextFitInput& input, const WordRules& rules, int min_count, const Context& context) {
  IdMap all;
  std::vector<int> counts;
  Tokenizer tokenizer(rules.tokens, rules.lowercase);
  for (std::size_t t = 0; t < input.texts.size(); ++t) {
    if (t % kBlock == 0) context.check_stop();
    for (const std::string_view word : tokenizer(input.texts.texts[t])) {
      const idx_t idx = all.add(word);
      if (idx == counts.size()) counts.push_back(0);
      ++counts[idx];
    }
  }
  IdMap words;
  for (idx_t w = 0; w < all.size(); ++w) {
    if (counts[w] >= min_count) words.add(all.id(w));
  }
  for (idx_t w = 0; input.words != nullptr && w < input.words->ids.size(); ++w)
    words.add(input.words->ids.id(w));
  return words;
}

WordLists lists_of(const LabelledTexts& texts, const IdMap& words, const WordRules& rules,
                   const Context& context) {
  WordLists lists;
  Tokenizer tokenizer(rules.tokens, rules.lowercase);
  for (std::size_t t = 0; t < texts.size(); ++t) {
    if (t % kBlock == 0) context.check_stop();
    lists.add(word_list(texts.texts[t], words, rules, tokenizer));
  }
  return lists;
}

std::vector<float> table_of(const IdMap& words, std::size_t factors, const WordVectors* given,
                            std::uint64_t seed) {
  std::vector<float> table((words.size() + 1) * factors, 0.0F);
  double squares = 0;
  if (given != nullptr) {
    for (std::size_t r = 0; r < given->vectors.rows(); ++r) {
      for (const float x : given->vectors[r]) squares += static_cast<double>(x) * static_cast<double>(x);
    }
  }
  constexpr double kLimit = 0.25;  // uniform: variance limit^2 / 3
  const double numbers = given == nullptr ? 0 : static_cast<double>(given->vectors.rows() * factors);
  const auto scale = static_cast<float>(squares > 0 ? kLimit / std::sqrt(3 * squares / numbers) : 1);
  for (idx_t w = 0; w < words.size(); ++w) {
    float* const row = table.data() + (w + 1) * factors;
    if (const auto known = given != nullptr ? given->ids.find(words.id(w)) : std::nullopt) {
      std::transform(given->vectors.row(*known), given->vectors.row(*known) + factors, row,
                     [scale](float x) { return x * scale; });
      continue;
    }
    Rng rng(seed, w);
    for (std::size_t f = 0; f < factors; ++f) row[f] = static_cast<float>((2 * rng.uniform() - 1) * kLimit);
  }
  return table;
}

}  // namespace akin::nets
