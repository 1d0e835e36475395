#include "akin/nn/layer_shape.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/base/checked_math.h"
#include "akin/base/error.h"

namespace akin::nn {
namespace {

template <typename... Args>
[[noreturn]] void wrong(const LayerSpec& layer, fmt::format_string<Args...> format, Args&&... args) {
  fail(ErrorCode::kUsage, "layer {} ({}): {}", layer.name, kind_info(layer.kind).name,
       fmt::format(format, std::forward<Args>(args)...));
}

void need_rank(const LayerSpec& layer, const Shape& input, std::size_t rank, std::string_view meaning) {
  if (input.size() != rank)
    wrong(layer, "takes {}, but its input {} is {}", meaning, layer.inputs.at(0), shape_text(input));
}

void need_units(const LayerSpec& layer) {
  if (layer.units < 1) wrong(layer, "units must be at least 1");
}

void add_bias(const LayerSpec& layer, LayerShape& shape, std::int64_t width, Initializer initializer) {
  if (layer.bias) shape.weights.push_back({"bias", {width}, initializer, layer.trainable});
}

LayerShape input(const LayerSpec& layer) {
  if (layer.shape.empty()) wrong(layer, "needs a shape, such as [1]");
  for (const std::int64_t size : layer.shape) {
    if (size < 1) wrong(layer, "sizes must be at least 1");
  }
  return {layer.shape, {}};
}

LayerShape dense(const LayerSpec& layer, const Shape& in) {
  need_units(layer);
  LayerShape shape{in, {}};
  shape.output.back() = layer.units;
  shape.weights.push_back({"kernel", {in.back(), layer.units}, Initializer::kGlorot, layer.trainable});
  add_bias(layer, shape, layer.units, Initializer::kZeros);
  return shape;
}

LayerShape embedding(const LayerSpec& layer, const Shape& in) {
  if (layer.rows < 1) wrong(layer, "rows must be at least 1: inputs are 0 .. rows - 1");
  LayerShape shape{in, {}};
  if (layer.vectors == VectorSource::kOneHot) {
    if (layer.units != 0 && layer.units != layer.rows)
      wrong(layer, "one-hot vectors have as many units as rows; leave units out");
    shape.output.push_back(layer.rows);
    return shape;
  }
  need_units(layer);
  const bool read = layer.vectors == VectorSource::kPretrained;
  if (read && layer.file.empty()) wrong(layer, "pretrained vectors need a file");
  shape.output.push_back(layer.units);
  shape.weights.push_back({"embeddings",
                           {layer.rows, layer.units},
                           read ? Initializer::kTable : Initializer::kUniform,
                           layer.trainable});
  return shape;
}

LayerShape reshape(const LayerSpec& layer, const Shape& in) {
  Shape out = layer.shape;
  const std::int64_t total = count_of(in);
  std::int64_t known = 1;
  std::int64_t open = 0;
  for (const std::int64_t size : out) {
    if (size == -1) {
      ++open;
      continue;
    }
    if (size < 1) wrong(layer, "sizes must be at least 1, or one of them -1");
    const auto product = checked_product(known, size);
    if (!product || *product > total)
      wrong(layer, "cannot make {} of {}, which has {} values", shape_text(layer.shape), shape_text(in),
            total);
    known = *product;
  }
  if (out.empty() || open > 1) wrong(layer, "needs a shape with at most one -1");
  if (open == 1 && total % known == 0) std::ranges::replace(out, std::int64_t{-1}, total / known);
  if (std::ranges::find(out, -1) != out.end() || count_of(out) != total)
    wrong(layer, "cannot make {} of {}, which has {} values", shape_text(layer.shape), shape_text(in), total);
  return {out, {}};
}

/// Sizes of the positions of a window on the leading dimensions of `in`.
Shape slide(const LayerSpec& layer, const Shape& in, const Shape& window) {
  const std::size_t dims = window.size();
  need_rank(layer, in, dims + 1, dims == 1 ? "(steps, channels)" : "(height, width, channels)");
  const Shape strides = strides_of(layer);
  if (strides.size() != dims || std::ranges::min(window) < 1 || std::ranges::min(strides) < 1)
    wrong(layer, "window and strides are {} whole number{} of at least 1", dims, dims == 1 ? "" : "s");
  if (layer.pad < 0) wrong(layer, "padding must not be negative");
  Shape out;
  for (std::size_t d = 0; d < dims; ++d) {
    const std::int64_t positions = window_positions(in[d], window[d], strides[d], layer).count;
    if (positions < 1) {
      wrong(layer, "a window of {} does not fit into {} positions; use padding, or make the input longer",
            window[d], in[d]);
    }
    out.push_back(positions);
  }
  return out;
}

LayerShape convolution(const LayerSpec& layer, const Shape& in, std::size_t dims) {
  need_units(layer);
  if (layer.kernel.size() != dims) wrong(layer, "kernel has {} size{}", dims, dims == 1 ? "" : "s");
  LayerShape shape{slide(layer, in, layer.kernel), {}};
  shape.output.push_back(layer.units);
  Shape kernel = layer.kernel;
  kernel.push_back(in.back());
  kernel.push_back(layer.units);
  shape.weights.push_back({"kernel", kernel, Initializer::kGlorot, layer.trainable});
  add_bias(layer, shape, layer.units, Initializer::kZeros);
  return shape;
}

LayerShape pooling(const LayerSpec& layer, const Shape& in, std::size_t dims) {
  if (layer.pool.size() != dims) wrong(layer, "pool has {} size{}", dims, dims == 1 ? "" : "s");
  Shape out = slide(layer, in, layer.pool);
  out.push_back(in.back());
  return {out, {}};
}

LayerShape recurrent(const LayerSpec& layer, const Shape& in, std::int64_t gates) {
  need_units(layer);
  need_rank(layer, in, 2, "(steps, width)");
  const std::int64_t width = gates * layer.units;
  LayerShape shape;
  if (layer.return_sequences) shape.output.push_back(in[0]);
  shape.output.push_back(layer.units);
  shape.weights.push_back({"kernel", {in[1], width}, Initializer::kGlorot, layer.trainable});
  shape.weights.push_back(
      {"recurrent_kernel", {layer.units, width}, Initializer::kOrthogonal, layer.trainable});
  add_bias(layer, shape, width, gates == 4 ? Initializer::kForgetBias : Initializer::kZeros);
  return shape;
}

LayerShape concatenate(const LayerSpec& layer, std::span<const Shape> inputs) {
  const auto rank = static_cast<std::int64_t>(inputs[0].size());
  const std::int64_t axis = layer.axis < 0 ? rank + layer.axis : layer.axis - 1;
  if (axis < 0 || axis >= rank) wrong(layer, "axis must be 1 to {} or -1 to -{}", rank, rank);
  const auto at = static_cast<std::size_t>(axis);
  Shape out = inputs[0];
  out[at] = 0;
  for (const Shape& in : inputs) {
    Shape other = in;
    if (other.size() == out.size()) other[at] = out[at];
    if (other != out) wrong(layer, "{} and {} differ beside the axis", shape_text(inputs[0]), shape_text(in));
    out[at] += in[at];
  }
  return {out, {}};
}

LayerShape merge(const LayerSpec& layer, std::span<const Shape> inputs) {
  for (const Shape& in : inputs) {
    if (in != inputs[0])
      wrong(layer, "inputs must have one shape, not {} and {}", shape_text(inputs[0]), shape_text(in));
  }
  if (layer.kind != LayerKind::kDot) return {inputs[0], {}};
  if (inputs[0].size() != 1) wrong(layer, "takes vectors, not {}; flatten them first", shape_text(inputs[0]));
  return {{1}, {}};
}

LayerShape batch_norm(const LayerSpec& layer, const Shape& in) {
  LayerShape shape{in, {}};
  const Shape width = {in.back()};
  shape.weights = {{"gamma", width, Initializer::kOnes, layer.trainable},
                   {"beta", width, Initializer::kZeros, layer.trainable},
                   {"moving_mean", width, Initializer::kZeros, false},
                   {"moving_variance", width, Initializer::kOnes, false}};
  return shape;
}

LayerShape global_pool(const LayerSpec& layer, const Shape& in, std::size_t dims) {
  need_rank(layer, in, dims + 1, dims == 1 ? "(steps, channels)" : "(height, width, channels)");
  return {{in.back()}, {}};
}

void check_input_count(const LayerSpec& layer, int given) {
  const KindInfo& info = kind_info(layer.kind);
  if (given < info.least_inputs || given > info.most_inputs) {
    const std::string wanted = info.least_inputs == info.most_inputs
                                   ? fmt::format("{}", info.least_inputs)
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
  for (const auto& [name, sizes] : {std::pair("shape", &layer.shape), std::pair("kernel", &layer.kernel),
                                    std::pair("pool", &layer.pool), std::pair("strides", &layer.strides)}) {
    if (sizes->size() > kMostDimensions)
      wrong(layer, "{} has {} sizes, but may have up to {}", name, sizes->size(), kMostDimensions);
    for (const std::int64_t size : *sizes) check(name, size);
  }
  if (!(layer.momentum >= 0 && layer.momentum <= 1)) wrong(layer, "momentum must be from 0 to 1");
  if (!(layer.epsilon >= 0 && layer.epsilon <= 1)) wrong(layer, "epsilon must be from 0 to 1");
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

LayerShape infer_shape(const LayerSpec& layer, std::span<const Shape> inputs) {
  using K = LayerKind;
  switch (layer.kind) {
    case K::kInput:
      return input(layer);
    case K::kDense:
      return dense(layer, inputs[0]);
    case K::kEmbedding:
      return embedding(layer, inputs[0]);
    case K::kMultiHot:
      need_units(layer);
      need_rank(layer, inputs[0], 1, "a list of indices");
      return {{layer.units}, {}};
    case K::kFlatten:
      return {{count_of(inputs[0])}, {}};
    case K::kReshape:
      return reshape(layer, inputs[0]);
    case K::kDropout:
      if (!(layer.rate >= 0 && layer.rate < 1)) wrong(layer, "rate must be at least 0 and below 1");
      return {inputs[0], {}};
    case K::kActivation:
      return {inputs[0], {}};
    case K::kConv1d:
      return convolution(layer, inputs[0], 1);
    case K::kConv2d:
      return convolution(layer, inputs[0], 2);
    case K::kMaxPool1d:
    case K::kAveragePool1d:
      return pooling(layer, inputs[0], 1);
    case K::kMaxPool2d:
    case K::kAveragePool2d:
      return pooling(layer, inputs[0], 2);
    case K::kGlobalMaxPool1d:
    case K::kGlobalAveragePool1d:
      return global_pool(layer, inputs[0], 1);
    case K::kGlobalMaxPool2d:
    case K::kGlobalAveragePool2d:
      return global_pool(layer, inputs[0], 2);
    case K::kRnn:
      return recurrent(layer, inputs[0], 1);
    case K::kGru:
      return recurrent(layer, inputs[0], 3);
    case K::kLstm:
      return recurrent(layer, inputs[0], 4);
    case K::kConcatenate:
      return concatenate(layer, inputs);
    case K::kAdd:
    case K::kMultiply:
    case K::kDot:
      return merge(layer, inputs);
    case K::kBatchNorm:
      return batch_norm(layer, inputs[0]);
  }
  fail(ErrorCode::kInternal, "layer {} has no shape", layer.name);
}

}  // namespace

LayerShape infer_layer(const LayerSpec& layer, std::span<const Shape> inputs) {
  check_input_count(layer, static_cast<int>(inputs.size()));
  check_fields(layer);
  LayerShape shape = infer_shape(layer, inputs);
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
  const std::int64_t pad = layer.padding == Padding::kAmount ? layer.pad : 0;
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
