#include "akin/text/word_weighting.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/linalg/eigen.h"
#include "akin/linalg/kernels.h"

namespace akin {

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
  std::vector<idx_t> last(n_items, 0xFFFFFFFF);  // document with the word, the latest
  for (std::size_t e = 0; e < events.size(); ++e) {
    const Event& event = events[e];
    if (e == 0 || events[e - 1].user != event.user) ++result.all_documents;
    ++result.tokens[event.item];
    if (last[event.item] != event.user) ++result.documents[event.item];
    last[event.item] = event.user;
  }
  return result;
}

std::vector<float> word_weights(WordWeighting weighting, const WordFrequencies& frequencies) {
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

std::vector<float> common_direction(const Matrix& vectors, const Context& context) {
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
  if (!(largest > 0)) return {};
  Matrix scaled(dim, dim);
  for (std::size_t i = 0; i < dim; ++i) {
    for (std::size_t j = 0; j < dim; ++j) scaled.row(i)[j] = static_cast<float>(sums[i * dim + j] / largest);
  }
  const Eigenbasis basis = eigenbasis(scaled);
  return {basis.vectors[0].begin(), basis.vectors[0].end()};
}

void remove_direction(std::span<const float> direction, Matrix& vectors) {
  for (std::size_t r = 0; r < vectors.rows() && !direction.empty(); ++r) {
    axpy(-dot(vectors.row(r), direction.data(), direction.size()), direction.data(), vectors.row(r),
         direction.size());
  }
}

}  // namespace akin
