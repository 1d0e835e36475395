#include "akin/nn/torch/loss.h"

#include "akin/base/error.h"

namespace akin::nn {
namespace {

constexpr double kLeast = 1e-7;  // probabilities are kept this far from 0 and 1, as in Keras

bool is_categorical(Loss loss) {
  return loss == Loss::kCategoricalCrossentropy || loss == Loss::kSparseCategoricalCrossentropy;
}

/// Log-probabilities of the classes.
at::Tensor log_classes(const at::Tensor& output, Activation folded) {
  if (folded == Activation::kSoftmax) return at::log_softmax(output, -1);
  return (output / output.sum(-1, true)).clamp(kLeast, 1 - kLeast).log();
}

at::Tensor labels_of(const at::Tensor& output, const at::Tensor& targets) {
  at::IntArrayRef sizes = output.sizes();
  return targets.reshape(sizes.slice(0, sizes.size() - 1)).to(at::kLong);
}

}  // namespace

Activation folded_activation(const LayerSpec& output, Loss loss) {
  const LayerKind kind = output.kind;
  const bool ends_so = kind == LayerKind::kDense || kind == LayerKind::kActivation ||
                       kind == LayerKind::kConv1d || kind == LayerKind::kConv2d;
  const Activation wanted = loss == Loss::kBinaryCrossentropy ? Activation::kSigmoid
                            : is_categorical(loss)            ? Activation::kSoftmax
                                                              : Activation::kLinear;
  return ends_so && output.activation == wanted ? wanted : Activation::kLinear;
}

at::Tensor loss_of(Loss loss, const at::Tensor& output, const at::Tensor& targets, Activation folded) {
  switch (loss) {
    case Loss::kMse:
      return (output - targets.reshape_as(output)).square().mean();
    case Loss::kMae:
      return (output - targets.reshape_as(output)).abs().mean();
    case Loss::kBinaryCrossentropy: {
      const at::Tensor y = targets.reshape_as(output);
      if (folded == Activation::kSigmoid) return at::binary_cross_entropy_with_logits(output, y);
      const at::Tensor p = output.clamp(kLeast, 1 - kLeast);
      return -(y * p.log() + (1 - y) * (1 - p).log()).mean();
    }
    case Loss::kCategoricalCrossentropy:
      return -(targets.reshape_as(output) * log_classes(output, folded)).sum(-1).mean();
    case Loss::kSparseCategoricalCrossentropy: {
      const at::Tensor labels = labels_of(output, targets).unsqueeze(-1);
      return -log_classes(output, folded).gather(-1, labels).mean();
    }
  }
  fail(ErrorCode::kInternal, "unknown loss");
}

double metric_of(Metric metric, Loss loss, const at::Tensor& output, const at::Tensor& targets) {
  if (metric == Metric::kAccuracy && loss == Loss::kSparseCategoricalCrossentropy)
    return output.argmax(-1).eq(labels_of(output, targets)).to(at::kDouble).mean().item<double>();
  const at::Tensor y = targets.reshape_as(output);
  switch (metric) {
    case Metric::kAccuracy:
      if (loss == Loss::kCategoricalCrossentropy)
        return output.argmax(-1).eq(y.argmax(-1)).to(at::kDouble).mean().item<double>();
      return output.gt(0.5).eq(y.gt(0.5)).to(at::kDouble).mean().item<double>();
    case Metric::kMse:
      return (output - y).square().mean().item<double>();
    case Metric::kMae:
      return (output - y).abs().mean().item<double>();
  }
  fail(ErrorCode::kInternal, "unknown metric");
}

}  // namespace akin::nn
