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
                           {"layers", &layers, "outputs of each hidden layer, with commas between them"}});
  return all;
}

std::unique_ptr<Model> Mlp::fit(const TrainingData& data, const Config& config, const Context& context) {
  const PairShape shape{.embedding = static_cast<std::size_t>(config.embedding),
                        .layers = parse_layers(config.layers, kName)};
  return fit_ranking_net(data, shape, config, kName, context);
}

}  // namespace akin
