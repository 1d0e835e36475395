#include "akin/nets/net_use.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/safetensors.h"
#include "akin/nets/net_data.h"
#include "akin/nets/user_rows.h"
#include "akin/nn/class_scores.h"
#include "akin/nn/constant_scores.h"
#include "akin/nn/keras_file.h"
#include "akin/nn/samples.h"

namespace akin::nets {
namespace {

constexpr std::int64_t kBatch = 256;  // samples computed at a time

NetSamples load_samples(const NetQuestion& question, Targets targets, const Context& context) {
  auto [settings, ids] = read_net_data(TensorReader(question.path));
  const NetSource source = read_source(settings.kind, question.data);
  NetSamples samples = make_samples(nn::load_spec(question.path), settings, source, ids, targets);
  if (samples.unknown > 0) {
    context.remark(
        fmt::format("{} indices that the net does not know became 0", format_count(samples.unknown)));
  }
  return samples;
}

nn::Net load(const NetQuestion& question, const Context& context) {
  nn::Net net = nn::load_net(question.path, question.device);
  net.set_threads(context.threads);
  return net;
}

/// The numbers of the samples in that part.
std::vector<std::int64_t> part_of(const NetSamples& samples, const std::string& part,
                                  const std::string& path) {
  if (part == "train") return samples.train;
  if (part == "test") {
    if (samples.test.empty()) fail(ErrorCode::kUsage, "{}: no samples were held out; use --part all", path);
    return samples.test;
  }
  if (part != "all") fail(ErrorCode::kUsage, "part: '{}' is neither test, train nor all", part);
  std::vector<std::int64_t> all(static_cast<std::size_t>(samples.all.inputs.at(0).samples()));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

/// Ids of the rows of an embedding that reads an input with ids: row 0 has none and is left out.
struct TableRows {
  IdMap ids;
  std::size_t first = 0;
};

TableRows rows_of(const nn::NetSpec& spec, const std::string& weight, std::size_t rows, const NetIds& ids) {
  const std::size_t layer = spec.index(weight.substr(0, weight.find('/')));
  const auto found = ids.find(weight.ends_with("/embeddings") && table_of(spec, layer)
                                  ? spec.layers()[spec.sources(layer)[0]].name
                                  : "");
  TableRows result;
  if (found != ids.end() && found->second.size() + 1 == rows) {
    for (idx_t id = 0; id < found->second.size(); ++id) result.ids.add(found->second.id(id));
    result.first = 1;
    return result;
  }
  for (std::size_t row = 0; row < rows; ++row) result.ids.add(fmt::format("{}", row));
  return result;
}

}  // namespace

NetScores evaluate_net(const NetQuestion& question, const std::string& part, const Context& context) {
  const NetSamples samples = load_samples(question, Targets::kRequired, context);
  NetScores result;
  result.part = !part.empty() ? part : samples.test.empty() ? "all" : "test";
  const nn::Batch batch = nn::select(samples.all, part_of(samples, result.part, question.path));
  result.samples = static_cast<std::uint64_t>(batch.targets.samples());
  nn::Net net = load(question, context);
  result.scores = net.evaluate(batch, kBatch, context);
  const nn::Loss loss = net.compiled()->loss;
  if (nn::predicts_classes(loss))
    result.scores.merge(
        nn::class_scores(loss, net.predict(batch.inputs, "", kBatch, context), batch.targets));
  if (!samples.train.empty() && result.samples > 0)
    result.constant =
        nn::constant_scores(*net.compiled(), samples.all.targets.select(samples.train), batch.targets);
  return result;
}

NetPredictions predict_net(const NetQuestion& question, const std::string& layer, const Context& context) {
  NetSamples samples = load_samples(question, Targets::kIfPresent, context);
  nn::Array values = load(question, context).predict(samples.all.inputs, layer, kBatch, context);
  return {std::move(values), std::move(samples.all.targets)};
}

WeightTable weight_table(const std::string& path, const std::string& name) {
  const std::vector<nn::NamedArray> weights = nn::read_weights(path);
  const auto found = std::ranges::find(weights, name, &nn::NamedArray::name);
  if (found == weights.end()) {
    std::vector<std::string> names;
    for (const nn::NamedArray& weight : weights) names.push_back(weight.name);
    fail(ErrorCode::kNotFound, "{}: has no weight '{}'{}; it has {}", path, name, did_you_mean(name, names),
         fmt::join(names, ", "));
  }
  if (found->shape.size() != 2 || found->size() == 0)  // rows without columns may be any number
    fail(ErrorCode::kUsage, "weight {} is not a table of rows and columns: ({})", name,
         fmt::join(found->shape, ", "));
  const TensorReader reader(path);
  const NetIds ids = reader.has_meta("data.settings") ? read_net_data(reader).second : NetIds{};
  const auto rows = static_cast<std::size_t>(found->shape[0]);
  const auto cols = static_cast<std::size_t>(found->shape[1]);
  TableRows table = rows_of(nn::load_spec(path), name, rows, ids);
  Matrix vectors(rows - table.first, cols);
  for (std::size_t row = table.first; row < rows; ++row) {
    for (std::size_t col = 0; col < cols; ++col)
      vectors.row(row - table.first)[col] = static_cast<float>(found->at(row * cols + col));
  }
  return {std::move(table.ids), std::move(vectors)};
}

}  // namespace akin::nets
