#include "akin/models/neural/mlp.h"

namespace akin {

std::vector<Param> Mlp::Config::params() {
  std::vector<Param> all = RankingNetConfig::params();
  all.insert(all.begin(), {{"embedding",
                            &embedding,
                            "length of the user's and of the item's vector",
                            1,
                            4096,
                            {},
                            true,
                            {8, 128}},
                           layers_param(layers),
                           dropout_param(dropout)});
  return all;
}

std::unique_ptr<Model> Mlp::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  const PairShape shape{.embedding = static_cast<std::size_t>(config.embedding),
                        .layers = parse_layers(config.layers, kName)};
  PairTrainOptions options = config.options(kName);
  options.objective.drop = config.dropout;
  return fit_ranking_net(data, shape, options, config.epochs, context);
}

}  // namespace akin
