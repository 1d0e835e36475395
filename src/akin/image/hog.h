// Features of a picture that need no training.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "akin/image/picture.h"

namespace akin {

/// Histograms of oriented gradients (Dalal & Triggs, CVPR 2005) of the whole picture, as OpenCV's HOGDescriptor computes
/// them: cells of 8 x 8 pixels with 9 bins from 0 to 180 degrees, blocks of 2 x 2 cells one cell apart, weighted by a
/// Gaussian of 4 pixels, votes divided between two bins and up to four cells, the colour with the steepest gradient, square
/// roots of brightness (gamma), blocks normalized by L2-Hys (cut at 0.2). Blocks by column of blocks, from the top; then
/// cells by column; then bins. Sides are multiples of 8 and at least 16; what is beyond the last whole cell is left out.
/// Size: (width / 8 - 1) (height / 8 - 1) 36: 3,780 for 64 x 128, 26,244 for 224 x 224.
std::vector<float> hog(const Picture& picture);
std::size_t hog_size(int width, int height);

/// Shares of pixels by colour, 4 x 4 x 4 boxes of red, green and blue, as square roots, so that the vector has length 1 and
/// dot products compare distributions (Hellinger).
std::vector<float> color_histogram(const Picture& picture);

/// Bits that stay nearly the same when a picture is stored again, resized or made a little brighter ("dHash"): whether each of
/// 8 x 8 grey pixels is darker than the one to its right, and than the one below.
struct DifferenceHash {
  std::uint64_t across = 0, down = 0;
  friend bool operator==(const DifferenceHash&, const DifferenceHash&) = default;
};
DifferenceHash difference_hash(const Picture& picture);

/// Pairs (i, j), i < j, of hashes each of whose halves differs in at most `most` bits, 0 to 7, in order. Cost: of the order of
/// n^2 / 2^(64 / (most + 1)), more where many hashes are alike.
std::vector<std::pair<std::uint32_t, std::uint32_t>> near_hashes(const std::vector<DifferenceHash>& hashes,
                                                                 int most);

}  // namespace akin
