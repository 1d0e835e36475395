#include "akin/nn/net_threads.h"

#include <algorithm>

#include "akin/base/parallel.h"
#include "akin/nn/layers/layer_defs.h"

namespace akin::nn {
namespace {

/// How often the layer's weights are used for a sample.
std::int64_t positions(const NetSpec& spec, std::size_t i) {
  const LayerSpec& layer = spec.layers()[i];
  const auto product = [](const Shape& shape) {  // all but the last, which counts the units
    double count = 1;
    for (std::size_t d = 0; d + 1 < shape.size(); ++d) count *= static_cast<double>(shape[d]);
    return static_cast<std::int64_t>(std::min(count, 1e12));
  };
  switch (layer_def(layer.kind).use) {
    case WeightUse::kNever:
      return 0;
    case WeightUse::kEachInput:
      return product(spec.shape(spec.sources(i)[0]).output);
    case WeightUse::kEachOutput:
      return product(spec.shape(i).output);
  }
  return 0;
}

std::int64_t weights_of(const NetSpec& spec, std::size_t i) {
  std::int64_t count = 0;
  for (const WeightRef& ref : spec.weights(i))
    count += count_of(spec.shape(ref.layer).weights[ref.weight].shape);
  return count;
}

}  // namespace

std::int64_t multiplications(const NetSpec& spec) {
  double count = 0;
  for (std::size_t i = 0; i < spec.layers().size(); ++i)
    count += static_cast<double>(positions(spec, i)) * static_cast<double>(weights_of(spec, i));
  return static_cast<std::int64_t>(std::min(count, 1e15));
}

int threads_for(const NetSpec& spec, std::int64_t batch_size, int wanted) {
  if (wanted != 0) return wanted;
  constexpr double kWorkOfAThread = 1e7;
  const double work = static_cast<double>(multiplications(spec)) * static_cast<double>(batch_size);
  return static_cast<int>(std::clamp(work / kWorkOfAThread, 1.0, static_cast<double>(resolve_threads(0))));
}

}  // namespace akin::nn
