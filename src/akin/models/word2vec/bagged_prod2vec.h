// Item vectors from receipts that follow one another.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "akin/models/fit/context.h"
#include "akin/models/word2vec/skip_gram_config.h"
#include "akin/models/word2vec/word2vec_model.h"

namespace akin {

/// bagged-prod2vec (Grbovic et al., "E-commerce in your inbox: product recommendations at scale", KDD 2015):
/// what a user did at one time is a receipt, a bag without order, and with r_m the m-th receipt of a user the
/// model is to
///   maximize  sum_m sum_{i in r_m} sum_{0 < |k| <= n} sum_{j in r_{m+k}} log P(j | i),
/// n = `window` receipts, so what lies in one receipt is not context of each other and two items are alike if
/// they are bought before and after the same things. Trained as prod2vec is (train_sgns()); with
/// `shrink_windows` each occurrence draws its reach from 1 .. n receipts. Thinning (`sample`) and `min_count`
/// empty receipts but do not bring their neighbors closer.
///
/// The model is prod2vec's (Word2VecModel), so is the fold-in of users. Receipts are separated by their
/// times; where every event has one of its own, and sample = 0 and min_count = 1 leave none out, this is
/// prod2vec to the bit. With FitContext::start, items new to the old model begin in the mean of the items
/// that stand up to `window` positions from them, whatever the receipt. Throws Error(kBadData) if no user has
/// two receipts. Cost: as prod2vec, with window x (items of a receipt) in place of the window.
/// The same bits at any thread count.
class BaggedProd2Vec : public Word2VecModel {
 public:
  struct Config : SkipGramConfig {
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "bagged-prod2vec";
  static constexpr std::string_view kSummary = "word2vec over receipts in order (Grbovic et al. 2015)";
  static constexpr Traits kTraits = [] {
    Traits traits = Word2VecModel::kTraits;
    traits.uses_receipts = true;
    return traits;
  }();

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
};

}  // namespace akin
