#include "akin/models/word2vec/word2vec.h"

namespace akin {

std::unique_ptr<Model> Word2Vec::fit(const TrainingData& data, const Config& config,
                                     const FitContext& context) {
  const Word2VecOptions options = config.options(kName);
  const ItemCorpus text =
      item_corpus(data, static_cast<std::uint64_t>(config.min_count), SequenceOf::kUser, kName, context);
  return fit_embed(data, config, text, options, context, kName);
}

}  // namespace akin
