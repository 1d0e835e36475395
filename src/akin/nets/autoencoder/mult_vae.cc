#include "akin/nets/autoencoder/mult_vae.h"

namespace akin::nets {

std::vector<Param> MultVae::Config::params() {
  std::vector<Param> params = AutoencoderConfig::params();
  params.push_back({"kl_weight",
                    &kl_weight,
                    "weight of the divergence of the factors from N(0, 1) (beta)",
                    0,
                    100,
                    {},
                    false,
                    {0, 1}});
  params.push_back({"anneal_epochs", &anneal_epochs, "epochs in which that weight grows from 0", 0, 1e6});
  return params;
}

std::unique_ptr<Model> MultVae::fit(const TrainingData& data, const Config& config,
                                    const FitContext& context) {
  const auto draw = [&](nn::NetSpec& net, const nn::Node& encoder, std::int64_t batches) {
    const nn::Node mean = encoder.dense(config.factors, nn::Activation::kLinear, {.name = "mean"});
    const nn::Node log_variance =
        encoder.dense(config.factors, nn::Activation::kLinear, {.name = "log_variance"});
    return net.merge(
        nn::LayerKind::kGaussian, std::vector{mean, log_variance},
        {.name = "factors", .kl_weight = config.kl_weight, .anneal_steps = config.anneal_epochs * batches});
  };
  return fit_autoencoder(data, kName, config, draw, context);
}

}  // namespace akin::nets
