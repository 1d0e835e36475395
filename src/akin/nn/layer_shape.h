// What follows from a layer and the shapes it gets: its output's shape and its weights.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "akin/nn/layer.h"

namespace akin::nn {

/// How a weight begins. kGlorot: uniform within sqrt(6 / (fan in + fan out)) (Glorot & Bengio 2010);
/// kOrthogonal: a random orthogonal matrix (Saxe et al. 2014); kUniform: within 0.05; kForgetBias: zeros, but
/// ones for the forget gate of an lstm (Jozefowicz et al. 2015); kTable: read from the layer's file.
enum class Initializer { kZeros, kOnes, kGlorot, kOrthogonal, kUniform, kForgetBias, kTable };

/// One array of numbers that a layer holds. Names and layouts are those of Keras 2: kernels are (in, out), of
/// convolutions (width, in, out) or (height, width, in, out); the gates of a gru stand side by side as
/// update, reset, state, those of an lstm as update, forget, state, output.
struct WeightSpec {
  std::string name;  ///< "kernel", "bias", "embeddings" ...
  Shape shape;
  Initializer initializer;
  bool trainable;
};

struct LayerShape {
  Shape output;                     ///< without the batch dimension
  std::vector<WeightSpec> weights;  ///< of its own; NetSpec leaves out those of another layer (weights_of)
};

/// Works out `layer` for inputs of the given shapes. Throws Error(kUsage) that names the layer and says what
/// it needs.
LayerShape infer_layer(const LayerSpec& layer, std::span<const Shape> inputs);

/// WindowPositions that a window of `kernel` with `stride` takes on `size` positions, and the zeros put
/// before and after.
struct WindowPositions {
  std::int64_t count;
  std::int64_t before;
  std::int64_t after;
};
WindowPositions window_positions(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                                 const LayerSpec& layer);

/// Steps that a dynamic_k_max_pool1d keeps of `steps`: max(k, ceil((layers - layer) / layers x steps)).
std::int64_t dynamic_k(const LayerSpec& layer, std::int64_t steps);

/// Strides of a convolution or pooling layer, one a dimension.
Shape strides_of(const LayerSpec& layer);

/// Of each size, of an array, a window or a table; of the numbers that a layer gives for a sample, 1 GiB; of
/// its weights.
inline constexpr std::int64_t kLargestSize = (std::int64_t{1} << 31) - 1;
inline constexpr std::int64_t kMostOutputs = std::int64_t{1} << 28;
inline constexpr std::int64_t kMostWeights = std::int64_t{1} << 40;
inline constexpr std::size_t kMostDimensions = 16;

/// Product of the sizes. Throws Error(kUsage) where 64 bits cannot hold it.
std::int64_t count_of(const Shape& shape);
/// "(None, 1, 30)".
std::string shape_text(const Shape& shape);

}  // namespace akin::nn
