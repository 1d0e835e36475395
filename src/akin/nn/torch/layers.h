// The layers' equations.
#pragma once

#include <ATen/ATen.h>

#include <span>

#include "akin/nn/layer.h"
#include "akin/nn/torch/pass.h"

namespace akin::nn {

using Tensors = std::span<const at::Tensor>;

/// Output of a layer for `inputs`, (samples, ...) each; `weights` in the order of LayerShape.
at::Tensor apply_layer(const LayerSpec& layer, Tensors inputs, Tensors weights, Pass& pass);

/// g(x): sigmoid 1 / (1 + e^-x); hard sigmoid max(0, min(1, 0.2 x + 0.5)); leaky ReLU max(0.01 x, x); softmax
/// over the last dimension, of x minus its greatest value.
at::Tensor activate(Activation activation, const at::Tensor& x);

/// Convolutions (cross-correlations, as everywhere in neural nets) and pools: window.cc.
at::Tensor convolve(const LayerSpec& layer, const at::Tensor& x, Tensors weights);
at::Tensor pool(const LayerSpec& layer, const at::Tensor& x);

/// rnn, gru and lstm, unrolled over the steps of x (samples, steps, width): recurrent.cc.
at::Tensor run_recurrent(const LayerSpec& layer, const at::Tensor& x, Tensors weights);

}  // namespace akin::nn
