#include "akin/nets/image/plan_net.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "akin/base/error.h"

namespace akin::nets {
namespace {

using nn::LayerKind;
using nn::Node;

nn::Activation activation_of(Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return nn::Activation::kRelu;
    case Activation::kRelu6:
      return nn::Activation::kRelu6;
    case Activation::kSoftmax:
      return nn::Activation::kSoftmax;
    case Activation::kNone:
      break;
  }
  return nn::Activation::kLinear;
}

/// Names of layers hold no slash.
std::string name_of(const ConvOp& op) {
  std::string name = op.name;
  std::ranges::replace(name, '/', '.');
  return name;
}
std::string norm_name(const ConvOp& op) { return name_of(op) + "_norm"; }

/// Puts the layers of one operation on a net.
class LayerBuilder {
 public:
  LayerBuilder(nn::NetSpec& spec, const ConvPlan& plan, const PlanNetOptions& options)
      : spec_(spec), plan_(plan), folded_(options.folded) {
    const int first = options.first;
    const MapShape& shape = plan.shape(first);
    const bool row = shape.height == 1 && shape.width == 1;
    nodes_.emplace(first, row ? spec.input({shape.channels}, "input")
                              : spec.input({shape.height, shape.width, shape.channels}, "input"));
  }

  void add(int i, double dropout) {
    const ConvOp& op = plan_.op(i);
    Node node = nodes_.at(op.inputs[0]);
    if (dropout > 0) node = node.dropout(dropout);
    nodes_.emplace(i, layers(op, node));
  }

 private:
  Node layers(const ConvOp& op, const Node& in) {
    const nn::Activation activation = activation_of(op.activation);
    switch (op.kind) {
      case OpKind::kConv:
        return convolution(op, in);
      case OpKind::kDense:
        return in.dense(op.channels, activation, {.name = name_of(op)});
      case OpKind::kMaxPool:
        return pool(op, in);
      case OpKind::kGlobalAverage: {
        const Node mean = in.then(LayerKind::kGlobalAveragePool2d, {.name = name_of(op)});
        return activation == nn::Activation::kLinear
                   ? mean
                   : mean.activation(activation, {.name = name_of(op) + "_out"});
      }
      case OpKind::kConcat: {
        std::vector<Node> all;
        for (const int input : op.inputs) all.push_back(nodes_.at(input));
        return spec_.concatenate(all, {.name = name_of(op)});
      }
      case OpKind::kLocalNormalization:
        return in.then(LayerKind::kLocalResponseNorm, {.name = name_of(op)});
      case OpKind::kFlatten:
        return in.shape().size() == 1 ? in : in.flatten({.name = name_of(op)});
      default:
        fail(ErrorCode::kUsage, "layer {} of a net of pictures cannot be trained; freeze it", op.name);
    }
  }

  Node convolution(const ConvOp& op, const Node& in) {
    const bool normalized = op.epsilon > 0 && !folded_;
    const bool plain = !normalized && op.add < 0;
    nn::LayerSpec options{.name = name_of(op),
                          .activation = plain ? activation_of(op.activation) : nn::Activation::kLinear,
                          .strides = {op.stride, op.stride},
                          .padding = op.same      ? nn::Padding::kSame
                                     : op.pad > 0 ? nn::Padding::kAmount
                                                  : nn::Padding::kValid,
                          .pad = op.pad,
                          .bias = !normalized};
    if (op.groups > 1 && !op.depthwise())
      fail(ErrorCode::kUsage, "layer {} convolves in groups, which cannot be trained; freeze it", op.name);
    if (op.depthwise()) options.kernel = {op.kernel, op.kernel};
    Node node = op.depthwise() ? in.then(LayerKind::kDepthwiseConv2d, options)
                               : in.conv2d(op.channels, {op.kernel, op.kernel}, options);
    if (plain) return node;
    if (normalized)
      node =
          node.then(LayerKind::kBatchNorm, {.name = norm_name(op), .momentum = 0.9, .epsilon = op.epsilon});
    if (op.add >= 0)
      node = spec_.merge(LayerKind::kAdd, std::vector<Node>{node, nodes_.at(op.add)},
                         {.name = name_of(op) + "_add"});
    if (op.activation == Activation::kNone) return node;
    return node.activation(activation_of(op.activation), {.name = name_of(op) + "_out"});
  }

  /// A pool whose last window reaches beyond the input has no layer, but where it does not there is no difference.
  Node pool(const ConvOp& op, const Node& in) {
    const Node node = in.max_pool2d({op.kernel, op.kernel},
                                    {.name = name_of(op),
                                     .strides = {op.stride, op.stride},
                                     .padding = op.pad > 0 ? nn::Padding::kAmount : nn::Padding::kValid,
                                     .pad = op.pad});
    const MapShape& shape = plan_.shape(static_cast<int>(&op - plan_.ops().data()));
    if (node.shape() != nn::Shape{shape.height, shape.width, shape.channels})
      fail(ErrorCode::kUsage, "layer {} pools beyond its input, which cannot be trained; freeze it", op.name);
    return node;
  }

  nn::NetSpec& spec_;
  const ConvPlan& plan_;
  bool folded_;
  std::map<int, Node> nodes_;
};

/// Calls use(row, column, value's place) for each weight of an operation, in the order of a layer's kernel: window places,
/// channels in, channels out; of a depthwise convolution window places, channels.
template <typename Use>
void for_weights(const ConvPlan& plan, int i, Use use) {
  const ConvOp& op = plan.op(i);
  const auto channels = static_cast<std::size_t>(op.channels);
  const std::size_t inner = plan.inner(i);
  for (std::size_t k = 0; k < inner; ++k) {
    for (std::size_t c = 0; c < channels; ++c) {
      if (op.depthwise())
        use(0, k * whole_vectors(channels) + c, k * channels + c);
      else
        use(k, c, k * channels + c);
    }
  }
}

std::string kernel_name(const ConvOp& op) {
  return name_of(op) + (op.depthwise() ? "/depthwise_kernel" : "/kernel");
}

nn::Shape kernel_shape(const ConvPlan& plan, int i) {
  const ConvOp& op = plan.op(i);
  if (op.kind == OpKind::kDense) return {static_cast<std::int64_t>(plan.inner(i)), op.channels};
  const int in = plan.shape(op.inputs[0]).channels;
  if (op.depthwise()) return {op.kernel, op.kernel, in, 1};
  return {op.kernel, op.kernel, in, op.channels};
}

/// Weights of layers by name.
class LayerWeights {
 public:
  explicit LayerWeights(const std::vector<nn::NamedArray>& layers) {
    for (const nn::NamedArray& array : layers) by_name_.emplace(array.name, &array);
  }
  const nn::NamedArray& at(const std::string& name) const {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) fail(ErrorCode::kInternal, "the net has no weight {}", name);
    return *found->second;
  }

 private:
  std::map<std::string, const nn::NamedArray*> by_name_;
};

}  // namespace

bool is_cut(const ConvPlan& plan, int op) {
  for (int i = op + 1; i <= plan.last(); ++i) {
    const ConvOp& later = plan.op(i);
    if (std::ranges::any_of(later.inputs, [&](int input) { return input < op; })) return false;
    if (later.add >= 0 && later.add < op) return false;
  }
  return op >= 0 && op < plan.last();
}

nn::NetSpec net_of_plan(const ConvPlan& plan, const PlanNetOptions& options) {
  AKIN_ASSERT(is_cut(plan, options.first));
  int head = plan.last();
  while (head > options.first && !plan.op(head).has_weights()) --head;
  nn::NetSpec spec("pictures");
  LayerBuilder builder(spec, plan, options);
  for (int i = options.first + 1; i <= plan.last(); ++i) builder.add(i, i == head ? options.dropout : 0);
  return spec;
}

std::vector<nn::NamedArray> to_layers(const ConvPlan& plan, const std::vector<OpWeights>& weights, int first,
                                      int last) {
  std::vector<nn::NamedArray> layers;
  for (int i = first + 1; i <= last; ++i) {
    const ConvOp& op = plan.op(i);
    if (!op.has_weights()) continue;
    const OpWeights& own = weights[static_cast<std::size_t>(i)];
    std::vector<float> kernel(plan.inner(i) * static_cast<std::size_t>(op.channels));
    for_weights(plan, i, [&](std::size_t row, std::size_t column, std::size_t place) {
      kernel[place] = own.panels.at(row, column);
    });
    layers.push_back({kernel_name(op), kernel_shape(plan, i), std::move(kernel)});
    layers.push_back({name_of(op) + "/bias",
                      {op.channels},
                      std::vector<float>(own.bias.begin(), own.bias.begin() + op.channels)});
  }
  return layers;
}

void from_layers(const ConvPlan& plan, const std::vector<nn::NamedArray>& layers,
                 const PlanNetOptions& options, std::vector<OpWeights>& weights) {
  const LayerWeights all(layers);
  weights.resize(plan.ops().size());
  for (int i = options.first + 1; i <= plan.last(); ++i) {
    const ConvOp& op = plan.op(i);
    if (!op.has_weights()) continue;
    const auto channels = static_cast<std::size_t>(op.channels);
    OpWeights own = empty_weights(plan, i);
    std::vector<double> scale(channels, 1);
    for (std::size_t c = 0; c < channels; ++c) {
      if (op.epsilon <= 0 || options.folded) {
        own.bias[c] = static_cast<float>(all.at(name_of(op) + "/bias").at(c));
        continue;
      }
      const std::string norm = norm_name(op);
      scale[c] =
          all.at(norm + "/gamma").at(c) / std::sqrt(all.at(norm + "/moving_variance").at(c) + op.epsilon);
      own.bias[c] =
          static_cast<float>(all.at(norm + "/beta").at(c) - all.at(norm + "/moving_mean").at(c) * scale[c]);
    }
    const nn::NamedArray& kernel = all.at(kernel_name(op));
    for_weights(plan, i, [&](std::size_t row, std::size_t column, std::size_t place) {
      own.panels.at(row, column) = static_cast<float>(kernel.at(place) * scale[place % channels]);
    });
    weights[static_cast<std::size_t>(i)] = std::move(own);
  }
}

}  // namespace akin::nets
