// The operations of a convolutional net in the plainest loops: what the fast ones are compared with.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "akin/nets/image/conv_net.h"

namespace akin::nets {

/// Outputs of all operations on one picture, each (height, width, channels) in double.
class SlowNet {
 public:
  SlowNet(const ConvPlan& plan, const std::vector<OpWeights>& weights, std::vector<double> picture)
      : plan_(plan), weights_(weights), outputs_{std::move(picture)} {
    for (int i = 1; i <= plan.last(); ++i) outputs_.push_back(computed(i));
  }
  const std::vector<double>& output(int op) const { return outputs_[static_cast<std::size_t>(op)]; }

 private:
  /// 0 outside of the map.
  double at(int op, int y, int x, int c) const {
    const MapShape& shape = plan_.shape(op);
    if (y < 0 || x < 0 || y >= shape.height || x >= shape.width) return 0;
    return output(op)[static_cast<std::size_t>((y * shape.width + x) * shape.channels + c)];
  }

  double convolved(int i, int y, int x, int c) const {
    const ConvOp& op = plan_.op(i);
    const int in = op.inputs[0], channels = plan_.shape(in).channels;
    const int before = padding_of(op, plan_.shape(in).height).before;
    const OpWeights& weights = weights_[static_cast<std::size_t>(i)];
    double sum = static_cast<double>(weights.bias[static_cast<std::size_t>(c)]);
    for (int k = 0; k < op.kernel * op.kernel; ++k) {
      const int from_y = y * op.stride + k / op.kernel - before,
                from_x = x * op.stride + k % op.kernel - before;
      for (int from = 0; from < channels; ++from) {
        if (op.depthwise() && from != c) continue;
        const std::size_t place =
            whole_vectors(static_cast<std::size_t>(channels)) * static_cast<std::size_t>(k);
        const float weight = op.depthwise() ? weights.panels.at(0, place + static_cast<std::size_t>(c))
                                            : weights.panels.at(static_cast<std::size_t>(k * channels + from),
                                                                static_cast<std::size_t>(c));
        sum += static_cast<double>(weight) * at(in, from_y, from_x, from);
      }
    }
    return op.add < 0 ? sum : sum + at(op.add, y, x, c);
  }

  double pooled(int i, int y, int x, int c) const {
    const ConvOp& op = plan_.op(i);
    const MapShape& in = plan_.shape(op.inputs[0]);
    const bool all = op.kind == OpKind::kGlobalAverage, most = op.kind == OpKind::kMaxPool;
    double result = most ? -1e300 : 0;
    int count = 0;
    for (int v = 0; v < (all ? in.height : op.kernel); ++v) {
      for (int u = 0; u < (all ? in.width : op.kernel); ++u) {
        if (y * op.stride + v >= in.height || x * op.stride + u >= in.width) continue;
        const double value = at(op.inputs[0], y * op.stride + v, x * op.stride + u, c);
        result = most ? std::max(result, value) : result + value;
        ++count;
      }
    }
    return most ? result : result / count;
  }

  double normalized(int i, int y, int x, int c) const {
    const int in = plan_.op(i).inputs[0];
    double squares = 0;
    for (int n = std::max(0, c - 2); n < std::min(plan_.shape(in).channels, c + 3); ++n)
      squares += at(in, y, x, n) * at(in, y, x, n);
    return at(in, y, x, c) / std::pow(1 + 1e-4 / 5 * squares, 0.75);
  }

  double value(int i, int y, int x, int c) const {
    const ConvOp& op = plan_.op(i);
    switch (op.kind) {
      case OpKind::kConv:
      case OpKind::kDense:
        return convolved(i, y, x, c);
      case OpKind::kConcat: {
        std::size_t which = 0;
        for (; c >= plan_.shape(op.inputs[which]).channels; ++which)
          c -= plan_.shape(op.inputs[which]).channels;
        return at(op.inputs[which], y, x, c);
      }
      case OpKind::kLocalNormalization:
        return normalized(i, y, x, c);
      case OpKind::kFlatten:
        return output(op.inputs[0])[static_cast<std::size_t>(c)];
      default:
        return pooled(i, y, x, c);
    }
  }

  std::vector<double> computed(int i) const {
    const MapShape& shape = plan_.shape(i);
    std::vector<double> out;
    double sum = 0;
    const Activation activation = plan_.op(i).activation;
    for (int p = 0; p < shape.height * shape.width; ++p) {
      for (int c = 0; c < shape.channels; ++c) {
        double x = value(i, p / shape.width, p % shape.width, c);
        if (activation == Activation::kSoftmax) sum += x = std::exp(x);
        if (activation == Activation::kRelu || activation == Activation::kRelu6) x = std::max(x, 0.0);
        if (activation == Activation::kRelu6) x = std::min(x, 6.0);
        out.push_back(x);
      }
    }
    for (double& x : out) x /= activation == Activation::kSoftmax ? sum : 1;
    return out;
  }

  const ConvPlan& plan_;
  const std::vector<OpWeights>& weights_;
  std::vector<std::vector<double>> outputs_;
};

}  // namespace akin::nets
