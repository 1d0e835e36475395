#include "akin/nets/autoencoder/autoencoder.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/models/fit/interactions.h"
#include "akin/models/fit/params.h"
#include "akin/models/fit/rank_rows.h"
#include "akin/nets/fit_net.h"
#include "akin/nets/history_net.h"
#include "akin/nets/list_samples.h"
#include "akin/nets/pairs/ncf_fit.h"

namespace akin::nets {
namespace {

constexpr std::string_view kItems = "items";  // the last layer

/// Of a batch that all users fit into.
std::int64_t batches(std::int64_t users, std::int64_t batch_size) {
  return (users + batch_size - 1) / batch_size;
}

nn::Node encoder(nn::NetSpec& net, const std::vector<std::size_t>& layers, const AutoencoderConfig& config,
                 std::int64_t n_items) {
  // The first layer reads the indices of the items: the sum of their rows is what zeros and ones times a matrix give.
  const std::int64_t first = layers.empty() ? config.factors : static_cast<std::int64_t>(layers[0]);
  nn::Node node = net.input({1}, "history")
                      .embedding_bag(n_items + 1, first,
                                     {.name = "history_bag",
                                      .activation = nn::Activation::kTanh,
                                      .rate = config.dropout,
                                      .mode = nn::BagMode::kSqrt});
  for (std::size_t l = 1; l < layers.size(); ++l)
    node = node.dense(static_cast<std::int64_t>(layers[l]), nn::Activation::kTanh);
  return node;
}

}  // namespace

std::vector<Param> AutoencoderConfig::params() {
  return {
      factors_param(&factors, {50, 400}),
      {"layers", &layers, "units of the layers between items and factors, with commas between; empty = none"},
      epochs_param(&epochs, "epochs over the users"),
      {"batch_size", &batch_size, "users per step", 1, 1e6},
      {"dropout",
       &dropout,
       "share of a user's items that training leaves out",
       0,
       0.99,
       {},
       false,
       {0.2, 0.7}},
      {"optimizer",
       &optimizer,
       "how a step follows the gradient",
       0,
       0,
       {optimizer_names().begin(), optimizer_names().end()}},
      learning_rate_param(&learning_rate, "step size of the optimizer", {1e-4, 1e-2}),
      gradient_parts_param(gradient_parts)};
}

std::unique_ptr<Model> fit_autoencoder(const TrainingData& data, std::string_view model,
                                       const AutoencoderConfig& config, const Bottleneck& bottleneck,
                                       const FitContext& context) {
  const Csr matrix = gather_csr(context.ranks(), positive_interactions(data, model, context));
  ListSamples users = user_histories(matrix);
  const auto n_items = static_cast<std::int64_t>(data.n_items());
  if (n_items < 2) fail(ErrorCode::kBadData, "{}: needs at least two items to choose from", model);
  const auto layers = config.layers.empty() ? std::vector<std::size_t>() : parse_layers(config.layers, model);
  NetTask task{.spec = nn::NetSpec(std::string(model)),
               .compile = {.optimizer = nn::make_optimizer(config.optimizer), .loss = nn::Loss::kMultinomial},
               .epochs = config.epochs,
               .batch_size = config.batch_size,
               .gradient_parts = config.gradient_parts};
  task.compile.optimizer.learning_rate = config.learning_rate;
  nn::Node node = bottleneck(task.spec, encoder(task.spec, layers, config, n_items),
                             batches(users.size(), config.batch_size));
  for (std::size_t l = layers.size(); l-- > 0;)
    node = node.dense(static_cast<std::int64_t>(layers[l]), nn::Activation::kTanh);
  const HistoryLayers names{node.name(), std::string(kItems)};
  node.dense(n_items, nn::Activation::kSoftmax, {.name = names.item});
  return fit_net(
      std::move(task), users,
      [&](const nn::Net& net) {
        return std::make_unique<HistoryNetModel>(std::make_unique<NetPredictor>(net.spec(), net.weights()),
                                                 names, items_with_entries(matrix));
      },
      context);
}

}  // namespace akin::nets
