// Convolutions in bfloat16 in the tile registers of AMX.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "akin/nets/image/conv_kernels.h"
#include "akin/text/bert/kernels.h"

namespace akin::nets {

/// A convolution's weights as tiles: of each place of its window the channels, padded to 32.
struct ConvTiles {
  bert::TileWeights weights;
  std::size_t kernel = 1, channels = 0, stride = 1;
};
/// `kernel` x `kernel` places of `channels`, as `panels` has them.
ConvTiles make_conv_tiles(const Panels& panels, std::size_t kernel, std::size_t stride, std::size_t channels);

/// As convolve(), with the input rounded to bfloat16 and sums in float32. Rows of the input begin `pitch` floats apart, its
/// places have `in_channels` floats, of which the first `tiles.channels` count. `scratch` is reused. Needs
/// bert::has_tiles().
struct TileInput {
  std::size_t pitch = 0, in_channels = 0;
};
void convolve_tiles(const Strip& strip, const TileInput& input, const ConvTiles& tiles, const float* bias,
                    std::vector<std::uint16_t>& scratch);

}  // namespace akin::nets
