// What the fits of attention nets share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "akin/base/param.h"
#include "akin/nets/sequence/attention_model.h"
#include "akin/nets/sequence/attention_trainer.h"

namespace akin::attention {

/// Parameters of all attention nets.
struct AttentionConfig {
  int factors = 64;
  int layers = 2;
  int heads = 1;
  int max_length = 100;
  float dropout = 0.2f;
  bool positions = true;
  std::string loss = "sampled-softmax";
  int negatives = 256;
  int batch_negatives = 0;
  float calibration = 0.75f;
  float temperature = 0;
  int epochs = 30;
  int batch_size = 128;
  float learning_rate = 0.001f;
  int session_gap = 0;
  std::string inputs;
  int bptt = 0;  ///< of recurrent nets; no parameter of the others
  /// `inputs_help` says what `inputs` may name.
  std::vector<Param> params(std::string_view inputs_help);
};

/// Of nets that do not look at times.
inline constexpr std::string_view kOtherInputsHelp =
    "more that the net reads of each event, separated by commas: kind, and attributes of events by name";
/// Throws Error(kUsage) for inputs that are times, which only kHstu knows.
void refuse_times(const AttentionConfig& config, std::string_view model);

/// The content of all items of the catalogue, of which their vectors are to be made.
struct ContentVectors {
  const Matrix& features;  ///< (items of the catalogue, dim), zeros = nothing is known of the item
  float max_delta = 0;
  float delta_shrinkage = 0;  ///< k: of an item with n events |delta| <= max_delta sqrt(n / (n + k))
};

/// Fits the net to the sessions of all users: each item but the first is predicted from those before it. Continues from
/// FitContext::start; items that are new there begin at the mean of the known ones around them. Throws Error(kBadData) if no
/// session has two events, Error(kUsage) naming `model` for sizes that do not fit together. With `content` the model is
/// one of the whole catalogue, and items without training events are placed by what is known of them.
std::unique_ptr<Model> fit_attention(const TrainingData& data, BlockKind block, const AttentionConfig& config,
                                     std::string_view model, const FitContext& context,
                                     const ContentVectors* content = nullptr);

}  // namespace akin::attention
