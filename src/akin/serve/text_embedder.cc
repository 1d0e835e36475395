#include "akin/serve/text_embedder.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

constexpr idx_t kUnknown = 0xFFFFFFFF;

/// Row of the vectors by word of the corpus.
std::vector<idx_t> rows_of_words(const TextCorpus& texts, const VectorSpace& space) {
  std::vector<idx_t> rows(texts.words.size());
  for (idx_t w = 0; w < rows.size(); ++w) rows[w] = space.find_word(texts.words.id(w)).value_or(kUnknown);
  return rows;
}

/// Frequencies in the texts themselves.
WordFrequencies count_texts(const TextCorpus& texts, const std::vector<idx_t>& row_of, std::size_t n_rows) {
  WordFrequencies result;
  result.tokens.resize(n_rows);
  result.documents.resize(n_rows);
  result.all_documents = texts.sentences();
  result.all_tokens = texts.tokens.size();
  std::vector<std::uint64_t> last(n_rows, 0);  // number of the last text with the word, from 1
  for (std::size_t s = 0; s < texts.sentences(); ++s) {
    for (const idx_t token : texts.sentence(s)) {
      const idx_t row = row_of[token];
      if (row == kUnknown) continue;
      ++result.tokens[row];
      if (last[row] != s + 1) ++result.documents[row];
      last[row] = s + 1;
    }
  }
  return result;
}

/// Counts the tokens without a vector.
void count_unknown(const TextCorpus& texts, const std::vector<idx_t>& row_of, TextVectors& result) {
  const std::vector<std::uint64_t> counts = texts.counts();
  std::vector<idx_t> unknown;
  result.tokens = texts.tokens.size();
  for (idx_t w = 0; w < counts.size(); ++w) {
    if (row_of[w] != kUnknown || counts[w] == 0) continue;
    unknown.push_back(w);
    result.unknown_tokens += counts[w];
  }
  std::ranges::stable_sort(unknown, [&](idx_t a, idx_t b) { return counts[a] > counts[b]; });
  for (const idx_t w : unknown) result.unknown_words.emplace_back(texts.words.id(w));
}

}  // namespace

TextVectors embed_texts(const TextCorpus& texts, const VectorSpace& space, const Matrix& vectors,
                        const TextEmbedOptions& options, const Context& context) {
  AKIN_ASSERT(vectors.rows() == space.ids().size());
  const std::vector<idx_t> row_of = rows_of_words(texts, space);
  const WordFrequencies counted =
      options.frequencies != nullptr ? WordFrequencies() : count_texts(texts, row_of, vectors.rows());
  const std::vector<float> weights =
      word_weights(options.weighting, options.frequencies != nullptr ? *options.frequencies : counted);
  TextVectors result;
  result.vectors = Matrix(texts.sentences(), vectors.cols());
  std::vector<char> empty(texts.sentences());
  parallel_for(texts.sentences(), context.threads, [&](std::size_t begin, std::size_t end, int) {
    context.check_stop();
    for (std::size_t s = begin; s < end; ++s) {
      float total = 0;
      std::size_t known = 0;
      for (const idx_t token : texts.sentence(s)) {
        const idx_t row = row_of[token];
        if (row == kUnknown) continue;
        axpy(weights[row], vectors.row(row), result.vectors.row(s), vectors.stride());
        total += weights[row];
        ++known;
      }
      empty[s] = known == 0;
      if (known == 0) continue;
      const float divisor = options.weighting == WordWeighting::kSif ? static_cast<float>(known) : total;
      scale(1 / divisor, result.vectors.row(s), vectors.stride());
    }
  });
  result.empty = static_cast<std::uint64_t>(std::ranges::count(empty, 1));
  if (options.weighting == WordWeighting::kSif && texts.sentences() > 1)
    remove_direction(common_direction(result.vectors, context), result.vectors);
  count_unknown(texts, row_of, result);
  return result;
}

}  // namespace akin
