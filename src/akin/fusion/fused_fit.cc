#include "akin/fusion/fused_fit.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/config_params.h"
#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/data/item_content.h"
#include "akin/encode/encoder_steps.h"
#include "akin/encode/encoders.h"
#include "akin/encode/whitening.h"
#include "akin/fusion/neighbor_smoothing.h"
#include "akin/fusion/source_queries.h"
#include "akin/linalg/row_product.h"
#include "akin/models/implicit/svd.h"
#include "akin/models/query_history.h"

namespace akin {
namespace {

constexpr std::uint64_t kSampleStream = 2;

/// What fits share: the events as each source sees them.
struct Fitting {
  const TrainingData& data;
  const FitContext& context;
  const ItemContent content;
  const std::vector<idx_t> learned;         // items to learn content from
  const std::vector<std::uint32_t> events;  // by item
};

std::vector<std::uint32_t> count_events(const TrainingData& data) {
  std::vector<std::uint32_t> counts(data.source.n_items(), 0);
  for (const Event& event : data.events) ++counts[event.item];
  return counts;
}

bool is_encoder(const std::string& kind) {
  return std::ranges::find(encoders(), kind, &EncoderEntry::name) != encoders().end();
}

FusedSource fit_encoder(const SourceSpec& spec, const Fitting& fitting) {
  const EncoderEntry& entry = find_encoder(spec.kind);
  const EncoderInput input{fitting.content, fitting.learned, fitting.context.words};
  std::unique_ptr<ContentEncoder> encoder = entry.fit(input, spec.params, fitting.context);
  const ParamValues all = entry.complete(spec.params);
  const auto given = [&](const char* name) { return spec.params.contains(name); };
  if (!encoder->is_sparse() && all.contains("whiten") && !given("whiten") && !given("center") &&
      !given("svd"))
    encoder = with_steps(std::move(encoder), {.whiten = true}, input, fitting.context);
  return {
      .name = spec.name,
      .kind = spec.kind,
      .content = std::make_shared<ContentModel>(std::move(encoder), fitting.content, true, fitting.context),
      .feeds_map = true};
}

/// Row minus mean of the rows that are not zero, at length 1.
void centre_rows(Matrix& rows) {
  normalize_rows(rows);
  std::vector<double> sums(rows.cols(), 0.0);
  double known = 0;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    known += is_zero(rows[i]) ? 0 : 1;
    for (std::size_t f = 0; f < rows.cols(); ++f) sums[f] += static_cast<double>(rows[i][f]);
  }
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (is_zero(rows[i])) continue;
    for (std::size_t f = 0; f < rows.cols(); ++f) rows[i][f] -= static_cast<float>(sums[f] / known);
  }
  normalize_rows(rows);
}

/// The directions of V S^p of the training events, zeros for items without any.
Matrix event_vectors(const MapConfig& config, const Fitting& fitting) {
  const auto svd = Svd::fit(fitting.data, {.factors = config.factors, .item_scaling = config.item_scaling},
                            fitting.context);
  Matrix vectors = svd->item_vectors().resized(fitting.events.size(), svd->item_vectors().cols());
  for (std::size_t f = 0; f < vectors.cols(); ++f) {
    double squares = 0;
    for (std::size_t i = 0; i < vectors.rows(); ++i)
      squares += static_cast<double>(vectors[i][f]) * static_cast<double>(vectors[i][f]);
    if (!(squares > 0)) continue;
    const auto scale =
        static_cast<float>(std::pow(std::sqrt(squares), static_cast<double>(config.power) - 1));
    for (std::size_t i = 0; i < vectors.rows(); ++i) vectors[i][f] *= scale;
  }
  centre_rows(vectors);
  return vectors;
}

/// The items, or some of them by seed where all their vectors would take too much memory beside each other. Ascending.
std::vector<idx_t> items_to_learn(std::span<const FusedSource> sources, std::vector<idx_t> items,
                                  std::uint64_t seed) {
  constexpr std::size_t kMostEntries = 32'000'000, kLooked = 1000;
  std::vector<idx_t> some = items;
  Rng(seed, kSampleStream).shuffle(std::span(some));
  some.resize(std::min(some.size(), kLooked));
  std::size_t entries = 1;
  for (const Csr& rows : rows_by_source(sources, some)) entries += rows.entries();
  const std::size_t most = std::max(kLooked, kMostEntries * some.size() / entries);
  if (items.size() <= most) return items;
  Rng(seed, kSampleStream).shuffle(std::span(items));
  items.resize(most);
  std::ranges::sort(items);
  return items;
}

FusedSource fit_map(const SourceSpec& spec, const std::vector<FusedSource>& sources, const Fitting& fitting) {
  const auto config = config_of<MapConfig>(spec.params, spec.name);
  std::vector<FusedSource> feeding;
  std::ranges::copy_if(sources, std::back_inserter(feeding), &FusedSource::feeds_map);
  if (feeding.empty())
    fail(ErrorCode::kUsage,
         "sources: {} maps the content of other sources, and there is none with an encoder, such as tfidf",
         spec.name);
  const Matrix events = event_vectors(config, fitting);
  const std::vector<idx_t> learned =
      items_to_learn(feeding, items_of(fitting.data.events), fitting.context.seed);
  const auto map = std::make_shared<ContentMap>(
      ContentMap::fit(side_by_side(rows_by_source(feeding, learned)), Matrix::gather(events, learned),
                      config.regularization, fitting.context));
  Matrix vectors(events.rows(), map->dim());
  for_item_blocks(vectors.rows(), [&](std::span<const idx_t> items) {
    const Matrix block = map->map(side_by_side(rows_by_source(feeding, items)), fitting.context);
    for (std::size_t r = 0; r < items.size(); ++r) std::ranges::copy(block[r], vectors[items[r]].begin());
  });
  normalize_rows(vectors);
  for (std::size_t i = 0; i < vectors.rows(); ++i) {
    const auto n = static_cast<float>(fitting.events[i]);
    const float share = n > 0 && !is_zero(vectors[i]) ? n / (n + config.prior_events) : n > 0 ? 1.0F : 0.0F;
    for (std::size_t f = 0; f < vectors.cols(); ++f) vectors[i][f] += share * (events[i][f] - vectors[i][f]);
  }
  normalize_rows(vectors);
  return {.name = spec.name,
          .kind = spec.kind,
          .vectors = std::make_shared<VectorModel>(std::move(vectors)),
          .map = map};
}

struct OtherConfig {
  bool whiten = true;
  float shrinkage = 0.1f;
  float smooth = 0;    // share of the neighbors by content
  int neighbors = 10;  // of these so many
  int layers = 1;
  std::vector<Param> params() {
    return {{"whiten", &whiten, ""},
            {"shrinkage", &shrinkage, "", 0, 1},
            {"smooth", &smooth, "", 0, 1},
            {"smooth_neighbors", &neighbors, "", 1, 10'000},
            {"smooth_layers", &layers, "", 1, 100}};
  }
  /// Takes these parameters out of those of a source.
  static OtherConfig take_from(SourceSpec& spec) {
    ParamValues own;
    for (const char* const name : {"whiten", "shrinkage", "smooth", "smooth_neighbors", "smooth_layers"}) {
      if (auto node = spec.params.extract(name)) own.insert(std::move(node));
    }
    return config_of<OtherConfig>(own, spec.name);
  }
};

/// The vectors of sources that are no encoders, drawn towards those of neighbors by the content of those that are.
void smooth_sources(const std::vector<SourceSpec>& specs, const std::vector<FusedSource>& contents,
                    std::vector<FusedSource>& fitted, const Context& context) {
  for (std::size_t s = 0; s < specs.size(); ++s) {
    SourceSpec spec = specs[s];
    if (is_encoder(spec.kind)) continue;
    const OtherConfig config = OtherConfig::take_from(spec);
    if (!(config.smooth > 0)) continue;
    std::vector<FusedSource> encoded;
    std::ranges::copy_if(contents, std::back_inserter(encoded),
                         [](const FusedSource& source) { return source.content != nullptr; });
    if (encoded.empty())
      fail(ErrorCode::kUsage,
           "sources: {} is smoothed by the content of other sources, and there is none with an encoder, such "
           "as tfidf",
           spec.name);
    std::vector<char> known;
    for (idx_t i = 0; i < fitted[s].vectors->item_vectors().rows(); ++i)
      known.push_back(fitted[s].has_row(i) ? 1 : 0);
    std::vector<idx_t> all(known.size());
    std::iota(all.begin(), all.end(), 0);
    const Csr graph = nearest_by_content(side_by_side(rows_by_source(encoded, all)), known,
                                         static_cast<std::size_t>(config.neighbors), context);
    fitted[s].vectors = std::make_shared<VectorModel>(smooth_by_neighbors(
        fitted[s].vectors->item_vectors().clone(), graph, config.smooth, config.layers, context));
  }
}

FusedSource fit_other(const SourceSpec& spec, const Fitting& fitting, const OtherSource& others) {
  SourceSpec asked = spec;
  const OtherConfig config = OtherConfig::take_from(asked);
  std::optional<OtherVectors> other =
      others ? others(asked, fitting.data, fitting.context) : std::optional<OtherVectors>();
  if (!other) {
    std::vector<std::string> names = {std::string(kMapSource)};
    for (const EncoderEntry& entry : encoders()) names.emplace_back(entry.name);
    fail(ErrorCode::kUsage,
         "sources: there is no source '{}'{}; it may be an encoder ({}), or a model with vectors of items",
         spec.kind, did_you_mean(spec.kind, names), fmt::join(names, ", "));
  }
  Matrix& vectors = other->vectors;
  AKIN_ASSERT(vectors.rows() == fitting.events.size());
  constexpr std::size_t kMostWhitened = 4096;
  std::vector<idx_t> all(vectors.rows());
  std::iota(all.begin(), all.end(), 0);
  const Matrix known = known_rows(vectors, all);
  Whitening whitening;
  if (config.whiten && known.rows() >= 2 && known.cols() <= kMostWhitened)
    whitening = fit_whitening(known, true, config.shrinkage, fitting.context);
  Matrix result = whitened_rows(std::move(vectors), whitening.mean, whitening.weights, fitting.context);
  FusedSource source{.name = spec.name,
                     .kind = spec.kind,
                     .vectors = std::make_shared<VectorModel>(std::move(result)),
                     .feeds_map = !other->from_events};
  if (other->tower) source.tower = std::make_shared<SourceTower>(other->tower, std::move(whitening));
  return source;
}

std::string coverage_text(const std::vector<FusedSource>& sources, std::size_t items) {
  std::string text;
  for (const FusedSource& source : sources)
    text +=
        fmt::format("{}{} {} of {} items", text.empty() ? "" : ", ", source.name, source.coverage(), items);
  return text;
}

/// Over 200 users drawn by seed, or all.
std::vector<float> mean_deviations(const std::vector<FusedSource>& sources, const TrainingData& data,
                                   const Fused::Config& config, const Context& context) {
  constexpr std::size_t kUsers = 200;
  const std::vector<std::uint64_t> offsets = user_offsets(data.events, data.n_users());
  std::vector<idx_t> users;
  for (idx_t u = 0; u < data.n_users(); ++u) {
    if (offsets[u + 1] > offsets[u]) users.push_back(u);
  }
  Rng(context.seed, 1).shuffle(std::span(users));
  users.resize(std::min(users.size(), kUsers));
  std::vector<double> sums(sources.size(), 0.0), counts(sources.size(), 0.0);
  for (const idx_t user : users) {
    context.check_stop();
    QueryHistory history;
    history.add(data.events.subspan(offsets[user], offsets[user + 1] - offsets[user]));
    const Query query = history.query(std::nullopt);
    const std::vector<float> weights = history_weights(query.history.size(), config.half_life);
    for (std::size_t s = 0; s < sources.size(); ++s) {
      const StandardScores scores = ask_source(sources[s], query, weights);
      if (!(scores.deviation > 0)) continue;
      sums[s] += static_cast<double>(scores.deviation);
      counts[s] += 1;
    }
  }
  std::vector<float> means;
  for (std::size_t s = 0; s < sources.size(); ++s)
    means.push_back(counts[s] > 0 ? static_cast<float>(sums[s] / counts[s]) : 0.0F);
  return means;
}

/// Weights of the scores that products of vectors can be: none of them damped.
SourceGate straight_gate(const std::vector<FusedSource>& sources, const SourceQueries& queries,
                         const GateOptions& options, const Context& context) {
  std::vector<std::size_t> damped;
  for (std::size_t s = 0; s < sources.size(); ++s) {
    if (sources[s].is_damped()) damped.push_back(s);
  }
  return fit_gate(queries.undamped(damped), {true, options.smoothness}, context);
}

std::vector<SourceSpec> specs_of(const Fused::Config& config, const TrainingData& data) {
  if (!config.sources.empty()) return parse_sources(config.sources);
  std::vector<SourceSpec> chosen = choose_sources(ItemContent(data.source));
  if (chosen.empty())
    fail(ErrorCode::kBadData, "fused: the items of {} have no content to choose sources from",
         data.source.name);
  return chosen;
}

}  // namespace

std::vector<Param> MapConfig::params() {
  return {
      {"factors", &factors, "dimensions of the vectors that events give items", 1, 4096},
      {"power", &power, "of the singular values in these vectors", 0, 1},
      {"item_scaling", &item_scaling, "as of svd", 0, 1},
      {"regularization", &regularization, "lambda of the map", 1e-6, 1e9},
      {"prior_events", &prior_events, "events that the vector from content counts as", 1e-3, 1e9},
  };
}

std::vector<FusedSource> fit_sources(const std::vector<SourceSpec>& specs, const TrainingData& data,
                                     const FitContext& context, const OtherSource& others) {
  const Fitting fitting{data, context, ItemContent(data.source), items_to_learn_from(data),
                        count_events(data)};
  std::vector<FusedSource> fitted;  // maps come last, as they need the others
  for (const SourceSpec& spec : specs) {
    context.check_stop();
    if (spec.kind == kMapSource) continue;
    fitted.push_back(is_encoder(spec.kind) ? fit_encoder(spec, fitting) : fit_other(spec, fitting, others));
  }
  const auto is_map = [](const SourceSpec& spec) { return spec.kind == kMapSource; };
  std::vector<SourceSpec> own = specs;
  std::erase_if(own, is_map);
  const std::vector<FusedSource> inputs = fitted;
  smooth_sources(own, inputs, fitted, context);
  for (const SourceSpec& spec : specs) {
    context.check_stop();
    if (spec.kind == kMapSource) fitted.push_back(fit_map(spec, inputs, fitting));
  }
  return fitted;
}

FittedSources fit_fused(const TrainingData& data, const Fused::Config& config, const FitContext& context,
                        const OtherSource& others) {
  context.check_stop();
  if (data.events.empty()) fail(ErrorCode::kBadData, "{}: no events to train on", Fused::kName);
  const std::vector<SourceSpec> specs = specs_of(config, data);
  FittedSources result;
  result.events = count_events(data);
  if (config.learn_weights) {
    const std::optional<HeldOutQueries> held = hold_out_queries(data, context);
    if (held) {
      const std::vector<FusedSource> inner = fit_sources(specs, held->data.training_data(), context, others);
      result.queries = ask_queries(inner, *held, config, context);
    } else {
      context.remark("fused: too few items and events to hold some out: the weights of all sources are 1");
    }
  }
  result.sources = fit_sources(specs, data, context, others);
  if (config.dimensions > 0) result.deviations = mean_deviations(result.sources, data, config, context);
  context.remark(fmt::format("sources: {}", coverage_text(result.sources, result.events.size())));
  return result;
}

std::unique_ptr<Fused> fuse(const FittedSources& fitted, std::span<const std::size_t> kept,
                            const Fused::Config& config, const Context& context) {
  std::vector<FusedSource> sources;
  for (const std::size_t s : kept) sources.push_back(fitted.sources[s]);
  const auto feeds = [](const FusedSource& source) { return source.feeds_map; };
  const bool whole = std::ranges::count_if(sources, feeds) == std::ranges::count_if(fitted.sources, feeds);
  for (FusedSource& source : sources) {
    if (!whole) source.map = nullptr;  // it cannot place new items without all that it reads
  }
  const bool learned = fitted.queries.size() > 0 && sources.size() > 1;
  const GateOptions options{config.nonnegative, config.smoothness};
  SourceGate gate =
      learned ? fit_gate(fitted.queries.select(kept), options, context) : SourceGate(sources.size());
  const bool one_vector = config.dimensions > 0 && kept.size() == fitted.sources.size();
  FusedVectors vectors;
  if (one_vector) {
    std::vector<idx_t> items(fitted.events.size());
    std::iota(items.begin(), items.end(), 0);
    items = items_to_learn(sources, std::move(items), context.seed);
    std::vector<std::uint32_t> events;
    for (const idx_t item : items) events.push_back(fitted.events[item]);
    vectors =
        FusedVectors::fit(rows_by_source(sources, items),
                          learned ? straight_gate(sources, fitted.queries, options, context) : gate.clone(),
                          events, fitted.deviations, static_cast<std::size_t>(config.dimensions), context);
  }
  auto model = std::make_unique<Fused>(std::move(sources), std::move(gate), fitted.events, config.half_life);
  if (one_vector) model->set_vectors(std::move(vectors), context);
  if (learned && kept.size() == fitted.sources.size())
    model->set_records(check_gate(fitted.queries, options, context));
  return model;
}

std::unique_ptr<Fused> fuse(const FittedSources& fitted, const Fused::Config& config,
                            const Context& context) {
  std::vector<std::size_t> all(fitted.sources.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return fuse(fitted, all, config, context);
}

std::unique_ptr<Model> Fused::fit(const TrainingData& data, const Config& config, const FitContext& context,
                                  const OtherSource& others) {
  return fuse(fit_fused(data, config, context, others), config, context);
}

}  // namespace akin
