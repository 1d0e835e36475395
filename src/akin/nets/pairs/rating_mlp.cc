#include "akin/nets/pairs/rating_mlp.h"

namespace akin {

std::vector<Param> RatingMlp::Config::params() {
  std::vector<Param> all = RatingNetConfig::params();
  all.push_back(layers_param(layers));
  all.push_back(dropout_param(dropout));
  return all;
}

std::unique_ptr<Model> RatingMlp::fit(const TrainingData& data, const Config& config,
                                      const FitContext& context) {
  const NcfShape shape{.embedding = static_cast<std::size_t>(config.factors),
                       .layers = parse_layers(config.layers, kName)};
  NcfTrainOptions options = config.options(kName);
  options.objective.drop = config.dropout;
  return fit_rating_net(data, shape, options, config.epochs, context);
}

}  // namespace akin
