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

/// Of each position, from `scores` (..., candidates) with the right one first.
at::Tensor candidate_losses(const CompileOptions& options, const at::Tensor& scores) {
  const LossParameters& parameters = options.loss_parameters;
  if (options.loss == Loss::kCandidateSoftmax) return -at::log_softmax(scores, -1).select(-1, 0);
  const at::Tensor first = scores.slice(-1, 0, 1);
  const at::Tensor others = scores.slice(-1, 1);
  const at::Tensor shares = at::softmax(others, -1);
  switch (options.loss) {
    case Loss::kCandidateBce:
    case Loss::kGbce: {
      const double beta = options.loss == Loss::kGbce ? parameters.beta : 1;
      return -at::cat({at::log_sigmoid(first) * beta, at::log_sigmoid(-others)}, -1).mean(-1);
    }
    case Loss::kBpr:
      return -at::log_sigmoid(first - others).mean(-1);
    case Loss::kBprMax:  // -log sum of share x sigmoid(first - other), so that nothing underflows
      return -at::logsumexp(at::log_softmax(others, -1) + at::log_sigmoid(first - others), {-1}) +
             (shares * others.square()).sum(-1) * parameters.regularization;
    case Loss::kTop1Max:
      return (shares * (at::sigmoid(others - first) + at::sigmoid(others.square()))).sum(-1);
    case Loss::kTripletHinge:
      return at::relu(others - first + parameters.margin).mean(-1);
    default:
      fail(ErrorCode::kInternal, "{} compares no candidates", to_string(options.loss));
  }
}

/// Mean by the positions' weights; 0 where all are 0.
at::Tensor weighted_mean(const at::Tensor& losses, const at::Tensor& targets) {
  const at::Tensor weights = targets.reshape_as(losses);
  const at::Tensor total = weights.sum();
  return (losses * weights).sum() / at::where(total > 0, total, at::ones_like(total));
}

}  // namespace

Activation folded_activation(const LayerSpec& output, Loss loss) {
  const LayerKind kind = output.kind;
  const bool ends_so = kind == LayerKind::kDense || kind == LayerKind::kActivation ||
                       kind == LayerKind::kConv1d || kind == LayerKind::kConv2d ||
                       kind == LayerKind::kEmbeddingBag;
  const bool classes = is_categorical(loss) || loss == Loss::kMultinomial;
  const Activation wanted = loss == Loss::kBinaryCrossentropy ? Activation::kSigmoid
                            : classes                         ? Activation::kSoftmax
                                                              : Activation::kLinear;
  return ends_so && output.activation == wanted ? wanted : Activation::kLinear;
}

at::Tensor loss_of(const CompileOptions& options, const at::Tensor& output, const at::Tensor& targets,
                   Activation folded) {
  if (compares_candidates(options.loss)) return weighted_mean(candidate_losses(options, output), targets);
  switch (options.loss) {
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
    case Loss::kMultinomial:
      return multinomial(output, targets);
    default:
      break;
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
