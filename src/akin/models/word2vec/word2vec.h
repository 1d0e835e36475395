// word2vec with its own defaults, for texts whose words are items.
#pragma once

#include <memory>
#include <string_view>

#include "akin/models/fit/context.h"
#include "akin/models/word2vec/word2vec_model.h"

namespace akin {

/// word2vec (Mikolov et al. 2013): what prod2vec is, with the defaults of gensim's Word2Vec: CBOW, window 5,
/// words that occur at least 5 times, 5 epochs; queries by cosine. Meant for data sets that `akin import
/// text` made, where documents are users and words items.
class Word2Vec : public Word2VecModel {
 public:
  struct Config : Word2VecFamilyConfig {
    Config() {
      window = 5;
      min_count = 5;
      epochs = 5;
      sg = 0;
      score = "cosine";
    }
  };
  static constexpr std::string_view kName = "word2vec";
  static constexpr std::string_view kSummary = "word vectors: CBOW or skip-gram (Mikolov et al. 2013)";

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
};

}  // namespace akin
