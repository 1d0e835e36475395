#include "akin/models/neural/neumf.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/passes.h"
#include "akin/models/fit/start.h"

namespace akin {
namespace {

constexpr float kAlpha = 0.5f;

void copy_columns(const Matrix& from, std::size_t first, Matrix& to) {
  for (std::size_t r = 0; r < from.rows(); ++r) std::ranges::copy(from[r], to.row(r) + first);
}

/// The net that two trained apart begin.
void join(const PairNet& gmf, const PairNet& mlp, PairNet& net) {
  const std::size_t product = net.shape.product_columns();
  copy_columns(gmf.users, 0, net.users);
  copy_columns(gmf.items, 0, net.items);
  copy_columns(mlp.users, product, net.users);
  copy_columns(mlp.items, product, net.items);
  for (std::size_t l = 0; l < net.layers.size(); ++l)
    net.layers[l] = {mlp.layers[l].weights.clone(), mlp.layers[l].bias.clone()};
  net.product_weights = gmf.product_weights.clone();
  net.hidden_weights = mlp.hidden_weights.clone();
  scale(kAlpha, net.product_weights.row(0), net.product_weights.stride());
  scale(1 - kAlpha, net.hidden_weights.row(0), net.hidden_weights.stride());
  net.bias[0][0] = kAlpha * gmf.bias[0][0] + (1 - kAlpha) * mlp.bias[0][0];
}

/// A net and who trains it.
struct Trained {
  PairNet net;
  PairTrainer trainer;
  Trained(const PairShape& shape, const Csr& pairs, const PairTrainOptions& options, int epochs,
          const FitContext& context)
      : net(initial_net(shape, kRankingInit, PairLoss::kLogistic, pairs, NeuMf::kName, context)),
        trainer(pairs, options, epochs, context, net) {}
};

}  // namespace

std::vector<Param> NeuMf::Config::params() {
  std::vector<Param> all = RankingNetConfig::params();
  all.insert(
      all.begin(),
      {{"factors", &factors, "length of the vectors that are multiplied", 1, 4096, {}, true, {8, 128}},
       {"embedding", &embedding, "length of the vectors that the layers read", 1, 4096, {}, true, {8, 128}},
       layers_param(layers),
       dropout_param(dropout),
       {"layers_regularization",
        &layers_regularization,
        "penalty on the vectors that the layers read (regularization: on the others)",
        0,
        100,
        {},
        true,
        {1e-5, 0.1}},
       {"pretrain", &pretrain, "epochs that a gmf and an mlp are trained alone before; 0 = none", 0,
        100'000}});
  all.push_back({"fine_tune",
                 &fine_tune,
                 "optimizer after that",
                 0,
                 0,
                 {"sgd", "adam", "momentum", "adagrad", "rmsprop", "adadelta"}});
  all.push_back({"fine_tune_rate", &fine_tune_rate, "its step length", 1e-9, 100, {}, true});
  return all;
}

std::unique_ptr<Model> NeuMf::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  context.check_stop();
  const Csr pairs = positive_interactions(data, kName, context.threads);
  const PairShape gmf_shape{.product = static_cast<std::size_t>(config.factors)};
  const PairShape mlp_shape{.embedding = static_cast<std::size_t>(config.embedding),
                            .layers = parse_layers(config.layers, kName)};
  PairTrainOptions options = config.options(kName);
  options.objective.layers_regularization = config.layers_regularization;
  options.objective.drop = config.dropout;
  const bool goes_on = context.start && (context.start->model || context.start->items);
  const int pretrain = goes_on ? 0 : config.pretrain, before = 2 * pretrain;
  std::unique_ptr<Trained> gmf, mlp;
  if (pretrain > 0) {
    gmf = std::make_unique<Trained>(gmf_shape, pairs, options, pretrain, context);
    mlp = std::make_unique<Trained>(mlp_shape, pairs, options, pretrain, context);
    options.optimizer = optimizer_options(config.fine_tune);
    options.optimizer.learning_rate = config.fine_tune_rate;
  }
  Trained neumf({gmf_shape.product, true, mlp_shape.embedding, mlp_shape.layers}, pairs, options,
                config.epochs, context);
  FitState state;
  neumf.trainer.add_state("", state);
  if (gmf) gmf->trainer.add_state("gmf.", state);
  if (mlp) mlp->trainer.add_state("mlp.", state);
  const auto snapshot = [&] { return make_pair_model(neumf.net, pairs, {}); };
  const auto run = [&](int pass) {
    if (pass >= before) return neumf.trainer.run_epoch(pass - before);
    const double loss =
        pass < pretrain ? gmf->trainer.run_epoch(pass) : mlp->trainer.run_epoch(pass - pretrain);
    join(gmf->net, mlp->net, neumf.net);
    return loss;
  };
  run_passes({.total = before + config.epochs, .run = run, .snapshot = snapshot}, std::move(state), context);
  return snapshot();
}

}  // namespace akin
