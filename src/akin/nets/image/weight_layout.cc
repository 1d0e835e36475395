#include "akin/nets/image/weight_layout.h"

#include <cmath>

#include "akin/base/error.h"

namespace akin::nets {

TensorNames tensor_names(const ConvOp& op, const WeightLibrary& library, std::size_t index) {
  const auto& [weight, norm] = op.files[index];
  const bool depthwise_of_keras = library.keras && op.depthwise();
  TensorNames names{weight + (depthwise_of_keras ? "/depthwise_kernel" : std::string(library.weight)),
                    weight + std::string(library.bias),
                    {},
                    {},
                    {},
                    {}};
  if (op.epsilon <= 0) return names;
  names.scale = norm + (library.keras ? "/gamma" : ".weight");
  names.shift = norm + (library.keras ? "/beta" : ".bias");
  names.mean = norm + (library.keras ? "/moving_mean" : ".running_mean");
  names.variance = norm + (library.keras ? "/moving_variance" : ".running_var");
  return names;
}

std::vector<std::size_t> shape_in_file(const ConvPlan& plan, int i, const WeightLibrary& library) {
  using Sizes = std::vector<std::size_t>;
  const bool keras = library.keras;
  const ConvOp& op = plan.op(i);
  const auto in = static_cast<std::size_t>(plan.shape(op.inputs[0]).channels / op.groups);
  const auto out = static_cast<std::size_t>(op.channels), kernel = static_cast<std::size_t>(op.kernel);
  if (op.kind == OpKind::kDense) return keras ? Sizes{in, out} : Sizes{out, in};
  if (!keras) return {out, in, kernel, kernel};
  return op.depthwise() ? Sizes{kernel, kernel, out, in} : Sizes{kernel, kernel, in, out};
}

namespace {

/// From the layout of a file to that of OpWeights.
class WeightTaker {
 public:
  WeightTaker(const WeightTensors& tensors, const ConvPlan& plan, const WeightLibrary& library,
              const std::string& path)
      : tensors_(tensors), plan_(plan), library_(library), path_(path) {}

  OpWeights take(int i, std::size_t index) const {
    const ConvOp& op = plan_.op(i);
    const TensorNames names = tensor_names(op, library_, index);
    const auto channels = static_cast<std::size_t>(op.channels);
    OpWeights weights = empty_weights(plan_, i);
    std::vector<double> scale(channels, 1);
    for (std::size_t c = 0; c < channels; ++c) {
      if (op.epsilon <= 0) {
        weights.bias[c] = values(names.bias)[c];
        continue;
      }
      const double variance = static_cast<double>(values(names.variance)[c]) + op.epsilon;
      if (!(variance > 0))
        fail(ErrorCode::kBadData, "{}: {} holds a negative variance", path_, names.variance);
      scale[c] = static_cast<double>(values(names.scale)[c]) / std::sqrt(variance);
      weights.bias[c] = static_cast<float>(static_cast<double>(values(names.shift)[c]) -
                                           static_cast<double>(values(names.mean)[c]) * scale[c]);
    }
    place(i, values(names.weight), scale, weights.panels);
    return weights;
  }

 private:
  const std::vector<float>& values(const std::string& name) const { return tensors_.at(name).values; }

  void place(int i, const std::vector<float>& values, const std::vector<double>& scale,
             Panels& panels) const {
    const ConvOp& op = plan_.op(i);
    const auto out = scale.size(), kernel = static_cast<std::size_t>(op.kernel * op.kernel);
    const std::size_t inner = plan_.inner(i), in = inner / kernel;  // of a group
    const auto groups = static_cast<std::size_t>(op.groups);
    for (std::size_t v = 0; v < values.size(); ++v) {
      std::size_t column = v % out, row = v / out;  // Keras: window places, channels in, channels out
      if (!library_.keras) {                        // torch: channels out, channels in, window places
        column = v / inner;
        row = v % kernel * in + v % inner / kernel;
        if (op.kind == OpKind::kDense) row = place_in_flat(op, v % inner);
      }
      const auto value = static_cast<float>(static_cast<double>(values[v]) * scale[column]);
      if (op.depthwise()) {
        panels.at(0, row * whole_vectors(out) + column) = value;
      } else {
        const std::size_t group = column / (out / groups);
        panels.at((row / in * groups + group) * in + row % in, column) = value;
      }
    }
  }

  /// torch flattens channel by channel, Keras and akin place by place.
  std::size_t place_in_flat(const ConvOp& op, std::size_t row) const {
    const ConvOp& before = plan_.op(op.inputs[0]);
    if (before.kind != OpKind::kFlatten) return row;
    const MapShape& map = plan_.shape(before.inputs[0]);
    const auto channels = static_cast<std::size_t>(map.channels), places = map.size() / channels;
    return row % places * channels + row / places;
  }

  const WeightTensors& tensors_;
  const ConvPlan& plan_;
  const WeightLibrary& library_;
  const std::string& path_;
};

}  // namespace

OpWeights take_weights(const WeightTensors& tensors, const ConvPlan& plan, int op,
                       const WeightLibrary& library, std::size_t index, const std::string& path) {
  return WeightTaker(tensors, plan, library, path).take(op, index);
}

}  // namespace akin::nets
