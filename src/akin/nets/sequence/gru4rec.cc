#include "akin/nets/sequence/gru4rec.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/params.h"
#include "akin/models/fit/warm_start.h"
#include "akin/models/sequence/sessions.h"
#include "akin/nets/sequence/gru_trainer.h"

namespace akin {
namespace {

constexpr float kNoVectorScore = -1e6f;  // of items without a vector: below any product, and finite
constexpr std::string_view kInputs[] = {"shared", "separate", "one-hot"};
constexpr std::string_view kLosses[] = {"cross-entropy", "bpr-max", "top1-max"};

GruInput input_of(std::string_view name) {
  return static_cast<GruInput>(std::ranges::find(kInputs, name) - std::begin(kInputs));
}

std::vector<char> items_with_events(const Sessions& sessions, std::size_t n_items) {
  std::vector<char> known(n_items, 0);
  for (const idx_t item : sessions.items) known[item] = 1;
  return known;
}

GruTrainOptions options_of(const Gru4Rec::Config& config) {
  const auto loss = static_cast<SequenceLoss>(std::ranges::find(kLosses, config.loss) - std::begin(kLosses));
  return {.epochs = config.epochs,
          .slots = static_cast<std::size_t>(config.batch_size),
          .candidates = {.negatives = static_cast<std::size_t>(config.negatives),
                         .power = config.negatives_power,
                         .logq = loss == SequenceLoss::kCrossEntropy ? config.logq : 0},
          .loss = {loss, config.elu, config.bpr_regularization},
          .adagrad = {config.learning_rate, config.momentum},
          .dropout = config.dropout,
          .embedding_dropout = config.embedding_dropout};
}

void go_on_from(const Gru4Rec& old, const Sessions& sessions, GruNet& net) {
  check_start_columns(old.item_vectors(), net.factors() + 1, Gru4Rec::kName);
  if (old.kind() != net.kind || old.layers().size() != net.layers.size()) {
    fail(ErrorCode::kUsage, "{}: the trained net has {} layers and the embedding '{}'; keep both",
         Gru4Rec::kName, old.layers().size(), kInputs[static_cast<std::size_t>(old.kind())]);
  }
  std::vector<std::uint8_t> known(net.items.rows(), 0);
  for (idx_t i = 0; i < old.n_items(); ++i) {
    if (!old.has_vector(i)) continue;
    known[i] = 1;
    std::copy_n(old.item_vectors().row(i), net.factors(), net.items.row(i));
    net.item_bias.row(0)[i] = old.item_vectors()[i].back();
    if (!net.inputs.empty()) std::ranges::copy(old.inputs()[i], net.inputs.row(i));
  }
  for (std::size_t l = 0; l < net.layers.size(); ++l) {
    net.layers[l].input = old.layers()[l].input.clone();
    net.layers[l].recurrent = old.layers()[l].recurrent.clone();
    net.layers[l].bias = old.layers()[l].bias.clone();
    net.layers[l].recurrent_bias = old.layers()[l].recurrent_bias.clone();
  }
  place_among_neighbors(sessions, known, net.items);
  if (!net.inputs.empty()) place_among_neighbors(sessions, known, net.inputs);
}

/// To the squares of a net with one bias for each gate, those of the second, which has the same gradients.
void add_second_biases(std::size_t layers, bool one_hot, std::size_t first_table,
                       std::vector<float>& squares) {
  std::size_t bias = first_table;
  for (std::size_t l = 0; l < layers; ++l) {
    bias += l == 0 && one_hot ? 1 : 2;
    squares.insert(squares.begin() + static_cast<std::ptrdiff_t>(bias), squares[bias]);
    bias += 2;
  }
}

}  // namespace

std::vector<Param> Gru4Rec::Config::params() {
  const auto fraction = [](std::string_view name, float* value, std::string_view help) {
    return Param{name, value, help, 0, 0.95, {}, false, {0, 0.6}};
  };
  return {
      factors_param(&factors, {32, 256}),
      {"layers", &layers, "recurrent layers, each of `factors` units", 1, 8},
      epochs_param(&epochs, "epochs over the sessions"),
      {"batch_size",
       &batch_size,
       "sessions side by side, an event of each per step",
       1,
       4096,
       {},
       true,
       {32, 256}},
      {"negatives", &negatives, "negative samples per step, beside the targets of the other sessions", 0,
       100'000},
      {"negatives_power",
       &negatives_power,
       "negatives are drawn in proportion to count^this",
       0,
       2,
       {},
       false,
       {0, 1}},
      {"loss",
       &loss,
       "loss against the negatives",
       0,
       0,
       {kLosses[0], kLosses[1], kLosses[2]},
       false,
       kSearchChoices},
      {"logq", &logq, "cross-entropy: correct for how often each negative is expected; 0 = no, 1 = in full",
       0, 1},
      {"bpr_regularization",
       &bpr_regularization,
       "bpr-max: penalty on the scores of negatives",
       0,
       100,
       {},
       false,
       {0, 2}},
      {"elu", &elu, "bpr-max, top1-max: scores below 0 become this * (exp(score) - 1); 0 = as they are", 0,
       100},
      {"embedding",
       &embedding,
       "input of an item: the vector it is scored by, a separate one, or one-hot",
       0,
       0,
       {kInputs[0], kInputs[1], kInputs[2]}},
      learning_rate_param(&learning_rate, "learning rate of Adagrad", {0.02, 0.3}),
      {"momentum", &momentum, "share of the step before that is made again", 0, 0.99, {}, false, {0, 0.5}},
      fraction("dropout", &dropout, "fraction of each layer's output that is dropped in training"),
      fraction("embedding_dropout", &embedding_dropout, "fraction of the input that is dropped in training"),
      session_gap_param(&session_gap)};
}

bool Gru4Rec::has_vector(idx_t item) const { return items_[item].back() != kNoVectorScore; }

std::unique_ptr<Model> Gru4Rec::make(const GruNet& net, const std::vector<char>& known,
                                     std::vector<float> squares, int session_gap) {
  std::unique_ptr<Gru4Rec> model(new Gru4Rec());
  model->kind_ = net.kind;
  model->items_ = Matrix(net.items.rows(), net.factors() + 1);
  model->inputs_ = net.inputs.clone();
  for (std::size_t i = 0; i < known.size(); ++i) {
    const std::span<float> row = model->items_[i];
    row.back() = known[i] ? net.item_bias.row(0)[i] : kNoVectorScore;
    if (known[i])
      std::ranges::copy(net.items[i], row.begin());
    else if (!model->inputs_.empty())
      std::ranges::fill(model->inputs_[i], 0.0f);
  }
  for (const GruLayer& layer : net.layers) {
    GruLayer& copy = model->layers_.emplace_back(0, 0);
    copy.input = layer.input.clone();
    copy.recurrent = layer.recurrent.clone();
    copy.bias = layer.bias.clone();
    copy.recurrent_bias = layer.recurrent_bias.clone();
  }
  model->squares_ = std::move(squares);
  model->session_gap_ = session_gap;
  return model;
}

std::unique_ptr<Model> Gru4Rec::fit(const TrainingData& data, const Config& config,
                                    const FitContext& context) {
  context.check_stop();
  const Sessions sessions = cut_sessions(data.events, config.session_gap);
  if (by_first_event(sessions).empty()) {
    fail(ErrorCode::kBadData, "{}: there is no session of two events or more to learn from{}", kName,
         config.session_gap > 0 ? "; raise session_gap" : "");
  }
  const std::vector<char> known = items_with_events(sessions, data.n_items());
  GruNet net =
      random_gru_net(input_of(config.embedding), data.n_items(), static_cast<std::size_t>(config.factors),
                     static_cast<std::size_t>(config.layers), context.seed);
  const auto* const old = start_model<Gru4Rec>(context);
  if (old != nullptr) go_on_from(*old, sessions, net);
  take_item_vectors(context, kName, net.items);
  if (net.kind == GruInput::kSeparate) take_item_vectors(context, kName, net.inputs);
  const GruTrainOptions options = options_of(config);
  GruTrainer trainer(sessions, options, context, net);
  if (old != nullptr) trainer.set_squares(old->squares());
  const auto snapshot = [&] { return make(net, known, trainer.squares(), config.session_gap); };
  FitState state;
  trainer.add_state(state);
  run_epochs({.total = config.epochs,
              .run = [&](int epoch) { return trainer.run_epoch(epoch); },
              .snapshot = snapshot},
             std::move(state), context);
  return snapshot();
}

bool Gru4Rec::user_vector(const Query& query, std::span<float> out) const {
  std::vector<idx_t> items;
  for (std::size_t h = last_session(query, session_gap_); h < query.history.size(); ++h) {
    if (has_vector(query.history[h])) items.push_back(query.history[h]);
  }
  if (items.empty()) return false;
  run_session(layers_, inputs_.empty() ? items_ : inputs_, items, out);
  out[embedding_dim()] = 1;
  return true;
}

void Gru4Rec::save(TensorWriter& writer) const {
  writer.meta("model.embedding", std::string(kInputs[static_cast<std::size_t>(kind_)]));
  writer.meta("model.layers", std::to_string(layers_.size()));
  writer.meta("model.session_gap", std::to_string(session_gap_));
  write_matrix(writer, "model.items", items_);
  if (!inputs_.empty()) write_matrix(writer, "model.inputs", inputs_);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    if (!layers_[l].input.empty())
      write_matrix(writer, fmt::format("model.layer{}.input", l), layers_[l].input);
    write_matrix(writer, fmt::format("model.layer{}.recurrent", l), layers_[l].recurrent);
    write_matrix(writer, fmt::format("model.layer{}.bias", l), layers_[l].bias);
    write_matrix(writer, fmt::format("model.layer{}.recurrent_bias", l), layers_[l].recurrent_bias);
  }
  writer.tensor("model.squares", squares_);
}

std::unique_ptr<Model> Gru4Rec::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  std::unique_ptr<Gru4Rec> model(new Gru4Rec());
  const std::string& embedding = reader.meta("model.embedding");
  if (std::ranges::find(kInputs, embedding) == std::end(kInputs))
    reader.inconsistent(fmt::format("there is no embedding '{}'", embedding));
  model->kind_ = input_of(embedding);
  const auto layers = static_cast<std::size_t>(reader.meta_int("model.layers", 1, 8));
  model->session_gap_ = static_cast<int>(reader.meta_int("model.session_gap", 0, 1'000'000'000));
  model->items_ = read_matrix(reader, "model.items", n_items);
  if (model->items_.cols() < 2) reader.inconsistent("model.items has no columns beside the bias");
  const std::size_t factors = model->embedding_dim(), rows = 3 * padded(factors);
  const bool one_hot = model->kind_ == GruInput::kOneHot;
  if (model->kind_ != GruInput::kShared)
    model->inputs_ = read_matrix(reader, "model.inputs", n_items, one_hot ? rows : factors);
  const std::size_t first_table = model->inputs_.empty() ? 2 : 3;
  const bool two_biases = reader.has("model.layer0.recurrent_bias");  // files of before have one
  std::size_t tables = first_table;
  for (std::size_t l = 0; l < layers; ++l) {
    GruLayer& layer = model->layers_.emplace_back(0, 0);
    tables += (l == 0 && one_hot ? 2U : 3U) + (two_biases ? 1U : 0U);
    if (l > 0 || !one_hot)
      layer.input = read_matrix(reader, fmt::format("model.layer{}.input", l), rows, factors);
    layer.recurrent = read_matrix(reader, fmt::format("model.layer{}.recurrent", l), rows, factors);
    layer.bias = read_matrix(reader, fmt::format("model.layer{}.bias", l), 1, rows);
    layer.recurrent_bias = two_biases
                               ? read_matrix(reader, fmt::format("model.layer{}.recurrent_bias", l), 1, rows)
                               : Matrix(1, rows);
  }
  model->squares_ = reader.vector_in<float>("model.squares", tables, 0, std::numeric_limits<float>::max());
  if (!two_biases) add_second_biases(layers, one_hot, first_table, model->squares_);
  return model;
}

}  // namespace akin
