#include "akin/nn/initialize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"

namespace akin::nn {
namespace {

/// sqrt(6 / (fan in + fan out)); of a convolution both count every position of the window.
double glorot_limit(const Shape& shape) {
  const std::int64_t last = shape.back();
  const std::int64_t before = shape[shape.size() - 2];
  const std::int64_t positions = count_of(shape) / (last * before);
  return std::sqrt(6.0 / static_cast<double>(positions * (before + last)));
}

/// Rows (rows <= cols) drawn normal, then made orthonormal by Gram and Schmidt, twice for precision.
std::vector<double> orthonormal_rows(std::size_t rows, std::size_t cols, Rng& rng) {
  std::vector<double> matrix(rows * cols);
  for (double& value : matrix) value = rng.normal();
  for (std::size_t r = 0; r < rows; ++r) {
    double* row = &matrix[r * cols];
    for (std::size_t other = 0; other < 2 * r; ++other) {
      const double* base = &matrix[other % r * cols];
      double along = 0;
      for (std::size_t c = 0; c < cols; ++c) along += row[c] * base[c];
      for (std::size_t c = 0; c < cols; ++c) row[c] -= along * base[c];
    }
    double length = 0;
    for (std::size_t c = 0; c < cols; ++c) length += row[c] * row[c];
    for (std::size_t c = 0; c < cols; ++c) row[c] /= std::sqrt(length);
  }
  return matrix;
}

std::vector<double> uniform(std::size_t count, double limit, Rng& rng) {
  std::vector<double> values(count);
  for (double& value : values) value = (2 * rng.uniform() - 1) * limit;
  return values;
}

/// A pretrained table of (rows, units), or of one row less: then row 0, which stands for nothing, is zero.
std::vector<double> read_table(const LayerSpec& layer) {
  const TensorReader reader(layer.file);
  const std::vector<std::string> names = reader.names();
  if (layer.tensor.empty() && names.size() != 1)
    fail(ErrorCode::kBadData, "layer {}: {} has {} tensors; set tensor to one of {}", layer.name, layer.file,
         names.size(), fmt::join(names, ", "));
  const std::string name = layer.tensor.empty() ? names[0] : layer.tensor;
  if (!reader.has(name))
    fail(ErrorCode::kNotFound, "layer {}: {} has no tensor {}{}", layer.name, layer.file, name,
         did_you_mean(name, names));
  const auto& shape = reader.shape(name);
  const auto rows = static_cast<std::size_t>(layer.rows);
  const auto units = static_cast<std::size_t>(layer.units);
  if (shape.size() != 2 || shape[1] != units || (shape[0] != rows && shape[0] + 1 != rows))
    fail(ErrorCode::kBadData, "layer {}: tensor {} of {} is ({}); expected ({}, {}), or a row less",
         layer.name, name, layer.file, fmt::join(shape, ", "), rows, units);
  const auto table = reader.tensor<float>(name);
  std::vector<double> values((rows - shape[0]) * units, 0.0);
  values.insert(values.end(), table.begin(), table.end());
  return values;
}

std::vector<double> initial_values(const LayerSpec& layer, const WeightSpec& weight, Rng rng) {
  const auto count = static_cast<std::size_t>(count_of(weight.shape));
  switch (weight.initializer) {
    case Initializer::kZeros:
      return std::vector<double>(count, 0.0);
    case Initializer::kOnes:
      return std::vector<double>(count, 1.0);
    case Initializer::kGlorot:
      return uniform(count, glorot_limit(weight.shape), rng);
    case Initializer::kUniform:
      return uniform(count, 0.05, rng);
    case Initializer::kOrthogonal:
      return orthonormal_rows(static_cast<std::size_t>(weight.shape[0]),
                              static_cast<std::size_t>(weight.shape[1]), rng);
    case Initializer::kForgetBias: {
      std::vector<double> values(count, 0.0);
      const auto units = static_cast<std::ptrdiff_t>(layer.units);
      std::fill(values.begin() + units, values.begin() + 2 * units, 1.0);
      return values;
    }
    case Initializer::kTable:
      return read_table(layer);
  }
  fail(ErrorCode::kInternal, "weight {} has no initializer", weight.name);
}

}  // namespace

std::vector<NamedArray> initial_weights(const NetSpec& spec, std::uint64_t seed, const std::string& dtype) {
  std::vector<NamedArray> weights;
  for (std::size_t i = 0; i < spec.layers().size(); ++i) {
    for (const WeightSpec& weight : spec.shape(i).weights) {
      const LayerSpec& layer = spec.layers()[i];
      std::vector<double> values = initial_values(layer, weight, Rng(seed, weights.size()));
      if (layer.padding_index >= 0)
        std::fill_n(values.begin() + layer.padding_index * layer.units, layer.units, 0.0);
      NamedArray array{layer.name + "/" + weight.name, weight.shape};
      if (dtype == "double")
        array.values = std::move(values);
      else
        array.values = std::vector<float>(values.begin(), values.end());
      weights.push_back(std::move(array));
    }
  }
  return weights;
}

}  // namespace akin::nn
