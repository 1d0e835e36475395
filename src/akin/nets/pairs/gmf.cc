#include "akin/nets/pairs/gmf.h"

#include "akin/models/fit/params.h"

namespace akin {

std::vector<Param> Gmf::Config::params() {
  std::vector<Param> all = RankingNetConfig::params();
  all.insert(all.begin(), factors_param(&factors, {8, 128}));
  return all;
}

std::unique_ptr<Model> Gmf::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  return fit_ranking_net(data, {.product = static_cast<std::size_t>(config.factors)}, config.options(kName),
                         config.epochs, context);
}

}  // namespace akin
