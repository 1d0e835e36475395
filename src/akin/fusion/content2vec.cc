#include "akin/fusion/content2vec.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/base/text.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/epochs.h"
#include "akin/models/fit/start.h"
#include "akin/models/placed.h"

namespace akin {
namespace {

constexpr std::uint64_t kModules = 77;  // stream of random numbers
constexpr std::int64_t kMostModules = 64;
constexpr std::size_t kItemsAtOnce = 256;
constexpr float kFirstAlpha = 5;

std::string module_name(std::size_t module) { return fmt::format("model.module{}", module); }

/// Those of both of whose items something may be learned.
towers::PairSource linked_pairs(const TrainingData& data, const std::string& name,
                                std::span<const std::uint8_t> placed, const Context& context) {
  const std::vector<ItemLinks>& links = data.source.links;
  const auto found = std::ranges::find(links, name, &ItemLinks::name);
  if (found == links.end()) {
    std::vector<std::string> names;
    for (const ItemLinks& each : links) names.push_back(each.name);
    fail(ErrorCode::kBadData, "{}: {} has no links '{}'{}; it has {}", Content2Vec::kName, data.source.name,
         name, did_you_mean(name, names), names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
  }
  std::vector<std::uint8_t> learned(data.source.n_items(), 0);
  for (const idx_t item : items_of(data.events)) learned[item] = placed[item];
  std::vector<std::pair<idx_t, idx_t>> pairs;
  for (const auto& [a, b] : found->pairs) {
    if (a != b && learned[a] != 0 && learned[b] != 0) pairs.emplace_back(a, b);
  }
  context.remark(fmt::format("{}: {} of {} links {} are between items with training events",
                             Content2Vec::kName, pairs.size(), found->pairs.size(), name));
  return towers::PairSource(std::move(pairs));
}

}  // namespace

/// The modules of content side by side, as embeddings() has them; zeros in the place of the module of ids.
class Content2Vec::Encoder final : public ContentEncoder {
 public:
  Encoder(std::vector<std::shared_ptr<const ContentTower>> towers, std::vector<float> scales)
      : towers_(std::move(towers)), scales_(std::move(scales)) {
    for (const auto& tower : towers_) {
      for (const std::string& field : tower->fields()) {
        if (std::ranges::find(fields_, field) == fields_.end()) fields_.push_back(field);
      }
    }
  }
  std::string_view name() const override { return kName; }
  std::size_t dim() const override { return scales_.size() * towers_[0]->dim(); }
  bool is_sparse() const override { return false; }
  bool reads_pictures() const override {
    return std::ranges::all_of(towers_, [](const auto& tower) { return tower->reads_pictures(); });
  }
  const std::vector<std::string>& fields() const override { return fields_; }
  void save(TensorWriter& writer, const std::string& prefix) const override {
    for (std::size_t m = 0; m < towers_.size(); ++m)
      towers_[m]->save(writer, fmt::format("{}.{}", prefix, m));
  }

 private:
  Matrix vectors_of(const ItemContent& items, const Context& context) const override {
    Matrix result(items.size(), dim());
    for (std::size_t m = 0; m < towers_.size(); ++m) {
      const Matrix vectors = towers_[m]->encode(items, context);
      for (std::size_t i = 0; i < items.size(); ++i)
        axpy(scales_[m], vectors.row(i), result.row(i) + m * vectors.cols(), vectors.cols());
    }
    return result;
  }

  std::vector<std::shared_ptr<const ContentTower>> towers_;
  std::vector<float> scales_;  // of all modules
  std::vector<std::string> fields_;
};

std::vector<Param> Content2Vec::Config::params() {
  std::vector<Param> params;
  add_params(params);
  const std::vector<Param> own = {
      {"unit",
       &unit,
       "what combines the modules: none = a linear ensemble; a residual unit on their similarities, or on "
       "what the items "
       "are embedded into too",
       0,
       0,
       {"none", "pairwise", "embedded"}},
      {"units",
       &units,
       "width of the residual unit and of what items are embedded into",
       1,
       4096,
       {},
       true,
       {16, 128}},
      {"id_dropout", &id_dropout,
       "probability that an item is learned without its own vector in the module of ids; 1 = no such module",
       0, 1},
      {"links", &links, "learn from these links between items, such as also_bought; empty = from events"},
      {"window", &window, "places between two events of a user whose items go together, at most", 1, 1000},
      {"decay", &decay, "of the probability of a pair with each place more between them", 0, 1},
      {"negatives", &negatives, "items drawn for each pair as not bought together, by popularity^.75", 1,
       1000},
  };
  params.insert(params.end(), own.begin(), own.end());
  return params;
}

/// All that a fit has at hand.
struct Content2Vec::Fitting {
  std::vector<std::shared_ptr<const ContentTower>> encoders;
  std::vector<Csr> features;  // of each module
  std::vector<idx_t> ids;     // by item: its row in the module of ids, kNoId = none
  std::vector<towers::PairModule> modules;
  towers::PairUnit unit;

  bool knows(std::size_t module, std::size_t item) const {
    return features[module].row_size(item) > 0 || (module == encoders.size() && ids[item] != towers::kNoId);
  }
  std::unique_ptr<Model> model(const TrainingData& data, const Config& config, const Context& context) const {
    std::unique_ptr<Content2Vec> model(new Content2Vec());
    const std::vector<idx_t> without(ids.size(), towers::kNoId);
    std::vector<Matrix> vectors;
    for (std::size_t m = 0; m < modules.size(); ++m) {
      const bool content = m < encoders.size();
      if (content) model->towers_.push_back(encoders[m]->with(modules[m].tower));
      vectors.push_back(tower_vectors(modules[m].tower, features[m], content ? without : ids, context));
    }
    model->max_length_ = config.max_length;
    model->event_items_ = data.n_items();
    model->unit_ = unit.clone();
    model->scales_ = Matrix(modules.size(), 2);
    for (std::size_t m = 0; m < modules.size(); ++m)
      std::ranges::copy(modules[m].scale[0], model->scales_[m].begin());
    if (modules.size() > encoders.size()) model->own_ = modules.back().tower.clone();
    model->finish(std::move(vectors));
    return model;
  }
  void take_up(const Content2Vec& old);
};

/// Goes on from a trained model. Vectors of new items' own begin at random.
void Content2Vec::Fitting::take_up(const Content2Vec& old) {
  const bool own = modules.size() > encoders.size();
  const towers::ItemTower& first = old.towers_[0]->tower();
  const auto is_like = [](const Matrix& a, const Matrix& b) {
    return a.rows() == b.rows() && a.cols() == b.cols();
  };
  bool same = own != old.own_.ids.empty() && first.factors() == modules[0].tower.factors() &&
              first.layers() == modules[0].tower.layers() && unit.net.size() == old.unit_.net.size() &&
              is_like(unit.embedding, old.unit_.embedding);
  for (std::size_t k = 0; same && k < unit.net.size(); ++k) same = is_like(unit.net[k], old.unit_.net[k]);
  if (!same) {
    fail(ErrorCode::kUsage,
         "{}: the trained modules have another shape; keep factors, layers, unit, units and id_dropout",
         kName);
  }
  for (std::size_t m = 0; m < modules.size(); ++m) {
    const bool content = m < encoders.size();
    towers::ItemTower tower = content ? old.towers_[m]->tower().clone() : old.own_.clone();
    if (!content) {
      for (std::size_t i = 0; i < std::min(old.own_.ids.rows(), modules[m].tower.ids.rows()); ++i)
        std::ranges::copy(std::as_const(tower.ids)[i], modules[m].tower.ids[i].begin());
      tower.ids = std::move(modules[m].tower.ids);
    }
    modules[m].tower = std::move(tower);
    std::ranges::copy(old.scales_[m], modules[m].scale[0].begin());
  }
  unit = old.unit_.clone();
}

std::unique_ptr<Model> Content2Vec::fit(const TrainingData& data, const Config& config,
                                        const FitContext& context) {
  context.check_stop();
  if (data.events.empty()) fail(ErrorCode::kBadData, "{}: there are no events to learn from", kName);
  const ItemContent content(data.source);
  const std::size_t n = content.size();
  const auto factors = static_cast<std::size_t>(config.factors);
  Fitting fitting;
  const std::vector<idx_t> learned = items_to_learn_from(data);
  const auto* const old = start_model<Content2Vec>(context, kName);
  fitting.encoders = old != nullptr ? old->towers_
                                    : ContentTower::fit_each({content, learned, context.words},
                                                             config.content, config.fields, context);
  for (const auto& encoder : fitting.encoders)
    fitting.features.push_back(encoder->features(content, context));
  fitting.ids.assign(n, towers::kNoId);
  if (config.id_dropout < 1) {
    for (const idx_t item : items_of(data.events)) fitting.ids[item] = item;
    fitting.features.emplace_back().offsets.assign(n + 1, 0);
  }
  for (std::size_t m = 0; m < fitting.features.size(); ++m) {
    const std::uint64_t seed = context.seed ^ Rng::mix((kModules << 40) + m);
    fitting.modules.push_back({towers::initial_tower(fitting.features[m].cols, factors,
                                                     static_cast<std::size_t>(config.layers), seed),
                               Matrix(1, 2)});
    fitting.modules[m].scale.row(0)[0] = kFirstAlpha;
    if (m < fitting.encoders.size()) continue;
    fitting.modules[m].tower.ids =
        Matrix::normal(data.n_items(), factors, 1 / std::sqrt(static_cast<double>(factors)), seed);
  }
  fitting.unit = towers::initial_unit(towers::parse_unit(config.unit), fitting.modules.size(),
                                      fitting.modules.size() * factors,
                                      static_cast<std::size_t>(config.units), context.seed);
  if (old != nullptr) {
    fitting.take_up(*old);
    // What nothing is learned of says nothing.
    for (const idx_t item : context.start->fold_items)
      fitting.ids[item] = config.epochs == 0 ? towers::kNoId : fitting.ids[item];
  }
  std::vector<std::uint8_t> placed(n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t m = 0; m < fitting.modules.size(); ++m) {
      if (fitting.knows(m, i)) placed[i] = 1;
    }
  }
  std::size_t unknown = 0;
  for (const idx_t item : items_of(data.events)) unknown += placed[item] == 0 ? 1 : 0;
  if (unknown > 0)
    context.remark(fmt::format("{}: {} items with events have no content and are left out", kName, unknown));

  const towers::Sequences sequences = towers::sequences_of(data.events, placed);
  const towers::PairSource pairs =
      config.links.empty()
          ? towers::PairSource(sequences, {static_cast<std::size_t>(config.window), config.decay})
          : linked_pairs(data, config.links, placed, context);
  if (pairs.size() == 0)
    fail(ErrorCode::kBadData, "{}: no two items with vectors go together: {}", kName,
         config.links.empty() ? "no user has two different ones" : "no link is between items with events");
  towers::PairOptions options{.negatives = static_cast<std::size_t>(config.negatives),
                              .batch = static_cast<std::size_t>(config.batch_size),
                              .dropout = config.dropout,
                              .id_dropout = config.id_dropout,
                              .optimizer = optimizer_options("adam")};
  options.optimizer.learning_rate = static_cast<double>(config.learning_rate);
  towers::PairTrainer trainer(pairs, fitting.features, options, context, fitting.modules, fitting.unit);
  const auto make = [&] { return fitting.model(data, config, context); };
  run_epochs({.total = config.epochs,
              .phase = "training",
              .unit = "epochs",
              .run = [&](int epoch) { return trainer.run_epoch(epoch, kName); },
              .snapshot = make},
             trainer.state(), context);
  return make();
}

Content2Vec::Items Content2Vec::take(std::vector<Matrix> vectors) const {
  Items items{std::move(vectors), {}, Matrix()};
  const std::size_t n = items.size(), modules = items.vectors.size();
  items.known.resize(n * modules);
  std::vector<const Matrix*> list;
  for (std::size_t m = 0; m < modules; ++m) {
    list.push_back(&items.vectors[m]);
    for (std::size_t i = 0; i < n; ++i)
      items.known[i * modules + m] = is_zero(std::as_const(items.vectors[m])[i]) ? 0 : 1;
  }
  items.embedded = Matrix(n, unit_.embedding.cols());
  if (!unit_.embedding.empty()) towers::embed(unit_, list, 0, n, items.embedded);
  return items;
}

Content2Vec::Items Content2Vec::take(std::span<const idx_t> items) const {
  std::vector<Matrix> vectors;
  for (const Matrix& matrix : items_.vectors) vectors.push_back(Matrix::gather(matrix, items));
  return take(std::move(vectors));
}

void Content2Vec::finish(std::vector<Matrix> vectors) {
  items_ = take(std::move(vectors));
  const std::size_t n = items_.size(), modules = items_.vectors.size(), d = items_.vectors[0].cols();
  placed_.assign(n, 0);
  embeddings_ = Matrix(n, modules * d);
  std::vector<float> scales;
  for (std::size_t m = 0; m < modules; ++m) {
    scales.push_back(std::sqrt(std::max(0.0F, unit_.weights.row(0)[m])));
    for (std::size_t i = 0; i < n; ++i) {
      if (items_.known[i * modules + m] != 0) placed_[i] = 1;
      axpy(scales[m], items_.vectors[m].row(i), embeddings_.row(i) + m * d, d);
    }
  }
  encoder_ = std::make_shared<Encoder>(towers_, std::move(scales));
}

std::unique_ptr<Content2Vec> Content2Vec::with(const towers::PairUnit& unit) const {
  std::unique_ptr<Content2Vec> copy(new Content2Vec());
  copy->towers_ = towers_;
  copy->max_length_ = max_length_;
  copy->event_items_ = event_items_;
  copy->unit_ = unit.clone();
  copy->own_ = own_.clone();
  copy->scales_ = scales_.clone();
  std::vector<Matrix> vectors;
  for (const Matrix& matrix : items_.vectors) vectors.push_back(matrix.clone());
  copy->finish(std::move(vectors));
  return copy;
}

template <typename Visit>
void Content2Vec::pair_logits(const Items& asked, std::size_t begin, std::size_t end,
                              const Visit& visit) const {
  const std::size_t modules = unit_.modules, width = unit_.embedding.cols(), rows = asked.size();
  towers::UnitPass pass;
  pass.make_room(unit_, kItemsAtOnce);
  std::vector<float> products(modules * rows * kItemsAtOnce), logits(kItemsAtOnce);
  for (std::size_t first = begin; first < end; first += kItemsAtOnce) {
    const std::size_t last = std::min(end, first + kItemsAtOnce), n = last - first;
    for (std::size_t m = 0; m < modules; ++m) {
      multiply(items_.vectors[m], first, last, asked.vectors[m], products.data() + m * rows * kItemsAtOnce,
               kItemsAtOnce);
    }
    for (std::size_t row = 0; row < rows; ++row) {
      const std::uint8_t* const known = asked.known.data() + row * modules;
      for (std::size_t i = 0; i < n; ++i) {
        const std::uint8_t* const own = items_.known.data() + (first + i) * modules;
        float* const input = pass.inputs().row(i);
        for (std::size_t m = 0; m < modules; ++m) {
          pass.silent(i)[m] = known[m] != 0 && own[m] != 0 ? 0 : 1;
          input[m] = products[(m * rows + row) * kItemsAtOnce + i];
        }
        const float *const a = asked.embedded.row(row), *const b = items_.embedded.row(first + i);
        for (std::size_t c = 0; c < width; ++c) input[modules + c] = a[c] * b[c];
      }
      pass.forward(unit_, 0, n);
      for (std::size_t i = 0; i < n; ++i) logits[i] = placed_[first + i] != 0 ? pass.logit(i) : kNever;
      visit(row, first, std::span(logits).first(n));
    }
  }
}

std::vector<idx_t> Content2Vec::asked_of(const Query& query) const {
  std::vector<idx_t> items;
  for (std::size_t h = query.history.size();
       h-- > 0 && items.size() < static_cast<std::size_t>(max_length_);) {
    if (is_placed(query.history[h])) items.push_back(query.history[h]);
  }
  return items;
}

bool Content2Vec::score_all(const Query& query, std::span<float> out) const {
  AKIN_ASSERT(out.size() == n_items());
  const std::vector<idx_t> history = asked_of(query);
  if (history.empty()) return false;
  const float share = 1 / static_cast<float>(history.size());
  std::ranges::fill(out, 0.0F);
  pair_logits(take(history), 0, out.size(),
              [&](std::size_t, std::size_t first, std::span<const float> logits) {
                axpy(share, logits.data(), out.data() + first, logits.size());
              });
  return true;
}

std::optional<Explanation> Content2Vec::explain(const Query& query, idx_t item) const {
  const std::vector<idx_t> history = asked_of(query);
  if (history.empty() || !is_placed(item)) return std::nullopt;
  std::map<idx_t, float> causes;
  pair_logits(take(history), item, item + std::size_t{1},
              [&](std::size_t row, std::size_t, std::span<const float> logits) {
                causes[history[row]] += logits[0] / static_cast<float>(history.size());
              });
  Explanation explanation;
  for (const auto& [cause, value] : causes) explanation.causes.push_back({cause, value});
  std::ranges::stable_sort(explanation.causes, std::ranges::greater{}, &Scored::score);
  return explanation;
}

std::vector<Scored> Content2Vec::best(const Items& asked, std::size_t k, std::optional<idx_t> without) const {
  if (k == 0 || std::ranges::count(asked.known, 1) == 0) return {};
  TopK best(std::min(k, n_items()));
  pair_logits(asked, 0, n_items(), [&](std::size_t, std::size_t first, std::span<const float> logits) {
    for (std::size_t i = 0; i < logits.size(); ++i) {
      const auto item = static_cast<idx_t>(first + i);
      if (is_placed(item) && item != without) best.push(item, logits[i]);
    }
  });
  return best.take();
}

std::vector<Scored> Content2Vec::similar(idx_t item, std::size_t k) const {
  return best(take(std::span(&item, 1)), k, item);
}

std::vector<std::vector<Scored>> Content2Vec::similar_to(const ItemContent& items, std::size_t k) const {
  std::vector<Matrix> vectors;
  for (const auto& tower : towers_) vectors.push_back(tower->encode(items, {}));
  if (vectors.size() < unit_.modules) vectors.emplace_back(items.size(), vectors[0].cols());
  std::vector<std::vector<Scored>> lists;
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::vector<Matrix> one;
    for (const Matrix& matrix : vectors) one.push_back(matrix.slice(i, 1));
    lists.push_back(best(take(std::move(one)), k, std::nullopt));
  }
  return lists;
}

void Content2Vec::save(TensorWriter& writer) const {
  writer.meta("model.modules", std::to_string(unit_.modules));
  writer.meta("model.towers", std::to_string(towers_.size()));
  writer.meta("model.event_items", std::to_string(event_items_));
  writer.meta("model.max_length", std::to_string(max_length_));
  for (std::size_t m = 0; m < unit_.modules; ++m) {
    if (m < towers_.size()) towers_[m]->save(writer, module_name(m));
    write_matrix(writer, module_name(m) + ".vectors", items_.vectors[m]);
  }
  write_matrix(writer, "model.scales", scales_);
  if (!own_.ids.empty()) write_matrix(writer, "model.own.ids", own_.ids);
  for (std::size_t k = 0; k < own_.dense.size(); ++k)
    write_matrix(writer, "model.own." + towers::dense_name(k), own_.dense[k]);
  for (const auto& [name, matrix] : unit_.arrays()) {
    if (!matrix->empty()) write_matrix(writer, "model.unit." + name, *matrix);
  }
}

std::unique_ptr<Model> Content2Vec::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  std::unique_ptr<Content2Vec> model(new Content2Vec());
  const auto modules = static_cast<std::size_t>(reader.meta_int("model.modules", 1, kMostModules + 1));
  const auto n_towers = static_cast<std::size_t>(reader.meta_int("model.towers", 1, kMostModules));
  if (modules != n_towers && modules != n_towers + 1)
    reader.inconsistent(fmt::format("it has {} modules and {} towers", modules, n_towers));
  model->event_items_ = static_cast<std::size_t>(reader.meta_int("model.event_items", 0, 0xFFFFFFFE));
  if (model->event_items_ != n_items) {
    reader.inconsistent(fmt::format("its modules were trained with {} items, the data have {}",
                                    model->event_items_, n_items));
  }
  model->max_length_ = static_cast<int>(reader.meta_int("model.max_length", 1, 100'000));
  const std::size_t rows = reader.shape(module_name(0) + ".vectors").at(0);
  if (rows < n_items) reader.inconsistent("its modules place fewer items than the data have");
  std::size_t d = 0;
  std::vector<Matrix> vectors;
  for (std::size_t m = 0; m < modules; ++m) {
    if (m < n_towers) model->towers_.push_back(ContentTower::read(reader, module_name(m)));
    if (m == 0) d = model->towers_[0]->dim();
    if (m < n_towers && model->towers_[m]->dim() != d)
      reader.inconsistent("its modules have different dimensions");
    vectors.push_back(read_matrix(reader, module_name(m) + ".vectors", rows, d));
  }
  model->scales_ = read_matrix(reader, "model.scales", modules, 2);
  if (modules > n_towers) {
    const towers::ItemTower& first = model->towers_[0]->tower();
    model->own_ = {Matrix(0, d), read_matrix(reader, "model.own.ids", n_items, d), {}};
    for (std::size_t k = 0; k < first.dense.size(); ++k) {
      model->own_.dense.push_back(
          read_matrix(reader, "model.own." + towers::dense_name(k), first.dense[k].rows(), d));
    }
  }
  towers::PairUnit& unit = model->unit_;
  unit.modules = modules;
  unit.weights = read_matrix(reader, "model.unit.weights", 1, 2 * modules + 1);
  if (reader.has("model.unit.embedding"))
    unit.embedding = read_matrix(reader, "model.unit.embedding", modules * d);
  if (reader.has("model.unit.hidden")) {
    unit.net.push_back(read_matrix(reader, "model.unit.hidden", unit.inputs()));
    const std::size_t width = unit.net[0].cols();
    unit.net.push_back(read_matrix(reader, "model.unit.hidden_bias", 1, width));
    unit.net.push_back(read_matrix(reader, "model.unit.residual", width, modules));
    unit.net.push_back(read_matrix(reader, "model.unit.residual_bias", 1, modules));
  } else if (!unit.embedding.empty()) {
    reader.inconsistent("its unit has no hidden layer");
  }
  model->finish(std::move(vectors));
  return model;
}

}  // namespace akin
