// Item vectors from the context items keep: word2vec over what users did, in order.
#pragma once

#include <memory>
#include <string_view>

#include "akin/models/fit/context.h"
#include "akin/models/word2vec/word2vec_model.h"

namespace akin {

/// prod2vec (Grbovic et al., "E-commerce in your inbox", KDD 2015): each user's events in time order are a
/// sentence, each item a word of word2vec (Word2VecFamilyConfig, train_sgns()). With score = cosine and history = 1 it
/// is the paper's prod2vec-topK. An Word2VecModel; items with fewer than min_count events have no vector.
/// Fold-in is how every query works. The same bits at any thread count.
class Prod2Vec : public Word2VecModel {
 public:
  using Config = Word2VecFamilyConfig;
  static constexpr std::string_view kName = "prod2vec";
  static constexpr std::string_view kSummary = "word2vec over item sequences (Grbovic et al. 2015)";

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
};

}  // namespace akin
