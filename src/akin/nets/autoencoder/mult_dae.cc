#include "akin/nets/autoencoder/mult_dae.h"

#include "akin/nets/history_net.h"

namespace akin::nets {

std::unique_ptr<Model> MultDae::fit(const TrainingData& data, const Config& config,
                                    const FitContext& context) {
  const auto plain = [&](nn::NetSpec&, const nn::Node& encoder, std::int64_t) {
    // Without layers before them, the factors are the first layer already.
    return config.layers.empty() ? encoder : encoder.dense(config.factors, nn::Activation::kTanh);
  };
  return fit_autoencoder(data, kName, config, plain, context);
}

std::unique_ptr<Model> MultDae::load(const TensorReader& reader, std::size_t n_users, std::size_t n_items) {
  return HistoryNetModel::load(reader, n_users, n_items);
}

}  // namespace akin::nets
