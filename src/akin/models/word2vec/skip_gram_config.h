// The parameters of models that are skip-gram with negative sampling and nothing else.
#pragma once

#include <vector>

#include "akin/models/word2vec/word2vec_config.h"

namespace akin {

/// Word2VecFamilyConfig without what train_sgns() does not do: CBOW, the softmaxes, which can do without
/// negative items (`negatives` is 1 or more), and the order of the text.
struct SkipGramConfig : Word2VecFamilyConfig {
  std::vector<Param> params() {
    constexpr std::string_view kNone[] = {"sg", "hs", "cbow_mean", "in_order"};
    std::vector<Param> left = params_without(kNone);
    for (Param& param : left) {
      if (param.name != "negatives") continue;
      param.min = 1;
      param.help = "negative samples per pair";
    }
    return left;
  }
};

}  // namespace akin
