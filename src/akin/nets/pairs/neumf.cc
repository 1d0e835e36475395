#include "akin/nets/pairs/neumf.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/start.h"

namespace akin {
namespace {

// Eq. 13. Chosen by the training loss it would be 1 on most sets: only the half that overfits more.
constexpr float kAlpha = 0.5f;
constexpr std::string_view kSame = "same";  // fine_tune_optimizer
constexpr float kStillLearning = 6;  // epochs of pretraining after which two halves have much left to learn

void copy_columns(const Matrix& from, std::size_t first, Matrix& to) {
  for (std::size_t r = 0; r < from.rows(); ++r) std::ranges::copy(from[r], to.row(r) + first);
}

/// In place: checkpoints hold the addresses of the net's numbers (FitState).
void copy_matrix(const Matrix& from, Matrix& to) {
  std::copy_n(from.data(), from.rows() * from.stride(), to.data());
}

/// The net that two trained apart begin.
void join(const NcfNet& gmf, const NcfNet& mlp, NcfNet& net) {
  const std::size_t product = net.shape.product_columns();
  copy_columns(gmf.users, 0, net.users);
  copy_columns(gmf.items, 0, net.items);
  copy_columns(mlp.users, product, net.users);
  copy_columns(mlp.items, product, net.items);
  for (std::size_t l = 0; l < net.layers.size(); ++l) {
    copy_matrix(mlp.layers[l].weights, net.layers[l].weights);
    copy_matrix(mlp.layers[l].bias, net.layers[l].bias);
  }
  copy_matrix(gmf.product_weights, net.product_weights);
  copy_matrix(mlp.hidden_weights, net.hidden_weights);
  scale(kAlpha, net.product_weights.row(0), net.product_weights.stride());
  scale(1 - kAlpha, net.hidden_weights.row(0), net.hidden_weights.stride());
  net.bias[0][0] = kAlpha * gmf.bias[0][0] + (1 - kAlpha) * mlp.bias[0][0];
}

/// Begins with the logarithm of the odds of a positive. From 0 the bias would need as many steps as that is
/// learning rates, and a gmf, which has nothing else, meanwhile spends its vectors on it: in few steps they learn
/// no taste.
void begin_at_base_rate(int negatives, NcfNet& net) {
  net.bias[0][0] = -std::log(static_cast<float>(negatives));
}

/// Of two halves that are trained the mean is better than what long steps make of it: they overfit together.
OptimizerOptions fine_tune_optimizer(const NeuMf::Config& config) {
  const bool same = config.fine_tune_optimizer == kSame;
  OptimizerOptions options = optimizer_options(same ? config.optimizer : config.fine_tune_optimizer);
  const float share =
      same ? std::min(1.0f, kStillLearning / static_cast<float>(config.pretrain_epochs)) : 1.0f;
  const float rate = config.fine_tune_learning_rate;
  options.learning_rate = rate > 0 ? rate : share * config.learning_rate;
  return options;
}

/// A net and who trains it.
struct Trained {
  NcfNet net;
  NcfTrainer trainer;
  Trained(const NcfShape& shape, const Csr& pairs, const NcfTrainOptions& options, int epochs,
          const FitContext& context)
      : net(initial_net(shape, kRankingInit, NcfLoss::kLogistic, pairs, NeuMf::kName, context)),
        trainer(pairs, options, epochs, context, net) {}
};

}  // namespace

std::vector<Param> NeuMf::Config::params() {
  std::vector<Param> all = RankingNetConfig::params();
  all.insert(all.begin(),
             {{"factors",
               &factors,
               "dimension of the vectors whose product is used (the GMF part)",
               1,
               4096,
               {},
               true,
               {8, 128}},
              {"mlp_factors",
               &mlp_factors,
               "dimension of the vectors that the layers read (the MLP part)",
               1,
               4096,
               {},
               true,
               {8, 128}},
              layers_param(layers),
              dropout_param(dropout),
              {"mlp_regularization",
               &mlp_regularization,
               "L2 penalty on the vectors of the MLP part (regularization applies to the GMF part)",
               0,
               100,
               {},
               true,
               {1e-5, 1}},
              {"pretrain_epochs", &pretrain_epochs,
               "epochs of pretraining of gmf and mlp; 0 = no pretraining", 0, 100'000}});
  std::vector<std::string_view> rules = {kSame};
  rules.insert(rules.end(), optimizer_names().begin(), optimizer_names().end());
  all.push_back({"fine_tune_optimizer", &fine_tune_optimizer,
                 "optimizer after pretraining; same = go on with `optimizer` and its schedule", 0, 0,
                 std::move(rules)});
  all.push_back(
      {"fine_tune_learning_rate", &fine_tune_learning_rate,
       "learning rate after pretraining; 0 = learning_rate, with `same` 6 / P of it after P > 6 epochs", 0,
       100});
  return all;
}

std::unique_ptr<Model> NeuMf::fit(const TrainingData& data, const Config& config, const FitContext& context) {
  context.check_stop();
  remark_async(config.async, context);
  const Csr pairs = gather_csr(context.ranks(), positive_interactions(data, kName, context));
  const NcfShape gmf_shape{.product = static_cast<std::size_t>(config.factors)};
  const NcfShape mlp_shape{.embedding = static_cast<std::size_t>(config.mlp_factors),
                           .layers = parse_layers(config.layers, kName)};
  NcfTrainOptions options = config.options(kName);
  options.objective.layers_regularization = config.mlp_regularization;
  options.objective.drop = config.dropout;
  const bool goes_on = context.start && (context.start->model || context.start->items);
  const int pretrain_epochs = goes_on ? 0 : config.pretrain_epochs, before = 2 * pretrain_epochs;
  // Going on with the same optimizer, one schedule over both phases: as many and as long steps as a net without
  // pretraining makes in as many epochs. Else each phase is complete in itself, as in He et al.
  const bool one_schedule = config.fine_tune_optimizer == kSame;
  const int first = one_schedule ? pretrain_epochs : 0;  // number of the first epoch after pretraining
  std::unique_ptr<Trained> gmf, mlp;
  if (pretrain_epochs > 0) {
    const int planned = pretrain_epochs + (one_schedule ? config.epochs : 0);
    gmf = std::make_unique<Trained>(gmf_shape, pairs, options, planned, context);
    mlp = std::make_unique<Trained>(mlp_shape, pairs, options, planned, context);
    begin_at_base_rate(config.negatives, gmf->net);
    begin_at_base_rate(config.negatives, mlp->net);
    options.optimizer = fine_tune_optimizer(config);
  }
  Trained neumf({gmf_shape.product, true, mlp_shape.embedding, mlp_shape.layers}, pairs, options,
                first + config.epochs, context);
  FitState state;
  neumf.trainer.add_state("", state);
  if (gmf) gmf->trainer.add_state("gmf.", state);
  if (mlp) mlp->trainer.add_state("mlp.", state);
  const auto snapshot = [&] { return make_ncf_model(neumf.net, pairs, {}); };
  const auto run = [&](int epoch) {
    if (epoch >= before) return neumf.trainer.run_epoch(epoch - before + first);
    const double loss = epoch < pretrain_epochs ? gmf->trainer.run_epoch(epoch)
                                                : mlp->trainer.run_epoch(epoch - pretrain_epochs);
    join(gmf->net, mlp->net, neumf.net);
    return loss;
  };
  const auto gather = [&] {
    neumf.trainer.gather();
    for (Trained* const half : {gmf.get(), mlp.get()}) {
      if (half && context.observer) half->trainer.gather();  // of the state, not of the model
    }
  };
  run_epochs({.total = before + config.epochs, .run = run, .snapshot = snapshot, .gather = gather},
             std::move(state), context);
  return snapshot();
}

}  // namespace akin
