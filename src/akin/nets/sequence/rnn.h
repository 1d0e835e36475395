// The next item by a recurrent net over what a user did.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "akin/nets/sequence/attention_fit.h"

namespace akin {

/// The next item as a class: layers of BlockKind::kRnn (Elman, "Finding structure in time", 1990) or kLstm (Hochreiter &
/// Schmidhuber 1997) read the vectors of the items one after the other, and score = state . item, by LossKind. Gradients go
/// back through all items of a window, or with `bptt` through blocks of so many, the states going on from block to block
/// (truncated back-propagation through time: Williams & Peng 1990). At the end of a fit a remark says how much of a
/// gradient is left so many steps back. An AttentionModel.
class Rnn : public attention::AttentionModel {
 public:
  struct Config : attention::AttentionConfig {
    std::string cell = "lstm";
    Config();
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "rnn";
  static constexpr std::string_view kSummary =
      "recurrent net over items, RNN or LSTM, with truncated back-propagation through time";
  static constexpr Traits kTraits = {
      .uses_order = true, .iterative = true, .warm_start = true, .takes_item_vectors = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
};

}  // namespace akin
