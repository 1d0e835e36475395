#include "akin/serve/text_embedder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/linalg/eigen.h"
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

std::vector<float> weights_of(WordWeighting weighting, const WordFrequencies& frequencies) {
  constexpr double kSmooth = 1e-3;  // the paper's a
  std::vector<float> weights(frequencies.tokens.size(), 1);
  for (std::size_t w = 0; w < weights.size(); ++w) {
    const auto documents = static_cast<double>(frequencies.documents[w]);
    const double share = static_cast<double>(frequencies.tokens[w]) /
                         std::max<double>(1, static_cast<double>(frequencies.all_tokens));
    if (weighting == WordWeighting::kTfidf) {
      weights[w] = static_cast<float>(
          std::log((1 + static_cast<double>(frequencies.all_documents)) / (1 + documents)) + 1);
    } else if (weighting == WordWeighting::kSif) {
      weights[w] = static_cast<float>(kSmooth / (kSmooth + share));
    }
  }
  return weights;
}

/// Takes the first singular vector out of all rows.
void remove_common_direction(Matrix& vectors, const Context& context) {
  constexpr std::size_t kBlock = 4096;
  const std::size_t dim = vectors.cols();
  std::vector<double> sums(dim * dim);
  for (std::size_t begin = 0; begin < vectors.rows(); begin += kBlock) {
    context.check_stop();
    Matrix part(dim, dim);
    gram(vectors, begin, std::min(begin + kBlock, vectors.rows()), part);
    for (std::size_t i = 0; i < dim; ++i) {
      for (std::size_t j = 0; j < dim; ++j) sums[i * dim + j] += static_cast<double>(part.row(i)[j]);
    }
  }
  double largest = 0;
  for (const double sum : sums) largest = std::max(largest, std::abs(sum));
  if (!(largest > 0)) return;
  Matrix scaled(dim, dim);
  for (std::size_t i = 0; i < dim; ++i) {
    for (std::size_t j = 0; j < dim; ++j) scaled.row(i)[j] = static_cast<float>(sums[i * dim + j] / largest);
  }
  const Eigenbasis basis = eigenbasis(scaled);
  const float* const common = basis.vectors.row(0);
  for (std::size_t r = 0; r < vectors.rows(); ++r)
    axpy(-dot(vectors.row(r), common, dim), common, vectors.row(r), dim);
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

WordWeighting parse_word_weighting(std::string_view name) {
  if (name == "mean") return WordWeighting::kMean;
  if (name == "tfidf") return WordWeighting::kTfidf;
  if (name == "sif") return WordWeighting::kSif;
  const std::vector<std::string> names = {"mean", "tfidf", "sif"};
  fail(ErrorCode::kUsage, "unknown weighting '{}'{}; there are: {}", name, did_you_mean(name, names),
       fmt::join(names, ", "));
}

WordFrequencies word_frequencies(std::span<const Event> events, std::size_t n_items) {
  WordFrequencies result;
  result.tokens.resize(n_items);
  result.documents.resize(n_items);
  result.all_tokens = events.size();
  std::vector<idx_t> last(n_items, kUnknown);
  for (std::size_t e = 0; e < events.size(); ++e) {
    const Event& event = events[e];
    if (e == 0 || events[e - 1].user != event.user) ++result.all_documents;
    ++result.tokens[event.item];
    if (last[event.item] != event.user) ++result.documents[event.item];
    last[event.item] = event.user;
  }
  return result;
}

TextVectors embed_texts(const TextCorpus& texts, const VectorSpace& space, const Matrix& vectors,
                        const TextEmbedOptions& options, const Context& context) {
  AKIN_ASSERT(vectors.rows() == space.ids().size());
  const std::vector<idx_t> row_of = rows_of_words(texts, space);
  const WordFrequencies counted =
      options.frequencies != nullptr ? WordFrequencies() : count_texts(texts, row_of, vectors.rows());
  const std::vector<float> weights =
      weights_of(options.weighting, options.frequencies != nullptr ? *options.frequencies : counted);
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
    remove_common_direction(result.vectors, context);
  count_unknown(texts, row_of, result);
  return result;
}

}  // namespace akin
