#include "akin/nets/pairs/ncf_fit.h"

#include <algorithm>
#include <charconv>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/params.h"
#include "akin/models/fit/warm_start.h"
#include "akin/models/rating/rating_factors.h"
#include "akin/nets/pairs/ncf_fold_in.h"

namespace akin {
namespace {

Param optimizer_param(std::string& optimizer) {
  return {"optimizer", &optimizer, "optimizer", 0, 0, optimizer_names()};
}

Param penalty_param(float& regularization) {
  return {"regularization", &regularization, "L2 penalty on the vectors of each pair", 0, 100, {}, true,
          {1e-5, 0.1}};
}

Param rate_param(float& rate) {
  return {"learning_rate", &rate, "learning rate of the optimizer", 1e-9, 100, {}, true, {1e-4, 1e-2}};
}

Param lazy_param(bool& lazy) {
  return {"lazy", &lazy,
          "update only the vectors in the minibatch (sparse, as LazyAdam); else the optimizer updates all "
          "vectors in every step, as Keras does"};
}

Param hogwild_param(bool& hogwild) {
  return {"hogwild", &hogwild, "threads update without locks: faster, but results differ between runs"};
}

Param async_param(bool& async) {
  return {"async", &async,
          "processes (mpirun) update the parameters of the first one without waiting for each other "
          "(Downpour): results differ between runs"};
}

Param freeze_items_param(bool& freeze_items) {
  return {
      "freeze_items", &freeze_items,
      "keep the item vectors that training starts from (--init-items; in `akin update` the model's own) as "
      "they are"};
}

OptimizerOptions optimizer_of(const std::string& name, float rate) {
  OptimizerOptions options = optimizer_options(name);
  options.learning_rate = static_cast<double>(rate);
  return options;
}

std::unique_ptr<Model> run(NcfTrainer& trainer, int epochs, const FitContext& context,
                           const std::function<std::unique_ptr<Model>()>& make) {
  FitState state;
  trainer.add_state("", state);
  run_epochs({.total = epochs,
              .run = [&](int epoch) { return trainer.run_epoch(epoch); },
              .snapshot = make,
              .gather = [&] { trainer.gather(); }},
             std::move(state), context);
  return make();
}

}  // namespace

std::vector<std::size_t> parse_layers(std::string_view text, std::string_view model) {
  std::vector<std::size_t> layers;
  for (const std::string_view part : split(text, ',')) {
    const std::string_view number = trimmed(part);
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), size);
    if (error != std::errc() || end != number.data() + number.size() || size == 0 || size > 65'536) {
      fail(ErrorCode::kUsage,
           "{}: layers '{}': '{}' is not a number of outputs from 1 to 65536, as in 64,32,16", model, text,
           number);
    }
    layers.push_back(size);
  }
  if (layers.empty())
    fail(ErrorCode::kUsage, "{}: layers is empty; say the outputs of each, as in 64,32,16", model);
  return layers;
}

Param layers_param(std::string& layers) {
  return {"layers", &layers, "units of each hidden layer, separated by commas"};
}

Param dropout_param(float& dropout) {
  return {"dropout", &dropout, "fraction of the inputs of the layers that is dropped in training",
          0,         0.99,     {},
          false,     {0, 0.6}};
}

std::vector<Param> RankingNetConfig::params() {
  return {
      epochs_param(&epochs, "epochs over the training events"),
      {"batch_size", &batch_size, "pairs per step, negatives included", 1, 1'000'000, {}, true, {64, 4096}},
      {"negatives", &negatives, "negative samples per event and epoch", 1, 1000, {}, true, {1, 8}},
      penalty_param(regularization),
      optimizer_param(optimizer),
      rate_param(learning_rate),
      {"schedule",
       &schedule,
       "learning rate schedule: linear = decreases to 0 over the epochs, or constant",
       0,
       0,
       {"linear", "constant"}},
      lazy_param(lazy),
      hogwild_param(hogwild),
      async_param(async),
      freeze_items_param(freeze_items)};
}

NcfTrainOptions RankingNetConfig::options(std::string_view model) const {
  return {.objective = {.regularization = regularization, .layers_regularization = regularization},
          .batch = static_cast<std::size_t>(batch_size),
          .negatives = static_cast<std::size_t>(negatives),
          .linear = schedule == "linear",
          .lazy = lazy,
          .hogwild = hogwild,
          .async = async,
          .freeze_items = freeze_items,
          .optimizer = optimizer_of(optimizer, learning_rate),
          .model = model};
}

std::vector<Param> RatingNetConfig::params() {
  return {{"factors", &factors, "dimension of the user and item vectors", 1, 4096, {}, true, {8, 128}},
          epochs_param(&epochs, "epochs over the ratings"),
          {"batch_size", &batch_size, "ratings per step", 1, 1'000'000, {}, true, {16, 1024}},
          {"loss", &loss, "mae = mean absolute error, mse = mean squared error", 0, 0, {"mae", "mse"}},
          penalty_param(regularization),
          optimizer_param(optimizer),
          rate_param(learning_rate),
          lazy_param(lazy),
          hogwild_param(hogwild),
          async_param(async),
          freeze_items_param(freeze_items)};
}

NcfTrainOptions RatingNetConfig::options(std::string_view model) const {
  return {.objective = {.loss = loss == "mae" ? NcfLoss::kAbsolute : NcfLoss::kSquared,
                        .regularization = regularization,
                        .layers_regularization = regularization},
          .batch = static_cast<std::size_t>(batch_size),
          .lazy = lazy,
          .hogwild = hogwild,
          .async = async,
          .freeze_items = freeze_items,
          .optimizer = optimizer_of(optimizer, learning_rate),
          .model = model};
}

void remark_async(bool async, const FitContext& context) {
  if (async && !context.ranks().alone())
    context.remark("async: processes do not wait for each other, so that each run gives another result");
}

NcfNet initial_net(const NcfShape& shape, const NcfInit& init, NcfLoss loss, const Csr& pairs,
                   std::string_view model, const FitContext& context) {
  if (const auto* const old = start_model<NcfModel>(context, model)) {
    const bool same_kind = (old->loss() == NcfLoss::kLogistic) == (loss == NcfLoss::kLogistic);
    if (!same_kind || old->net().shape != shape) {
      fail(ErrorCode::kUsage, "{}: the trained net has another shape; keep factors, mlp_factors and layers",
           model);
    }
    return grown(old->net(), loss, pairs, *context.start);
  }
  NcfNet net(shape, pairs.rows(), pairs.cols);
  initialize(init, context.seed, net);
  if (!context.start || !context.start->items) return net;
  Matrix items = item_embeddings(net);
  take_item_vectors(context, model, items);
  for (std::size_t i = 0; i < items.rows(); ++i) {
    std::copy_n(items.row(i), shape.product, net.items.row(i));
    std::copy_n(items.row(i) + shape.product, shape.embedding, net.items.row(i) + shape.product_columns());
  }
  return net;
}

std::unique_ptr<Model> make_ncf_model(const NcfNet& net, const Csr& pairs, NcfModel::FoldIn numbers) {
  NcfNet known = net.clone();
  clear_rows_without_entries(pairs, known.users);
  const std::vector<std::uint32_t> users_of = column_sizes(pairs);
  for (std::size_t i = 0; i < users_of.size(); ++i) {
    if (users_of[i] == 0) std::ranges::fill(known.items[i], 0.0f);
  }
  return std::make_unique<NcfModel>(std::move(known), numbers);
}

std::unique_ptr<Model> fit_ranking_net(const TrainingData& data, const NcfShape& shape,
                                       const NcfTrainOptions& options, int epochs,
                                       const FitContext& context) {
  context.check_stop();
  remark_async(options.async, context);
  const Csr pairs = gather_csr(context.ranks(), positive_interactions(data, options.model, context));
  NcfNet net = initial_net(shape, kRankingInit, options.objective.loss, pairs, options.model, context);
  NcfTrainer trainer(pairs, options, epochs, context, net);
  return run(trainer, epochs, context, [&] { return make_ncf_model(net, pairs, {}); });
}

std::unique_ptr<Model> fit_rating_net(const TrainingData& data, const NcfShape& shape,
                                      const NcfTrainOptions& options, int epochs, const FitContext& context) {
  context.check_stop();
  remark_async(options.async, context);
  Ratings ratings = training_ratings(data, options.model, context);
  ratings.by_user = gather_csr(context.ranks(), std::move(ratings.by_user));
  NcfNet net = initial_net(shape, {}, options.objective.loss, ratings.by_user, options.model, context);
  NcfTrainer trainer(ratings.by_user, options, epochs, context, net);
  return run(trainer, epochs, context, [&] {
    return make_ncf_model(net, ratings.by_user, {options.objective.loss, ratings.liked});
  });
}

}  // namespace akin
