#include "akin/nn/layer_shape.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/base/checked_math.h"
#include "akin/base/error.h"
#include "akin/nn/layers/layer_defs.h"

namespace akin::nn {
namespace {

void check_input_count(const LayerSpec& layer, int given) {
  const KindInfo& info = kind_info(layer.kind);
  if (given < info.least_inputs || given > info.most_inputs) {
    const std::string wanted = info.least_inputs == info.most_inputs ? fmt::format("{}", info.least_inputs)
                               : info.most_inputs < kManyInputs
                                   ? fmt::format("{} to {}", info.least_inputs, info.most_inputs)
                                   : fmt::format("at least {}", info.least_inputs);
    wrong(layer, "has {} input{}, but takes {}", given, given == 1 ? "" : "s", wanted);
  }
}

/// What the layer's fields say, before anything is worked out with it.
void check_fields(const LayerSpec& layer) {
  const auto check = [&](std::string_view name, std::int64_t size) {
    if (size > kLargestSize) wrong(layer, "{} is {}, but may be up to {}", name, size, kLargestSize);
  };
  check("units", layer.units);
  check("rows", layer.rows);
  check("padding", layer.pad);
  for (const auto& [name, size] :
       {std::pair("heads", layer.heads), std::pair("key_size", layer.key_size), std::pair("size", layer.size),
        std::pair("depth_multiplier", layer.depth_multiplier), std::pair("layers", layer.layers)})
    check(name, size);
  for (const auto& [name, sizes] : {std::pair("shape", &layer.shape), std::pair("kernel", &layer.kernel),
                                    std::pair("pool", &layer.pool), std::pair("strides", &layer.strides)}) {
    if (sizes->size() > kMostDimensions)
      wrong(layer, "{} has {} sizes, but may have up to {}", name, sizes->size(), kMostDimensions);
    for (const std::int64_t size : *sizes) check(name, size);
  }
  if (!(layer.momentum >= 0 && layer.momentum <= 1)) wrong(layer, "momentum must be from 0 to 1");
  if (!(layer.epsilon >= 0 && layer.epsilon <= 1)) wrong(layer, "epsilon must be from 0 to 1");
  need_rate(layer);
}

/// What followed from them, which later layers multiply.
void check_shape(const LayerSpec& layer, const LayerShape& shape) {
  const auto exceeds = [](const Shape& sizes, std::int64_t most) {
    std::int64_t count = 1;
    return std::ranges::any_of(sizes, [&](std::int64_t size) {
      const auto product = checked_product(count, size);
      count = product.value_or(most);
      return !product || *product > most;
    });
  };
  if (shape.output.size() > kMostDimensions)
    wrong(layer, "its output has {} dimensions, but may have up to {}", shape.output.size(), kMostDimensions);
  if (exceeds(shape.output, kMostOutputs)) {
    wrong(layer, "its output is {}: more than {} numbers for each sample", shape_text(shape.output),
          kMostOutputs);
  }
  for (const WeightSpec& weight : shape.weights) {
    if (exceeds(weight.shape, kMostWeights))
      wrong(layer, "its {} of ({}) has more than {} values", weight.name, fmt::join(weight.shape, ", "),
            kMostWeights);
  }
}

}  // namespace

LayerShape infer_layer(const LayerSpec& layer, std::span<const Shape> inputs) {
  check_input_count(layer, static_cast<int>(inputs.size()));
  check_fields(layer);
  LayerShape shape = layer_def(layer.kind).infer(layer, inputs);
  check_shape(layer, shape);
  return shape;
}

WindowPositions window_positions(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                                 const LayerSpec& layer) {
  if (layer.padding == Padding::kSame) {
    const std::int64_t count = (size + stride - 1) / stride;
    const std::int64_t zeros = std::max<std::int64_t>(0, (count - 1) * stride + kernel - size);
    return {count, zeros / 2, zeros - zeros / 2};
  }
  const std::int64_t pad = layer.padding == Padding::kAmount ? layer.pad
                           : layer.padding == Padding::kFull ? kernel - 1
                                                             : 0;
  const std::int64_t room = size + 2 * pad - kernel;
  return {room < 0 ? 0 : room / stride + 1, pad, pad};
}

Shape strides_of(const LayerSpec& layer) {
  if (!layer.strides.empty()) return layer.strides;
  return layer.pool.empty() ? Shape(layer.kernel.size(), 1) : layer.pool;
}

std::int64_t count_of(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) {
    const auto product = checked_product(count, size);
    if (!product) fail(ErrorCode::kUsage, "an array of ({}) has too many values", fmt::join(shape, ", "));
    count = *product;
  }
  return count;
}

std::string shape_text(const Shape& shape) { return fmt::format("(None, {})", fmt::join(shape, ", ")); }

}  // namespace akin::nn
