#include "akin/models/neural/rating_mlp.h"

namespace akin {

std::vector<Param> RatingMlp::Config::params() {
  std::vector<Param> all = RatingNetConfig::params();
  all.push_back({"layers", &layers, "outputs of each hidden layer, with commas between them"});
  all.push_back({"dropout",
                 &dropout,
                 "share of the vectors' entries that a step leaves out",
                 0,
                 0.99,
                 {},
                 false,
                 {0, 0.6}});
  return all;
}

std::unique_ptr<Model> RatingMlp::fit(const TrainingData& data, const Config& config,
                                      const Context& context) {
  const PairShape shape{.embedding = static_cast<std::size_t>(config.size),
                        .layers = parse_layers(config.layers, kName)};
  PairTrainOptions options = config.options(kName);
  options.objective.drop = config.dropout;
  return fit_rating_net(data, shape, options, config.epochs, context);
}

}  // namespace akin
