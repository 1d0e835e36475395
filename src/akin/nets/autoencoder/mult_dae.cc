#include "akin/nets/autoencoder/mult_dae.h"

namespace akin::nets {

std::unique_ptr<Model> MultDae::fit(const TrainingData& data, const Config& config,
                                    const FitContext& context) {
  const auto plain = [&](nn::NetSpec&, const nn::Node& encoder, std::int64_t) {
    // Without layers before them, the factors are the first layer already.
    return config.layers.empty() ? encoder : encoder.dense(config.factors, nn::Activation::kTanh);
  };
  return fit_autoencoder(data, kName, config, plain, context);
}

}  // namespace akin::nets
