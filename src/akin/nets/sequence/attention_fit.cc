#include "akin/nets/sequence/attention_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/data/event_contexts.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/params.h"
#include "akin/models/fit/start.h"
#include "akin/models/fit/warm_start.h"

namespace akin::attention {
namespace {

std::size_t size(int value) { return static_cast<std::size_t>(value); }

LossOptions loss_options(const AttentionConfig& config, std::string_view model) {
  const LossKind kind = parse_loss(config.loss);
  if (config.batch_negatives > 0 && kind != LossKind::kSampledSoftmax)
    fail(ErrorCode::kUsage, "{}: batch_negatives is of loss=sampled-softmax, not of {}; leave it out", model,
         config.loss);
  return {kind, size(config.negatives), size(config.batch_negatives), config.calibration, config.temperature};
}

/// Throws unless the trained net can go on as one of this shape: attributes of events may have more values than before.
void check_shape(const NetShape& shape, const AttentionModel& old, std::string_view model) {
  NetShape longer = old.net().shape;
  bool same = longer.attributes.size() == shape.attributes.size();
  for (std::size_t k = 0; same && k < shape.attributes.size(); ++k)
    same = longer.attributes[k].size <= shape.attributes[k].size;
  longer.attributes = shape.attributes;
  if (same && longer == shape) return;
  fail(ErrorCode::kUsage,
       "{}: the trained net has another shape; keep factors, layers, heads, max_length, block, positions "
       "and inputs",
       model);
}

/// The attributes of events that the net is to read. Throws Error(kUsage) for those that the data does not have.
std::vector<AttributeInput> attributes_of(const std::vector<std::string>& names, const Dataset& data,
                                          std::string_view model) {
  const std::vector<ContextColumn> contexts = context_columns(data.event_attributes);
  std::vector<AttributeInput> attributes;
  for (const std::string& name : names) {
    const ContextColumn* const context = find_context(contexts, name);
    if (context == nullptr) {
      fail(ErrorCode::kUsage,
           "{}: inputs: '{}' is none of gap, hour, weekday and kind, and no attribute of the events that was "
           "noted for models{}",
           model, name, contexts.empty() ? "" : ", which are " + context_names(contexts));
    }
    attributes.push_back({context->stride, context->size()});
  }
  return attributes;
}

/// The net that the fit begins with, a row for each item.
Net first_net(const NetShape& shape, const AttentionModel* old, const Sessions& sessions,
              std::string_view model, const FitContext& context, std::size_t n_items) {
  Net net = initial_net(shape, n_items, context.seed);
  if (old != nullptr) {
    check_shape(shape, *old, model);
    std::vector<std::uint8_t> trained(n_items, 0);
    for (idx_t i = 0; i < old->net().items.rows(); ++i) {
      if (!old->knows(i)) continue;
      trained[i] = 1;
      std::ranges::copy(old->net().items[i], net.items.row(i));
    }
    take_tensors(old->net(), net);
    place_among_neighbors(sessions, trained, net.items);
  }
  take_item_vectors(context, model, net.items);
  return net;
}

/// What the fit begins with where items are made of their content: W at random, as a layer of a net; deltas of zero, or
/// for items without content at random, as any item's vector. `n_deltas`: items that may have events.
ContentWeights first_weights(Net& net, const AttentionModel* old, std::string_view model,
                             const ContentVectors& content, std::size_t n_deltas, std::uint64_t seed) {
  const std::size_t dim = content.features.cols(), d = net.shape.factors;
  ContentWeights weights{initial_map(dim, d, seed), Matrix(n_deltas, d)};
  for (std::size_t i = 0; i < n_deltas; ++i) {
    if (is_zero(content.features[i])) std::ranges::copy(net.items[i], weights.deltas.row(i));
  }
  if (old != nullptr) {
    check_shape(net.shape, *old, model);
    const ContentWeights& trained = old->content();
    if (trained.map.rows() != dim)
      fail(ErrorCode::kUsage, "{}: the trained net reads content of {} dimensions, not {}; keep content",
           model, trained.map.rows(), dim);
    weights.map = trained.map.clone();
    for (std::size_t i = 0; i < std::min(n_deltas, trained.deltas.rows()); ++i) {
      if (!is_zero(trained.deltas[i])) std::ranges::copy(trained.deltas[i], weights.deltas.row(i));
    }
    take_tensors(old->net(), net);
  }
  place_items(content.features, weights, 0, net.items.rows(), net.items);
  return weights;
}

/// ContentTraining::max_delta of these items: what few events say of an item is more chance than taste.
std::vector<float> longest_deltas(const ContentVectors& content, const Sessions& sessions,
                                  std::span<const idx_t> rows) {
  std::vector<float> counts(content.features.rows(), 0), longest;
  for (const idx_t item : sessions.items) ++counts[item];
  for (const idx_t item : rows) {
    const float k = content.delta_shrinkage;
    longest.push_back(content.max_delta * (k > 0 ? std::sqrt(counts[item] / (counts[item] + k)) : 1.0F));
  }
  return longest;
}

/// Rows of `some` <- their places `rows` among all (n_items).
Matrix spread(const Matrix& some, std::span<const idx_t> rows, std::size_t n_items) {
  Matrix all(n_items, some.cols());
  for (std::size_t k = 0; k < rows.size(); ++k) std::ranges::copy(some[k], all.row(rows[k]));
  return all;
}

/// How much of a gradient is left so many steps back in time.
void report_gradients(AttentionTrainer& trainer, std::string_view model, const Context& context) {
  constexpr std::size_t kMost = 101, kWindows = 256;
  std::vector<double> norms;
  for (std::size_t length = kMost; norms.empty() && length > 2; length = (length + 1) / 2)
    norms = trainer.gradient_norms(length, kWindows);
  std::string text;
  for (const std::size_t back : {1, 2, 5, 10, 20, 50, 100}) {
    if (back < norms.size())
      text += fmt::format("{}{:.2g} at {}", text.empty() ? "" : ", ", norms[back], back);
  }
  if (!text.empty())
    context.remark(fmt::format("{}: of a gradient is left, steps back in time: {}", model, text));
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

void refuse_times(const AttentionConfig& config, std::string_view model) {
  if ((parse_inputs(config.inputs).bits & ~kKindInput) == 0) return;
  fail(ErrorCode::kUsage, "{}: inputs '{}': of times only hstu knows; here are kind and attributes of events",
       model, config.inputs);
}

std::unique_ptr<Model> fit_attention(const TrainingData& data, BlockKind block, const AttentionConfig& config,
                                     std::string_view model, const FitContext& context,
                                     const ContentVectors* content) {
  context.check_stop();
  const InputChoice inputs = parse_inputs(config.inputs);
  const NetShape shape{block,
                       size(config.factors),
                       size(config.layers),
                       size(config.heads),
                       size(config.max_length),
                       config.positions,
                       inputs.bits,
                       attributes_of(inputs.attributes, data.source, model)};
  if (shape.factors % shape.heads != 0)
    fail(ErrorCode::kUsage, "{}: {} factors cannot be divided among {} heads", model, config.factors,
         config.heads);
  const TrainOptions options{loss_options(config, model), config.dropout, size(config.batch_size),
                             config.learning_rate, size(config.bptt)};
  const Sessions sessions = cut_sessions(data.events, config.session_gap);
  const std::size_t n_items = content != nullptr ? content->features.rows() : data.n_items();
  std::vector<std::uint8_t> known(n_items, 0);
  for (const idx_t item : sessions.items) known[item] = 1;
  std::vector<idx_t> rows;
  std::vector<std::uint32_t> place(n_items, 0);
  for (idx_t i = 0; i < known.size(); ++i) {
    place[i] = static_cast<std::uint32_t>(rows.size());
    if (known[i] != 0) rows.push_back(i);
    if (content != nullptr && !is_zero(content->features[i])) known[i] = 1;
  }
  const Windows windows = cut_windows(sessions, data.events, place, shape.max_length);
  if (windows.windows.empty()) {
    fail(ErrorCode::kBadData, "{}: no {} has two events, so that none follows another", model,
         config.session_gap > 0 ? "session" : "user");
  }
  const auto* const old = start_model<AttentionModel>(context, model);
  Net first = content != nullptr ? initial_net(shape, n_items, context.seed)
                                 : first_net(shape, old, sessions, model, context, n_items);
  ContentWeights weights;
  Matrix features;
  if (content != nullptr) {
    const ContentWeights all = first_weights(first, old, model, *content, data.n_items(), context.seed);
    weights = {all.map.clone(), Matrix::gather(all.deltas, rows)};
    features = Matrix::gather(content->features, rows);
  }
  Net net = first.clone();
  net.items = Matrix::gather(first.items, rows);
  const ContentTraining training{
      features, weights,
      content != nullptr ? longest_deltas(*content, sessions, rows) : std::vector<float>()};
  AttentionTrainer trainer(windows, options, context, net, content != nullptr ? &training : nullptr);
  const auto make = [&]() -> std::unique_ptr<Model> {
    Net full = net.clone();
    ContentWeights all;
    if (content != nullptr) {
      all = {weights.map.clone(), spread(weights.deltas, rows, data.n_items())};
      full.items = Matrix(n_items, shape.factors);
      place_items(content->features, all, 0, n_items, full.items);
    } else {
      full.items = spread(net.items, rows, n_items);
    }
    return std::make_unique<AttentionModel>(std::move(full), known,
                                            AttentionModel::Scoring{config.session_gap, config.temperature},
                                            std::move(all));
  };
  run_epochs({.total = config.epochs,
              .phase = "training",
              .unit = "epochs",
              .run = [&](int epoch) { return trainer.run_epoch(epoch); },
              .snapshot = make},
             trainer.state(), context);
  if (is_recurrent(block) && context.on_remark) report_gradients(trainer, model, context);
  return make();
}

}  // namespace akin::attention
