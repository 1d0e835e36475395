// The variational autoencoder.
#pragma once

#include "akin/nets/autoencoder/autoencoder.h"
#include "akin/nets/history_net.h"

namespace akin::nets {

/// Mult-VAE (Liang et al. 2018): the factors z ~ N(mu, sigma^2) are drawn in training, where mu and log sigma^2 are dense
/// layers on the encoder, and the loss has kl_weight KL(N(mu, sigma^2) || N(0, 1)), which begins at 0 (eq. 5, section
/// 2.2.2). Asked, it takes z = mu.
class MultVae : public HistoryNetModel {
 public:
  struct Config : AutoencoderConfig {
    float kl_weight = 0.2f;
    int anneal_epochs = 20;
    Config() { layers = "600"; }
    std::vector<Param> params();
  };
  static constexpr std::string_view kName = "mult-vae";
  static constexpr std::string_view kSummary = "variational autoencoder of histories (Liang et al. 2018)";
  static constexpr Traits kTraits = kAutoencoderTraits;
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
};

}  // namespace akin::nets
