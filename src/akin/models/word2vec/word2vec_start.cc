#include "akin/models/word2vec/word2vec_start.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/start.h"
#include "akin/models/word2vec/word2vec_model.h"

namespace akin {
namespace {

/// Sums of the vectors of each new token's context.
class ContextMeans {
 public:
  ContextMeans(const Corpus& corpus, const std::vector<char>& known, Word2VecVectors& vectors)
      : corpus_(corpus), known_(known), vectors_(vectors), counts_(known.size(), 0) {}

  void take(std::size_t window) {
    for (std::size_t s = 0; s < corpus_.sequences(); ++s) {
      for (std::uint64_t p = corpus_.offsets[s]; p < corpus_.offsets[s + 1]; ++p) {
        if (!known_[corpus_.tokens[p]]) add_context(p, s, window);
      }
    }
    for (std::size_t t = 0; t < counts_.size(); ++t) {
      if (counts_[t] == 0) continue;
      const float share = 1 / static_cast<float>(counts_[t]);
      for (Matrix* matrix : {&vectors_.input, &vectors_.output}) scale(share, matrix->row(t), matrix->cols());
    }
  }

 private:
  void add_context(std::uint64_t position, std::size_t sequence, std::size_t window) {
    const idx_t token = corpus_.tokens[position];
    const std::uint64_t begin =
        std::max<std::uint64_t>(corpus_.offsets[sequence] + window, position) - window;
    const std::uint64_t end = std::min<std::uint64_t>(corpus_.offsets[sequence + 1], position + window + 1);
    for (std::uint64_t p = begin; p < end; ++p) {
      const idx_t other = corpus_.tokens[p];
      if (!known_[other]) continue;
      if (counts_[token]++ == 0) {  // no longer random
        std::ranges::fill(vectors_.input[token], 0.0f);
        std::ranges::fill(vectors_.output[token], 0.0f);
      }
      for (Matrix* matrix : {&vectors_.input, &vectors_.output})
        axpy(1, matrix->row(other), matrix->row(token), matrix->cols());
    }
  }

  const Corpus& corpus_;
  const std::vector<char>& known_;
  Word2VecVectors& vectors_;
  std::vector<std::uint64_t> counts_;
};

}  // namespace

Word2VecVectors starting_vectors(const ItemCorpus& text, const Word2VecOptions& options,
                                 const FitContext& context, std::string_view model) {
  Word2VecVectors vectors = initial_vectors(text.corpus, options.factors, context.seed);
  if (const auto* old = start_model<Word2VecModel>(context, model)) {
    check_start_columns(old->Word2VecModel::embeddings(), options.factors, model);
    std::vector<char> known(text.items.size(), 0);
    for (std::size_t t = 0; t < text.items.size(); ++t) {
      const idx_t item = text.items[t];
      if (item >= old->n_items() || !old->has_vector(item)) continue;
      known[t] = 1;
      std::ranges::copy(old->input(item), vectors.input.row(t));
      std::ranges::copy(old->output(item), vectors.output.row(t));
    }
    ContextMeans(text.corpus, known, vectors).take(options.windows.window);
  }
  const PretrainedItems* items = context.start ? context.start->items : nullptr;
  if (!items) return vectors;
  if (items->vectors.cols() != options.factors) {
    fail(ErrorCode::kUsage,
         "{}: {} has vectors of length {}, but the model has {} factors; set factors={} (--factors {})",
         model, items->source, items->vectors.cols(), options.factors, items->vectors.cols(),
         items->vectors.cols());
  }
  for (std::size_t t = 0; t < text.items.size(); ++t) {
    if (items->given[text.items[t]]) std::ranges::copy(items->vectors[text.items[t]], vectors.input.row(t));
  }
  return vectors;
}

}  // namespace akin
