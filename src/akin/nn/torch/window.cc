#include "akin/nn/torch/window.h"

#include "akin/nn/layer_shape.h"

namespace akin::nn {

at::Tensor pad(const LayerSpec& layer, const at::Tensor& x, const Shape& window, double value) {
  const Shape strides = strides_of(layer);
  std::vector<std::int64_t> amounts;  // of the last dimension first
  bool any = false;
  for (std::size_t d = window.size(); d-- > 0;) {
    const WindowPositions positions =
        window_positions(x.size(static_cast<std::int64_t>(d) + 2), window[d], strides[d], layer);
    amounts.push_back(positions.before);
    amounts.push_back(positions.after);
    any = any || positions.before + positions.after > 0;
  }
  return any ? at::constant_pad_nd(x, amounts, value) : x;
}

}  // namespace akin::nn
