#include "akin/fusion/tower_model.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/base/text.h"
#include "akin/encode/attribute_encoder.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/start.h"
#include "akin/nets/never.h"

namespace akin {
namespace {

constexpr std::uint64_t kIds = 63;  // stream of random numbers

/// The content of users: their attributes.
ItemContent user_content(const Dataset& data) { return ItemContent(data.user_attributes, data.n_users()); }

/// The attributes that say what kind of person a user is; of others nobody knows whether they are names.
std::string demography(const Dataset& data) {
  std::string fields;
  for (const std::string_view field : {"gender", "age", "occupation"}) {
    if (data.user_attributes.find(field) != nullptr)
      fields += fmt::format("{}{}", fields.empty() ? "" : ",", field);
  }
  return fields;
}

/// nullptr: no attribute counts.
std::shared_ptr<const ContentEncoder> fit_user_encoder(const TrainingData& data, const std::string& asked,
                                                       const Context& context) {
  const std::string fields = asked.empty() ? demography(data.source) : asked;
  if (fields.empty() || fields == "none") return nullptr;
  std::vector<idx_t> users;
  for (const Event& event : data.events) {
    if (users.empty() || users.back() != event.user) users.push_back(event.user);
  }
  AttributeEncoder::Config config;
  config.fields = fields;
  config.weighting = "one-hot";
  return AttributeEncoder::fit({user_content(data.source), users}, config, context);
}

Matrix initial_ids(const Csr& features, std::size_t n_items, std::size_t factors, std::uint64_t seed) {
  Matrix ids =
      Matrix::normal(n_items, factors, 1 / std::sqrt(static_cast<double>(factors)), Rng::mix(seed + kIds));
  for (std::size_t i = 0; i < n_items; ++i) {
    if (features.row_size(i) > 0) std::ranges::fill(ids[i], 0.0F);  // its content says where it begins
  }
  return ids;
}

}  // namespace

void TowerConfig::add_params(std::vector<Param>& params) {
  ContentTowerConfig::add_params(params);
  const std::vector<Param> own = {
      {"loss", &loss, "softmax, or alpha-entmax with alpha = 1.5", 0, 0, {"softmax", "entmax"}},
      {"correction",
       &correction,
       "of how often candidates are drawn: logq, refined = not of the right one, none",
       0,
       0,
       {"refined", "logq", "none"}},
      {"negatives", &negatives, "items drawn for each minibatch, uniform, beside its targets", 0, 1e6},
      {"temperature", &temperature, "scores are cosines divided by this", 0.01, 1, {}, true, {0.03, 0.2}},
      {"learn_temperature", &learn_temperature, "learn the temperature too, from there"},
  };
  params.insert(params.end(), own.begin(), own.end());
}

std::vector<Param> TwoTower::Config::params() {
  std::vector<Param> params;
  add_params(params);
  params.push_back(
      {"id_dropout", &id_dropout,
       "probability that an item is learned by its content alone, without its own vector; 1 = always", 0, 1});
  params.push_back({"learn_ages", &learn_ages,
                    "learn how much an item of the history counts by its place; off: all count the same"});
  params.push_back(
      {"user_fields", &user_fields,
       "attributes of users that count; empty = gender, age and occupation where there are any; none"});
  return params;
}

std::vector<Param> ContentSimilarity::Config::params() {
  std::vector<Param> params;
  add_params(params);
  params.push_back(
      {"window", &window, "places between two events of a user whose items go together, at most", 1, 1000});
  params.push_back({"decay", &decay, "of the probability of a pair with each place more between them", 0, 1});
  return params;
}

std::unique_ptr<Model> TwoTower::fit(const TrainingData& data, const Config& config,
                                     const FitContext& context) {
  return TowerModel::fit(data, config,
                         {.name = kName,
                          .id_dropout = config.id_dropout,
                          .learn_ages = config.learn_ages,
                          .user_fields = config.user_fields},
                         context);
}

std::unique_ptr<Model> ContentSimilarity::fit(const TrainingData& data, const Config& config,
                                              const FitContext& context) {
  return TowerModel::fit(
      data, config, {.name = kName, .window = static_cast<std::size_t>(config.window), .decay = config.decay},
      context);
}

/// All that a fit has at hand.
struct TowerModel::Fitting {
  std::shared_ptr<const ContentTower> encoders;
  std::shared_ptr<const ContentEncoder> user_encoder;
  Csr features, attributes;
  std::vector<std::uint8_t> placed;  // by item: has content, or events and a vector of its own
  std::vector<idx_t> ids;            // by item: its row of ids, kNoId = none
  towers::ItemTower items;
  towers::UserTower users;

  std::unique_ptr<TowerModel> model(std::size_t event_items, const Context& context) const {
    std::unique_ptr<TowerModel> model(new TowerModel());
    model->tower_ = encoders->with(items);
    model->ids_ = items.ids.clone();
    model->event_items_ = event_items;
    model->users_ = users.clone();
    model->user_encoder_ = user_encoder;
    model->attributes_ = attributes;
    model->set_vectors(tower_vectors(items, features, ids, context));
    return model;
  }
  void take_up(const TowerModel& old, std::string_view name, bool own_vectors);
};

/// Goes on from a trained model. Items that are new have no vector of their own yet, or where nothing is known of them a random one.
void TowerModel::Fitting::take_up(const TowerModel& old, std::string_view name, bool own_vectors) {
  const towers::ItemTower& trained = old.tower()->tower();
  if (trained.factors() != items.factors() || trained.layers() != items.layers() ||
      old.users_.max_length() != users.max_length() || own_vectors != !old.ids_.empty()) {
    fail(ErrorCode::kUsage,
         "{}: the trained towers have another shape; keep factors, layers, max_length and id_dropout", name);
  }
  for (std::size_t i = 0; own_vectors && i < std::min(old.ids_.rows(), items.ids.rows()); ++i) {
    if (!is_zero(old.ids_[i])) std::ranges::copy(old.ids_[i], items.ids[i].begin());
  }
  items.maps = trained.maps.clone();
  for (std::size_t k = 0; k < trained.dense.size(); ++k) items.dense[k] = trained.dense[k].clone();
  users = old.users_.clone();
}

std::unique_ptr<Model> TowerModel::fit(const TrainingData& data, const TowerConfig& config,
                                       const TowerKind& kind, const FitContext& context) {
  context.check_stop();
  if (data.events.empty()) fail(ErrorCode::kBadData, "{}: there are no events to learn from", kind.name);
  const auto* const old = start_model<TowerModel>(context, kind.name);
  const bool own_vectors = kind.id_dropout < 1;
  const auto factors = static_cast<std::size_t>(config.factors);
  const ItemContent content(data.source);
  const std::vector<idx_t> learned = items_to_learn_from(data);
  Fitting fitting;
  if (old != nullptr) {
    fitting.encoders = old->tower_;
    fitting.user_encoder = old->user_encoder_;
  } else {
    fitting.encoders =
        ContentTower::fit({content, learned, context.words}, config.content, config.fields, context);
    fitting.user_encoder = fit_user_encoder(data, kind.user_fields, context);
  }
  fitting.features = fitting.encoders->features(content, context);
  if (fitting.user_encoder)
    fitting.attributes = fitting.user_encoder->encode_sparse(user_content(data.source), context);
  fitting.items = towers::initial_tower(fitting.encoders->inputs(), factors,
                                        static_cast<std::size_t>(config.layers), context.seed);
  if (own_vectors) fitting.items.ids = initial_ids(fitting.features, data.n_items(), factors, context.seed);
  fitting.users = towers::initial_user_tower(static_cast<std::size_t>(config.max_length),
                                             fitting.attributes.cols, factors, config.temperature);
  if (old != nullptr) fitting.take_up(*old, kind.name, own_vectors);

  const std::size_t n = data.source.n_items();
  fitting.ids.assign(n, towers::kNoId);
  if (own_vectors) {
    for (const idx_t item : items_of(data.events)) fitting.ids[item] = item;
  }
  std::size_t unknown = 0;
  for (std::size_t i = 0; i < n; ++i)
    fitting.placed.push_back(fitting.features.row_size(i) > 0 || fitting.ids[i] != towers::kNoId);
  for (const idx_t item : items_of(data.events)) unknown += fitting.placed[item] == 0 ? 1 : 0;
  if (unknown > 0) {
    context.remark(
        fmt::format("{}: {} items with events have no content and are left out", kind.name, unknown));
  }
  const towers::TowerData sequences{fitting.features, fitting.attributes,
                                    towers::sequences_of(data.events, fitting.placed)};
  towers::TowerOptions options{.loss = towers::parse_candidate_loss(config.loss),
                               .correction = towers::parse_correction(config.correction),
                               .negatives = static_cast<std::size_t>(config.negatives),
                               .batch = static_cast<std::size_t>(config.batch_size),
                               .dropout = config.dropout,
                               .id_dropout = kind.id_dropout,
                               .learn_temperature = config.learn_temperature,
                               .learn_ages = kind.learn_ages,
                               .window = kind.window,
                               .decay = kind.decay,
                               .optimizer = optimizer_options("adam")};
  options.optimizer.learning_rate = static_cast<double>(config.learning_rate);
  towers::TowerTrainer trainer(sequences, options, context, fitting.items, fitting.users);
  if (trainer.targets() == 0)
    fail(ErrorCode::kBadData,
         "{}: no user has two different items with vectors, so that none goes with another", kind.name);
  const auto make = [&]() -> std::unique_ptr<Model> { return fitting.model(data.n_items(), context); };
  run_epochs({.total = config.epochs,
              .phase = "training",
              .unit = "epochs",
              .run = [&](int epoch) { return trainer.run_epoch(epoch, kind.name); },
              .snapshot = make},
             trainer.state(), context);
  return make();
}

void TowerModel::set_vectors(const Matrix& vectors) {
  const std::size_t d = vectors.cols();
  vectors_ = vectors.resized(vectors.rows(), d + 1);
  for (std::size_t i = 0; i < vectors.rows(); ++i) {
    if (is_zero(vectors[i])) vectors_.row(i)[d] = nets::kNeverLogit;
  }
}

struct TowerModel::Reading {
  std::vector<std::uint32_t> rows;
  std::vector<float> weights;
  towers::UserInput input;
  Matrix vector;     // u
  float length = 0;  // |m|
};

bool TowerModel::read(const Query& query, Reading& reading) const {
  for (std::size_t h = query.history.size(); h-- > 0 && reading.rows.size() < users_.max_length();) {
    if (has_vector(query.history[h])) reading.rows.push_back(query.history[h]);
  }
  std::ranges::reverse(reading.rows);
  reading.weights.resize(reading.rows.size());
  reading.input.rows = reading.rows;
  if (attributes_.cols > 0 && query.user && *query.user < attributes_.rows()) {
    reading.input.attributes = attributes_.cols_of(*query.user);
    reading.input.values = attributes_.values_of(*query.user);
  }
  if (reading.rows.empty() && reading.input.attributes.empty()) return false;
  reading.vector = Matrix(1, vectors_.cols());
  reading.length =
      towers::user_vector(users_, vectors_, reading.input, reading.weights, reading.vector.row(0));
  return true;
}

bool TowerModel::user_vector(const Query& query, std::span<float> out) const {
  Reading reading;
  if (!read(query, reading)) return false;
  scale(users_.scale(), reading.vector.row(0), reading.vector.stride());
  std::ranges::copy(reading.vector[0], out.begin());
  out[embedding_dim()] = 1;
  return true;
}

std::optional<Explanation> TowerModel::explain(const Query& query, idx_t item) const {
  Reading reading;
  if (!has_vector(item) || !read(query, reading)) return std::nullopt;
  const float factor = users_.scale() / reading.length;
  const std::size_t width = users_.attributes.stride();
  Explanation explanation;
  for (std::size_t a = 0; a < reading.input.attributes.size(); ++a) {
    const float* const attribute = users_.attributes.row(reading.input.attributes[a]);
    explanation.base += factor * reading.input.values[a] * dot(attribute, vectors_.row(item), width);
  }
  std::map<idx_t, float> causes;
  for (std::size_t h = 0; h < reading.rows.size(); ++h) {
    causes[reading.rows[h]] += factor * reading.weights[h] *
                               dot(vectors_.row(reading.rows[h]), vectors_.row(item), vectors_.stride());
  }
  for (const auto& [cause, value] : causes) explanation.causes.push_back({cause, value});
  std::ranges::stable_sort(explanation.causes, std::ranges::greater{}, &Scored::score);
  return explanation;
}

std::vector<std::vector<Scored>> TowerModel::similar_to(const ItemContent& items, std::size_t k) const {
  const Matrix fresh = tower_->encode(items, {}).resized(items.size(), vectors_.cols());
  std::vector<std::vector<Scored>> lists(items.size());
  std::vector<float> scores(vectors_.rows());
  for (std::size_t i = 0; i < items.size() && k > 0; ++i) {
    if (is_zero(fresh[i])) continue;
    multiply(vectors_, 0, vectors_.rows(), fresh.row(i), scores.data());
    TopK best(std::min(k, scores.size()));
    for (idx_t j = 0; j < scores.size(); ++j) {
      if (has_vector(j)) best.push(j, scores[j]);
    }
    lists[i] = best.take();
  }
  return lists;
}

std::unique_ptr<Model> TowerModel::select_users(std::span<const idx_t> users) const {
  if (attributes_.cols == 0) return nullptr;
  std::unique_ptr<TowerModel> model(new TowerModel());
  model->tower_ = tower_;
  model->ids_ = ids_.clone();
  model->event_items_ = event_items_;
  model->users_ = users_.clone();
  model->user_encoder_ = user_encoder_;
  model->attributes_ = select_rows(attributes_, users);
  model->vectors_ = vectors_.clone();
  return model;
}

void TowerModel::save(TensorWriter& writer) const {
  tower_->save(writer, "model.tower");
  write_matrix(writer, "model.vectors", vectors_);
  writer.meta("model.event_items", std::to_string(event_items_));
  if (!ids_.empty()) write_matrix(writer, "model.ids", ids_);
  write_matrix(writer, "model.ages", users_.ages);
  write_matrix(writer, "model.sharpness", users_.sharpness);
  if (!user_encoder_) return;
  write_encoder(writer, "model.users", *user_encoder_);
  write_matrix(writer, "model.attributes", users_.attributes);
  write_csr(writer, "model.user_rows", attributes_);
}

std::unique_ptr<Model> TowerModel::load(const TensorReader& reader, std::size_t n_users,
                                        std::size_t n_items) {
  std::unique_ptr<TowerModel> model(new TowerModel());
  model->tower_ = ContentTower::read(reader, "model.tower");
  const std::size_t d = model->tower_->dim();
  model->event_items_ = static_cast<std::size_t>(reader.meta_int("model.event_items", 0, 0xFFFFFFFE));
  if (model->event_items_ != n_items) {
    reader.inconsistent(
        fmt::format("its towers were trained with {} items, the data have {}", model->event_items_, n_items));
  }
  const std::size_t rows = reader.shape("model.vectors").at(0);
  if (rows < n_items) reader.inconsistent("its towers place fewer items than the data have");
  model->vectors_ = read_matrix(reader, "model.vectors", rows, d + 1);
  if (reader.has("model.ids")) model->ids_ = read_matrix(reader, "model.ids", n_items, d);
  model->users_.ages = read_matrix(reader, "model.ages", 1);
  model->users_.sharpness = read_matrix(reader, "model.sharpness", 1, 1);
  if (model->users_.ages.empty()) reader.inconsistent("model.ages is empty");
  model->users_.attributes = Matrix(0, d);
  if (!reader.has("model.attributes")) return model;
  model->user_encoder_ = read_encoder(reader, "model.users");
  const std::size_t attributes = model->user_encoder_->dim();
  model->users_.attributes = read_matrix(reader, "model.attributes", attributes, d);
  model->attributes_ = read_csr(reader, "model.user_rows", n_users, attributes, ColumnOrder::kAscending);
  return model;
}

}  // namespace akin
