#include "akin/models/word2vec/bagged_prod2vec.h"

#include "akin/base/error.h"

namespace akin {
namespace {

bool has_two_bags(const Corpus& corpus) {
  for (std::size_t s = 0; s < corpus.sequences(); ++s) {
    if (corpus.bags[corpus.offsets[s]] != corpus.bags[corpus.offsets[s + 1] - 1]) return true;
  }
  return false;
}

}  // namespace

std::vector<Param> BaggedProd2Vec::Config::params() {
  std::vector<Param> all = SkipGramConfig::params();
  set_help(all, "window", "maximum distance between an item and its context, in receipts");
  return all;
}

std::unique_ptr<Model> BaggedProd2Vec::fit(const TrainingData& data, const Config& config,
                                           const FitContext& context) {
  const Word2VecOptions options = config.options(kName);
  const ItemCorpus text =
      item_corpus(data, static_cast<std::uint64_t>(config.min_count), SequenceOf::kBags, kName, context);
  if (!has_two_bags(text.corpus)) {
    fail(ErrorCode::kBadData,
         "{}: no user has events at two different times, so no receipt follows another; use item2vec, which "
         "learns within a receipt",
         kName);
  }
  return fit_embed(data, config, text, options, context, kName);
}

}  // namespace akin
