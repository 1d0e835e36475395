// The denoising autoencoder.
#pragma once

#include "akin/nets/autoencoder/autoencoder.h"
#include "akin/nets/history_net.h"

namespace akin::nets {

/// Mult-DAE (Liang et al. 2018, section 2.3): the factors are a layer (tanh) like the others, and dropout of the history
/// is what keeps them from learning it by heart. Best without further layers (their table 4).
class MultDae : public HistoryNetModel {
 public:
  struct Config : AutoencoderConfig {};
  static constexpr std::string_view kName = "mult-dae";
  static constexpr std::string_view kSummary = "denoising autoencoder of histories (Liang et al. 2018)";
  static constexpr Traits kTraits = kAutoencoderTraits;
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
};

}  // namespace akin::nets
