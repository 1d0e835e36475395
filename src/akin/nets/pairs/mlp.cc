#include "akin/nets/pairs/mlp.h"

namespace akin {

std::vector<Param> Mlp::Config::params() {
  std::vector<Param> all = RankingNetConfig::params();
  all.insert(all.begin(),
             {{"factors", &factors, "dimension of the user and item vectors", 1, 4096, {}, true, {8, 128}},
              layers_param(layers),
              dropout_param(dropout)});
  return all;
}

std::unique_ptr<Model> Mlp::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  const NcfShape shape{.embedding = static_cast<std::size_t>(config.factors),
                       .layers = parse_layers(config.layers, kName)};
  NcfTrainOptions options = config.options(kName);
  options.objective.drop = config.dropout;
  return fit_ranking_net(data, shape, options, config.epochs, context);
}

}  // namespace akin
