#include "akin/nn/samples.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/nn/layers/layer_defs.h"

namespace akin::nn {

void check_ids(const NetSpec& spec, std::size_t input, const Array& array) {
  const std::vector<std::int32_t>& ids = array.ids();
  for (std::size_t i = 0; i < spec.layers().size(); ++i) {
    const LayerSpec& layer = spec.layers()[i];
    if (!layer_def(layer.kind).reads_ids || spec.sources(i)[0] != input) continue;
    const bool embeds = layer.rows > 0;
    const std::int64_t rows = embeds ? layer.rows : layer.units;
    const auto outside = [rows](std::int32_t id) { return id < 0 || id >= rows; };
    const auto found = std::ranges::find_if(ids, outside);
    if (found == ids.end()) continue;
    const auto sample = (found - ids.begin()) / count_of(array.sample_shape());
    fail(ErrorCode::kBadData, "input {}: sample {} holds index {}, but layer {} has {} {}: 0 to {}",
         spec.layers()[input].name, sample, *found, layer.name, rows, embeds ? "rows" : "units", rows - 1);
  }
}

std::vector<Array> slice(const std::vector<Array>& inputs, std::int64_t begin, std::int64_t end) {
  std::vector<Array> parts;
  for (const Array& input : inputs) parts.push_back(input.slice(begin, end));
  return parts;
}

Batch slice(const Batch& samples, std::int64_t begin, std::int64_t end) {
  return {slice(samples.inputs, begin, end), samples.targets.slice(begin, end)};
}

Batch select(const Batch& samples, std::span<const std::int64_t> rows) {
  Batch batch;
  for (const Array& input : samples.inputs) batch.inputs.push_back(input.select(rows));
  batch.targets = samples.targets.select(rows);
  return batch;
}

std::int64_t training_samples(std::int64_t total, double validation_split) {
  return validation_split > 0 ? static_cast<std::int64_t>(static_cast<double>(total) * (1 - validation_split))
                              : total;
}

void add_weighted(BatchResult& sums, const BatchResult& means, double samples) {
  sums.loss += means.loss * samples;
  for (std::size_t m = 0; m < means.metrics.size(); ++m) sums.metrics[m] += means.metrics[m] * samples;
}

}  // namespace akin::nn
