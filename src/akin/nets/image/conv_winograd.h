// Convolutions of 3 x 3 windows with fewer products.
#pragma once

#include <cstddef>
#include <vector>

#include "akin/nets/image/conv_kernels.h"

namespace akin::nets {

/// Winograd's F(2 x 2, 3 x 3): four outputs from 16 products for each pair of channels, in place of 36. Lavin & Gray, "Fast
/// algorithms for convolutional neural networks" (2016). Sums come in another order than in convolve().
class Winograd {
 public:
  Winograd() = default;
  /// Weights (9 channels, columns) as convolve() takes them; `channels` is a multiple of kVector.
  Winograd(const Panels& weights, std::size_t channels);
  /// The most floats of scratch memory.
  static std::size_t scratch_size(std::size_t channels, std::size_t columns);
  bool empty() const { return products_.empty(); }
  /// As convolve(), of stride 1 and an even number of rows and of places in a row, all of the picture. `scratch` is reused.
  void operator()(const Strip& strip, const float* bias, std::vector<float>& scratch) const;

 private:
  std::size_t channels_ = 0, columns_ = 0;
  std::vector<Panels> products_;  // (channels, columns) of each number of a transformed window
  std::vector<float> no_bias_;
};

}  // namespace akin::nets
