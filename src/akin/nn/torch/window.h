// Windows that slide over (samples, steps, channels) or (samples, height, width, channels). Channels stand
// last, as in Keras; torch wants them second.
#pragma once

#include <ATen/ATen.h>

#include "akin/nn/layer.h"

namespace akin::nn {

inline at::Tensor channels_second(const at::Tensor& x) { return x.movedim(-1, 1); }
inline at::Tensor channels_last(const at::Tensor& x) { return x.movedim(1, -1); }

/// x (samples, channels, positions...) with `value` around it as the layer's padding says.
at::Tensor pad(const LayerSpec& layer, const at::Tensor& x, const Shape& window, double value);

}  // namespace akin::nn
