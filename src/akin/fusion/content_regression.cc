#include "akin/fusion/content_regression.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/base/text.h"
#include "akin/encode/encoders.h"
#include "akin/linalg/row_product.h"
#include "akin/models/placed.h"

namespace akin {
namespace {

constexpr std::uint64_t kOrderSeed = 1;  // of the samples of a fit, which its result hardly depends on
constexpr float kTolerance = 0.01F;
constexpr int kSweeps = 5;  // over the users' biases and all else

/// Names of all encoders.
std::vector<std::string_view> encoder_names() {
  std::vector<std::string_view> names;
  for (const EncoderEntry& entry : encoders()) names.push_back(entry.name);
  return names;
}

float weighted_sum(const Csr& rows, idx_t row, std::span<const float> weights) {
  float sum = 0;
  for (std::size_t e = 0; e < rows.row_size(row); ++e)
    sum += weights[rows.cols_of(row)[e]] * rows.values_of(row)[e];
  return sum;
}

}  // namespace

void RegressionConfig::add_params(std::vector<Param>& params) {
  params.push_back({"encoder", &encoder, "what makes vectors of the items' content", 0, 0, encoder_names()});
  params.push_back({"file", &file,
                    "of encoder pretrained or text-model: what `akin encoder import` or `akin text train` "
                    "wrote"});
  params.push_back({"fields", &fields, "attributes that count, separated by commas; reviews = the reviews"});
  params.push_back(
      {"encoder_params", &encoder_params, "parameters of the encoder, such as \"ngrams=1 svd=64\""});
  params.push_back({"regularization",
                    &regularization,
                    "lambda of the weights that all users share",
                    1e-3,
                    1e9,
                    {},
                    true,
                    {1, 1000}});
  params.push_back({"item_regularization",
                    &item_regularization,
                    "lambda_i of the items' own biases",
                    1e-3,
                    1e9,
                    {},
                    true,
                    {1, 100}});
  params.push_back({"user_regularization",
                    &user_regularization,
                    "lambda_u of what a user's weights differ from those of all",
                    1e-3,
                    1e9,
                    {},
                    true,
                    {0.1, 1000}});
}

ContentRegression::ContentRegression(std::unique_ptr<ContentEncoder> encoder, const ItemContent& content,
                                     const RegressionConfig& config, const Context& context)
    : ContentModel(std::move(encoder), content, false, context),
      user_regularization_(config.user_regularization) {
  finish();
}

void ContentRegression::finish() {
  if (!encoder()->is_sparse()) dense_rows_ = sparse_rows(embeddings());
}

std::unique_ptr<ContentEncoder> ContentRegression::fit_encoder(const TrainingData& data,
                                                               const ItemContent& content,
                                                               const RegressionConfig& config,
                                                               const Context& context) {
  if (data.events.empty()) fail(ErrorCode::kBadData, "there are no events to learn from");
  ParamValues params = parse_encoder_params(config.encoder_params);
  params["fields"] = config.fields;
  const EncoderEntry& entry = find_encoder(config.encoder);
  if (!config.file.empty()) {
    const auto takes_file = [](const auto& param) { return param.first.name == "file"; };
    if (std::ranges::none_of(entry.params(), takes_file)) {
      fail(
          ErrorCode::kUsage,
          "file={}: the encoder {} reads no file; take encoder=text-model for a model that `akin text train` "
          "wrote, pretrained for one of `akin encoder import`",
          config.file, config.encoder);
    }
    params["file"] = config.file;
  }
  const std::vector<idx_t> items = items_to_learn_from(data);
  return entry.fit({content, items}, params, context);
}

ContentRegression::Global ContentRegression::fit_global(const LinearProblem& samples, LinearLoss loss,
                                                        const RegressionConfig& config,
                                                        const Context& context) const {
  // A column more for each item, which only this item has: its bias, regularized by the scale of the column.
  Csr design;
  design.cols = rows().cols + n_items();
  for (idx_t i = 0; i < n_items(); ++i) {
    design.indices.insert(design.indices.end(), rows().cols_of(i).begin(), rows().cols_of(i).end());
    design.values.insert(design.values.end(), rows().values_of(i).begin(), rows().values_of(i).end());
    design.indices.push_back(static_cast<idx_t>(rows().cols + i));
    design.values.push_back(1);
    design.offsets.push_back(design.indices.size());
  }
  std::vector<float> scales(design.cols, 1.0F);
  std::fill(scales.begin() + static_cast<std::ptrdiff_t>(rows().cols), scales.end(),
            std::sqrt(config.regularization / config.item_regularization));
  const LinearOptions options{.loss = loss, .regularization = config.regularization, .tolerance = kTolerance};
  LinearFit fit = fit_linear({.rows = design,
                              .samples = samples.samples,
                              .targets = samples.targets,
                              .scales = scales,
                              .costs = samples.costs,
                              .bias = samples.bias},
                             options, kOrderSeed, context);
  const auto biases = fit.weights.begin() + static_cast<std::ptrdiff_t>(rows().cols);
  return {{fit.weights.begin(), biases}, {biases, fit.weights.end()}, fit.bias};
}

void ContentRegression::set_global(Global global) {
  global_ = std::move(global);
  shared_.resize(n_items());
  for (idx_t i = 0; i < n_items(); ++i)
    shared_[i] = global_.mean + global_.item_biases[i] + weighted_sum(rows(), i, global_.weights);
}

void ContentRegression::unique_items(const Query& query, std::vector<idx_t>& items,
                                     std::vector<float>& values) {
  std::vector<std::size_t> order(query.history.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t h) { return query.history[h]; });
  for (std::size_t n = 0; n < order.size(); ++n) {
    const idx_t item = query.history[order[n]];
    if (n + 1 < order.size() && query.history[order[n + 1]] == item) continue;  // the latest counts
    items.push_back(item);
    if (!query.values.empty()) values.push_back(query.values[order[n]]);
  }
}

float ContentRegression::personal_score(const Personal& personal, idx_t item) const {
  return shared_[item] + personal.bias + weighted_sum(rows(), item, personal.fit.weights);
}

bool ContentRegression::score_all(const Query& query, std::span<float> out) const {
  AKIN_ASSERT(out.size() == n_items());
  Personal of_user;
  if (!personal(query, of_user)) return false;
  for (idx_t i = 0; i < out.size(); ++i) out[i] = is_placed(i) ? personal_score(of_user, i) : kNever;
  return true;
}

std::optional<Explanation> ContentRegression::explain(const Query& query, idx_t item) const {
  Personal of_user;
  if (!is_placed(item) || !personal(query, of_user)) return std::nullopt;
  Explanation result{personal_score(of_user, item), {}};
  for (std::size_t h = 0; h < of_user.items.size(); ++h) {
    const float adds = of_user.fit.coefficients[h] * ContentModel::product(of_user.items[h], item);
    result.causes.push_back({of_user.items[h], adds});
    result.base -= adds;
  }
  std::ranges::stable_sort(result.causes, std::ranges::greater{}, &Scored::score);
  return result;
}

std::optional<TextExplanation> ContentRegression::explain_words(const Query& query, idx_t item) const {
  Personal of_user;
  if (encoder()->dimension(0).empty() || !is_placed(item) || !personal(query, of_user)) return std::nullopt;
  TextExplanation result;
  result.base = static_cast<double>(global_.mean + global_.item_biases[item] + of_user.bias);
  for (std::size_t e = 0; e < rows().row_size(item); ++e) {
    const idx_t column = rows().cols_of(item)[e];
    const float weight = global_.weights[column] + of_user.fit.weights[column];
    result.parts.push_back(
        {encoder()->dimension(column), static_cast<double>(weight * rows().values_of(item)[e])});
  }
  std::ranges::stable_sort(result.parts, std::greater{},
                           [](const TextPart& part) { return std::abs(part.score); });
  return result;
}

void ContentRegression::save(TensorWriter& writer) const {
  ContentModel::save(writer);
  writer.tensor("model.weights", global_.weights);
  writer.tensor("model.item_biases", global_.item_biases);
  writer.tensor("model.regression", std::vector<float>{global_.mean, user_regularization_});
}

void ContentRegression::restore(const TensorReader& reader, std::size_t n_items) {
  ContentModel::restore(reader, "model", n_items);
  finish();
  Global global;
  global.weights = reader.vector<float>("model.weights", rows().cols);
  global.item_biases = reader.vector<float>("model.item_biases", this->n_items());
  const std::vector<float> numbers = reader.vector<float>("model.regression", 2);
  if (!(numbers[1] > 0)) reader.inconsistent("model.regression is out of range");
  global.mean = numbers[0];
  user_regularization_ = numbers[1];
  set_global(std::move(global));
}

std::vector<Param> ContentRidge::Config::params() {
  std::vector<Param> params;
  add_params(params);
  params.push_back({"user_bias_regularization",
                    &user_bias_regularization,
                    "lambda of the users' biases, in ratings",
                    1e-3,
                    1e6,
                    {},
                    true,
                    {0.5, 50}});
  return params;
}

std::unique_ptr<Model> ContentRidge::fit(const TrainingData& data, const Config& config,
                                         const FitContext& context) {
  const ItemContent content(data.source);
  std::unique_ptr<ContentRidge> model(
      new ContentRidge(fit_encoder(data, content, config, context), content, config, context));
  model->user_bias_regularization_ = config.user_bias_regularization;
  const Csr ratings = to_csr(data.events, data.n_users(), model->n_items(), Repeats::kLast, context.threads);
  std::vector<float> sorted = ratings.values;
  const std::size_t upper = sorted.size() * 3 / 4;
  std::ranges::nth_element(sorted, sorted.begin() + static_cast<std::ptrdiff_t>(upper));
  model->liked_ = sorted[upper];
  const double mean = std::accumulate(ratings.values.begin(), ratings.values.end(), 0.0) /
                      static_cast<double>(ratings.values.size());
  const std::vector<std::uint32_t> counts = column_sizes(ratings);
  std::vector<idx_t> items;
  std::vector<float> costs;
  for (idx_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    items.push_back(i);
    costs.push_back(static_cast<float>(counts[i]));
  }
  std::vector<float> targets(items.size());
  model->set_global({std::vector<float>(model->rows().cols), std::vector<float>(model->n_items()),
                     static_cast<float>(mean)});
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    std::vector<double> rests(model->n_items(), 0.0);
    for (idx_t user = 0; user < data.n_users(); ++user) {
      const double bias =
          static_cast<double>(model->user_bias(ratings.cols_of(user), ratings.values_of(user)));
      for (std::size_t e = 0; e < ratings.row_size(user); ++e)
        rests[ratings.cols_of(user)[e]] += static_cast<double>(ratings.values_of(user)[e]) - mean - bias;
    }
    for (std::size_t n = 0; n < items.size(); ++n)
      targets[n] = static_cast<float>(rests[items[n]] / static_cast<double>(counts[items[n]]));
    Global global = model->fit_global(
        {.rows = model->rows(), .samples = items, .targets = targets, .costs = costs, .bias = false},
        LinearLoss::kSquared, config, context);
    global.mean = static_cast<float>(mean);
    model->set_global(std::move(global));
  }
  return model;
}

float ContentRidge::user_bias(std::span<const idx_t> items, std::span<const float> ratings) const {
  double sum = 0;
  for (std::size_t h = 0; h < items.size(); ++h)
    sum += static_cast<double>(ratings[h]) - static_cast<double>(shared_[items[h]]);
  return static_cast<float>(
      sum / (static_cast<double>(user_bias_regularization_) + static_cast<double>(items.size())));
}

bool ContentRidge::personal(const Query& query, Personal& result) const {
  if (query.history.empty()) return false;
  std::vector<float> ratings;
  unique_items(query, result.items, ratings);
  if (ratings.empty()) ratings.assign(result.items.size(), liked_);
  result.bias = user_bias(result.items, ratings);
  std::vector<float> rests;
  for (std::size_t h = 0; h < ratings.size(); ++h)
    rests.push_back(ratings[h] - shared_[result.items[h]] - result.bias);
  const LinearOptions options{
      .loss = LinearLoss::kSquared, .regularization = user_regularization_, .tolerance = kTolerance};
  result.fit = fit_linear({.rows = rows(), .samples = result.items, .targets = rests, .bias = false}, options,
                          kOrderSeed, {});
  return true;
}

void ContentRidge::save(TensorWriter& writer) const {
  ContentRegression::save(writer);
  writer.tensor("model.ridge", std::vector<float>{liked_, user_bias_regularization_});
}

std::unique_ptr<Model> ContentRidge::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  std::unique_ptr<ContentRidge> model(new ContentRidge());
  model->restore(reader, n_items);
  const std::vector<float> numbers = reader.vector<float>("model.ridge", 2);
  if (!(numbers[1] > 0)) reader.inconsistent("model.ridge is out of range");
  model->liked_ = numbers[0];
  model->user_bias_regularization_ = numbers[1];
  return model;
}

std::vector<Param> ContentLogistic::Config::params() {
  std::vector<Param> params;
  add_params(params);
  params.push_back({"negatives", &negatives, "items not chosen beside each item chosen", 1, 1000});
  params.push_back(
      {"sample", &sample, "items that stand for those not chosen, for a user's own weights", 1, 100'000});
  return params;
}

std::unique_ptr<Model> ContentLogistic::fit(const TrainingData& data, const Config& config,
                                            const FitContext& context) {
  const ItemContent content(data.source);
  std::unique_ptr<ContentLogistic> model(
      new ContentLogistic(fit_encoder(data, content, config, context), content, config, context));
  model->negatives_ = static_cast<float>(config.negatives);
  const std::vector<idx_t> known = items_to_learn_from(data);
  std::vector<float> chosen(model->n_items(), 0.0F);
  for (const Event& event : data.events) chosen[event.item] += 1;
  // Each item stands for its events, and once more for its part of all items that were not chosen.
  const float part =
      model->negatives_ * static_cast<float>(data.events.size()) / static_cast<float>(known.size());
  std::vector<idx_t> samples;
  std::vector<float> targets, costs;
  for (const idx_t item : known) {
    if (chosen[item] > 0) {
      samples.push_back(item);
      targets.push_back(1);
      costs.push_back(chosen[item]);
    }
    samples.push_back(item);
    targets.push_back(-1);
    costs.push_back(part);
  }
  Global global =
      model->fit_global({.rows = model->rows(), .samples = samples, .targets = targets, .costs = costs},
                        LinearLoss::kLogistic, config, context);
  // That nobody has chosen it yet says nothing against a new item.
  for (idx_t i = 0; i < chosen.size(); ++i) {
    if (chosen[i] == 0) global.item_biases[i] = 0;
  }
  model->set_global(std::move(global));
  std::vector<idx_t> drawn = known;
  std::erase_if(drawn, [&](idx_t item) { return !model->has_vector(item); });
  Rng(context.seed).shuffle(std::span(drawn));
  drawn.resize(std::min(drawn.size(), static_cast<std::size_t>(config.sample)));
  std::ranges::sort(drawn);
  model->sample_ = std::move(drawn);
  return model;
}

bool ContentLogistic::is_placed(idx_t item) const {
  return has_vector(item) || global_.item_biases[item] != 0;
}

bool ContentLogistic::personal(const Query& query, Personal& result) const {
  std::vector<float> values;
  unique_items(query, result.items, values);
  std::erase_if(result.items, [&](idx_t item) { return !has_vector(item); });
  if (result.items.empty()) return false;
  std::vector<idx_t> samples = result.items;
  std::ranges::set_difference(sample_, result.items, std::back_inserter(samples));
  const std::size_t liked = result.items.size(), others = samples.size() - liked;
  std::vector<float> targets(samples.size(), -1.0F), offsets;
  std::vector<float> costs(samples.size(),
                           negatives_ * static_cast<float>(liked) / static_cast<float>(others));
  std::fill_n(targets.begin(), liked, 1.0F);
  std::fill_n(costs.begin(), liked, 1.0F);
  for (const idx_t item : samples) offsets.push_back(shared_[item]);
  const LinearOptions options{
      .loss = LinearLoss::kLogistic, .regularization = user_regularization_, .tolerance = kTolerance};
  result.fit = fit_linear({.rows = rows(),
                           .samples = samples,
                           .targets = targets,
                           .costs = costs,
                           .offsets = offsets,
                           .bias = false},
                          options, kOrderSeed, {});
  return true;
}

void ContentLogistic::save(TensorWriter& writer) const {
  ContentRegression::save(writer);
  writer.tensor("model.sample", sample_);
  writer.tensor("model.logistic", std::vector<float>{negatives_});
}

std::unique_ptr<Model> ContentLogistic::load(const TensorReader& reader, std::size_t, std::size_t n_items) {
  std::unique_ptr<ContentLogistic> model(new ContentLogistic());
  model->restore(reader, n_items);
  const std::size_t count = reader.shape("model.sample").at(0);
  model->sample_ = reader.indices("model.sample", count, model->n_items());
  if (!std::ranges::is_sorted(model->sample_)) reader.inconsistent("model.sample is not ascending");
  model->negatives_ = reader.vector_in<float>("model.logistic", 1, 1.0F, 1000.0F)[0];
  return model;
}

}  // namespace akin
