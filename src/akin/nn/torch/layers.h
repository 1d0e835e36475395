// The layers' equations.
#pragma once

#include <ATen/ATen.h>

#include <span>
#include <vector>

#include "akin/nn/layer.h"
#include "akin/nn/torch/pass.h"

namespace akin::nn {

using Tensors = std::span<const at::Tensor>;

/// What a layer works out: values of `inputs`, (samples, ...) each; `weights` in the order of LayerShape;
/// `mask` (samples, steps), true for steps that count, not defined where all do.
struct LayerCall {
  const LayerSpec& layer;
  Tensors inputs;
  Tensors weights;
  at::Tensor mask;
  Pass& pass;

  /// g, or x itself where the loss takes what goes into g.
  at::Tensor activated(const at::Tensor& x) const;
};

using Equation = at::Tensor (*)(const LayerCall& call);
struct LayerEquation {
  LayerKind kind;
  Equation equation;
};
using LayerEquations = std::vector<LayerEquation>;

// One function a family, as in nn/layers/layer_defs.h; layers.cc lists them.
LayerEquations basic_equations();
LayerEquations embedding_equations();
LayerEquations reshape_equations();
LayerEquations merge_equations();
LayerEquations convolution_equations();
LayerEquations pooling_equations();
LayerEquations k_max_equations();
LayerEquations recurrent_equations();
LayerEquations attention_equations();
LayerEquations gaussian_equations();
LayerEquations candidate_equations();
LayerEquations normalization_equations();

/// Output of the layer.
at::Tensor apply_layer(const LayerCall& call);

/// g(x): sigmoid s(x) = 1 / (1 + e^-x); hard sigmoid max(0, min(1, 0.2 x + 0.5)); leaky ReLU max(0.01 x, x);
/// softmax over the last dimension, of x minus its greatest value; gelu x (1 + erf(x / sqrt 2)) / 2 (Hendrycks &
/// Gimpel 2016); silu x s(x); relu6 min(6, max(0, x)).
at::Tensor activate(Activation activation, const at::Tensor& x);

/// tanh x; floats on the CPU take kernels of their own: tanh_float.cc.
at::Tensor tanh_of(const at::Tensor& x);

/// Inverted dropout (Srivastava et al. 2014): kept values grow by 1 / (1 - rate), nothing changes at test.
at::Tensor drop(double rate, const at::Tensor& x, const Pass& pass);

/// conv1d with steps of one: x (samples, steps, channels) padded, kernel (width, channels, units), bias (units)
/// or undefined; floats on the CPU: conv_float.cc.
at::Tensor convolve_steps(const at::Tensor& x, const at::Tensor& kernel, const at::Tensor& bias);

/// Whether the greatest value over a conv1d's steps can be had without the others: conv_max_float.cc.
bool has_max_kernels(const LayerSpec& layer);
/// (samples, units), before the activation; arguments as of convolve_steps().
at::Tensor greatest_of_steps(const at::Tensor& x, const at::Tensor& kernel, const at::Tensor& bias);
/// A conv1d with has_max_kernels(), of floats on the CPU, and the global_max_pool1d behind it.
at::Tensor convolution_and_pool(const LayerCall& call);

/// x w of few columns, x (samples, inputs), w (inputs, units); floats on the CPU: narrow_float.cc.
bool has_narrow_kernels(const at::Tensor& x, const at::Tensor& w);
at::Tensor run_narrow_kernels(const at::Tensor& x, const at::Tensor& w);

/// The recurrent layers in one pass a step, for those that have it: recurrent_float.cc.
bool has_recurrent_kernels(const LayerSpec& layer, const at::Tensor& x);
/// `mask`, if defined, says which steps count; they come before all others.
at::Tensor run_recurrent_kernels(const LayerSpec& layer, const at::Tensor& x, Tensors weights,
                                 const at::Tensor& mask);

}  // namespace akin::nn
