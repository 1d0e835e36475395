#include "akin/nets/sequence/attention_fit.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/params.h"
#include "akin/models/fit/start.h"
#include "akin/models/fit/warm_start.h"

namespace akin::attention {
namespace {

constexpr std::size_t kContext = 5;  // items on either side that a new one begins as the mean of

std::size_t size(int value) { return static_cast<std::size_t>(value); }

LossOptions loss_options(const AttentionConfig& config, std::string_view model) {
  const LossKind kind = parse_loss(config.loss);
  if (config.batch_negatives > 0 && kind != LossKind::kSampledSoftmax)
    fail(ErrorCode::kUsage, "{}: batch_negatives is of loss=sampled-softmax, not of {}; leave it out", model,
         config.loss);
  return {kind, size(config.negatives), size(config.batch_negatives), config.calibration, config.temperature};
}

/// Rows of items that the trained model does not know <- the mean of those around them.
void place_new_items(const Sessions& sessions, const std::vector<std::uint8_t>& trained, Matrix& items) {
  std::vector<float> counts(items.rows(), 0);
  Matrix sums(items.rows(), items.cols());
  for (std::size_t s = 0; s < sessions.size(); ++s) {
    const std::span<const idx_t> all = sessions.items_of(s);
    for (std::size_t e = 0; e < all.size(); ++e) {
      if (trained[all[e]] != 0) continue;
      const std::size_t first = e > kContext ? e - kContext : 0,
                        last = std::min(all.size(), e + kContext + 1);
      for (std::size_t k = first; k < last; ++k) {
        if (trained[all[k]] == 0) continue;
        axpy(1, items.row(all[k]), sums.row(all[e]), items.stride());
        ++counts[all[e]];
      }
    }
  }
  for (std::size_t i = 0; i < items.rows(); ++i) {
    if (counts[i] == 0) continue;
    std::copy_n(sums.row(i), items.stride(), items.row(i));
    scale(1 / counts[i], items.row(i), items.stride());
  }
}

/// The net that the fit begins with, a row for each item.
Net first_net(const NetShape& shape, const AttentionModel* old, const Sessions& sessions,
              std::string_view model, const FitContext& context, std::size_t n_items) {
  Net net = initial_net(shape, n_items, context.seed);
  if (old != nullptr) {
    if (old->net().shape != shape) {
      fail(ErrorCode::kUsage,
           "{}: the trained net has another shape; keep factors, layers, heads, max_length, block and "
           "positions",
           model);
    }
    std::vector<std::uint8_t> trained(n_items, 0);
    for (idx_t i = 0; i < old->net().items.rows(); ++i) {
      if (!old->knows(i)) continue;
      trained[i] = 1;
      std::ranges::copy(old->net().items[i], net.items.row(i));
    }
    for (std::size_t t = 0; t < net.tensors.size(); ++t) net.tensors[t] = old->net().tensors[t].clone();
    place_new_items(sessions, trained, net.items);
  }
  take_item_vectors(context, model, net.items);
  return net;
}

}  // namespace

std::vector<Param> AttentionConfig::params(std::string_view inputs_help) {
  return {
      factors_param(&factors, {32, 256}),
      {"layers", &layers, "blocks of attention", 1, 64, {}, false, {1, 4}},
      {"heads", &heads, "heads of attention; factors is a multiple", 1, 64},
      {"max_length", &max_length, "items that the net looks back on", 1, 100'000},
      {"dropout",
       &dropout,
       "fraction of inputs, attention weights and hidden values dropped in training",
       0,
       0.95,
       {},
       false,
       {0, 0.5}},
      {"positions", &positions, "add a learned vector for the place of an item, counted from the last"},
      {"loss",
       &loss,
       "sampled-softmax, softmax over all items, bce, or gbce = bce against overconfidence",
       0,
       0,
       {"sampled-softmax", "softmax", "bce", "gbce"}},
      {"negatives", &negatives, "negative samples per event and epoch, uniform; not of softmax", 1, 100'000},
      {"batch_negatives", &batch_negatives,
       "more of sampled-softmax, drawn from the targets of the minibatch and corrected (logQ)", 0, 100'000},
      {"calibration", &calibration, "t of gbce: 0 = bce, 1 = fully calibrated", 0, 1},
      {"temperature", &temperature, "scores are cosines divided by this; 0 = dot products", 0, 100},
      epochs_param(&epochs, "epochs over the training events"),
      {"batch_size", &batch_size, "sequences per step", 1, 1'000'000, {}, true, {32, 512}},
      learning_rate_param(&learning_rate, "learning rate of Adam", {3e-4, 3e-3}),
      session_gap_param(&session_gap),
      {"inputs", &inputs, inputs_help}};
}

std::unique_ptr<Model> fit_attention(const TrainingData& data, BlockKind block, const AttentionConfig& config,
                                     std::string_view model, const FitContext& context) {
  context.check_stop();
  const NetShape shape{block,
                       size(config.factors),
                       size(config.layers),
                       size(config.heads),
                       size(config.max_length),
                       config.positions,
                       parse_inputs(config.inputs)};
  if (shape.factors % shape.heads != 0)
    fail(ErrorCode::kUsage, "{}: {} factors cannot be divided among {} heads", model, config.factors,
         config.heads);
  const TrainOptions options{loss_options(config, model), config.dropout, size(config.batch_size),
                             config.learning_rate};
  const Sessions sessions = cut_sessions(data.events, config.session_gap);
  std::vector<std::uint8_t> known(data.n_items(), 0);
  for (const idx_t item : sessions.items) known[item] = 1;
  std::vector<idx_t> rows;
  std::vector<std::uint32_t> place(data.n_items(), 0);
  for (idx_t i = 0; i < known.size(); ++i) {
    place[i] = static_cast<std::uint32_t>(rows.size());
    if (known[i] != 0) rows.push_back(i);
  }
  const Windows windows = cut_windows(sessions, data.events, place, shape.max_length);
  if (windows.windows.empty()) {
    fail(ErrorCode::kBadData, "{}: no {} has two events, so that none follows another", model,
         config.session_gap > 0 ? "session" : "user");
  }
  const Net first =
      first_net(shape, start_model<AttentionModel>(context, model), sessions, model, context, data.n_items());
  Net net = first.clone();
  net.items = Matrix::gather(first.items, rows);
  AttentionTrainer trainer(windows, options, context, net);
  const auto make = [&]() -> std::unique_ptr<Model> {
    Net full = net.clone();
    full.items = Matrix(data.n_items(), shape.factors);
    for (std::size_t k = 0; k < rows.size(); ++k) std::ranges::copy(net.items[k], full.items.row(rows[k]));
    return std::make_unique<AttentionModel>(std::move(full), known,
                                            AttentionModel::Scoring{config.session_gap, config.temperature});
  };
  run_epochs({.total = config.epochs,
              .phase = "training",
              .unit = "epochs",
              .run = [&](int epoch) { return trainer.run_epoch(epoch); },
              .snapshot = make},
             trainer.state(), context);
  return make();
}

}  // namespace akin::attention
