#include "akin/nn/torch/layers.h"

#include "akin/base/error.h"

namespace akin::nn {
namespace {

/// x W + b over the last dimension.
at::Tensor dense(const at::Tensor& x, Tensors weights) {
  const at::Tensor y = at::matmul(x, weights[0]);
  return weights.size() > 1 ? y + weights[1] : y;
}

at::Tensor embed(const LayerSpec& layer, const at::Tensor& ids, Tensors weights, const Pass& pass,
                 at::TensorOptions numbers) {
  if (layer.vectors == VectorSource::kOneHot) return at::one_hot(ids, layer.rows).to(numbers);
  const bool rows = pass.row_gradients && weights[0].requires_grad();
  return at::embedding(weights[0], ids, -1, false, rows);
}

at::Tensor multi_hot(const LayerSpec& layer, const at::Tensor& ids, at::TensorOptions numbers) {
  at::Tensor hot = at::zeros({ids.size(0), layer.units}, numbers);
  hot.scatter_(1, ids, 1.0);
  hot.select(1, 0).zero_();  // index 0 is not an index
  return hot;
}

/// Inverted dropout (Srivastava et al. 2014): kept values grow by 1 / (1 - rate), nothing changes at test.
at::Tensor drop(const LayerSpec& layer, const at::Tensor& x, const Pass& pass) {
  if (!pass.training || layer.rate == 0) return x;
  const double keep = 1 - layer.rate;
  const at::Tensor shape = at::empty(x.sizes(), x.options().device(at::kCPU));
  return x * (at::bernoulli(shape, keep, pass.generator) / keep).to(x.device());
}

at::Tensor sum_or_product(const LayerSpec& layer, Tensors inputs) {
  at::Tensor result = inputs[0];
  for (std::size_t i = 1; i < inputs.size(); ++i)
    result = layer.kind == LayerKind::kAdd ? result + inputs[i] : result * inputs[i];
  return result;
}

/// gamma (x - mean) / sqrt(variance + epsilon) + beta over all dimensions
/// but the last (Ioffe & Szegedy 2015).
at::Tensor normalize(const LayerSpec& layer, const at::Tensor& x, Tensors weights, Pass& pass) {
  at::Tensor mean = weights[2];
  at::Tensor variance = weights[3];
  if (pass.training) {
    const at::Tensor rows = x.reshape({-1, x.size(-1)});
    mean = rows.mean(0);
    variance = (rows - mean).square().mean(0);
    const double kept = layer.momentum;
    pass.afterwards.emplace_back([kept, old_mean = weights[2], old_variance = weights[3],
                                  new_mean = mean.detach(), new_variance = variance.detach()] {
      old_mean.mul_(kept).add_(new_mean * (1 - kept));
      old_variance.mul_(kept).add_(new_variance * (1 - kept));
    });
  }
  return (x - mean) / (variance + layer.epsilon).sqrt() * weights[0] + weights[1];
}

at::Tensor global_pool(const LayerSpec& layer, const at::Tensor& x) {
  const at::Tensor positions = x.flatten(1, -2);
  const bool max = layer.kind == LayerKind::kGlobalMaxPool1d || layer.kind == LayerKind::kGlobalMaxPool2d;
  return max ? positions.amax(1) : positions.mean(1);
}

}  // namespace

at::Tensor activate(Activation activation, const at::Tensor& x) {
  switch (activation) {
    case Activation::kDefault:
    case Activation::kLinear:
      return x;
    case Activation::kSigmoid:
      return at::sigmoid(x);
    case Activation::kHardSigmoid:
      return at::clamp(x * 0.2 + 0.5, 0, 1);
    case Activation::kTanh:
      return at::tanh(x);
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kLeakyRelu:
      return at::leaky_relu(x, 0.01);
    case Activation::kSoftmax:
      return at::softmax(x, -1);
  }
  fail(ErrorCode::kInternal, "unknown activation");
}

at::Tensor apply_layer(const LayerSpec& layer, Tensors inputs, Tensors weights, Pass& pass) {
  using K = LayerKind;
  const at::Tensor& x = inputs[0];
  const Activation last = pass.skip_activation ? Activation::kLinear : layer.activation;
  switch (layer.kind) {
    case K::kDense:
      return activate(last, dense(x, weights));
    case K::kFlatten:
      return x.flatten(1);
    case K::kReshape: {
      Shape shape = layer.shape;
      shape.insert(shape.begin(), x.size(0));
      return x.reshape(shape);
    }
    case K::kDropout:
      return drop(layer, x, pass);
    case K::kActivation:
      return activate(last, x);
    case K::kConv1d:
    case K::kConv2d:
      return activate(last, convolve(layer, x, weights));
    case K::kMaxPool1d:
    case K::kMaxPool2d:
    case K::kAveragePool1d:
    case K::kAveragePool2d:
      return pool(layer, x);
    case K::kGlobalMaxPool1d:
    case K::kGlobalMaxPool2d:
    case K::kGlobalAveragePool1d:
    case K::kGlobalAveragePool2d:
      return global_pool(layer, x);
    case K::kRnn:
    case K::kGru:
    case K::kLstm:
      return run_recurrent(layer, x, weights);
    case K::kConcatenate:
      return at::cat(at::TensorList(inputs.data(), inputs.size()), layer.axis);
    case K::kAdd:
    case K::kMultiply:
      return sum_or_product(layer, inputs);
    case K::kDot:
      return (inputs[0] * inputs[1]).sum(-1, true);
    case K::kBatchNorm:
      return normalize(layer, x, weights, pass);
    case K::kEmbedding:
      return embed(layer, x, weights, pass, pass.numbers);
    case K::kMultiHot:
      return multi_hot(layer, x, pass.numbers);
    case K::kInput:
      break;
  }
  fail(ErrorCode::kInternal, "layer {} has no equation", layer.name);
}

}  // namespace akin::nn
