// A small residual net that is trained on one's own pictures.
#pragma once

#include "akin/nets/image/architectures.h"

namespace akin::nets {

inline constexpr std::string_view kResidual = "residual";
/// Where the weights come from (ImageNet::manifest()).
inline constexpr const char* kResidualManifest =
    R"({"origin": "trained by akin", "license": "NOASSERTION", "architecture": "residual", "files": {}})";

/// Sizes of a residual net (He et al., "Deep residual learning for image recognition", CVPR 2016, with identity shortcuts
/// where shapes agree, else 1 x 1 convolutions): a convolution of `width` channels, then `stages` of `blocks` of two 3 x 3
/// convolutions. From stage to stage places are a half each way and channels twice as many, at most 8 times `width`.
struct ResidualShape {
  int size = 64;   ///< side of the pictures in pixels, 8 to 512
  int width = 16;  ///< 1 to 1024
  int blocks = 1;  ///< 1 to 100
  int stages = 3;  ///< 1 to 7
  /// Whether the numbers are in their ranges.
  bool valid() const;
};
/// Stages that leave at most 8 places each way.
int stages_for(int size);

/// Batch normalization follows each convolution.
ConvPlan residual_plan(const ResidualShape& shape, int classes);
/// Pictures are stretched; numbers from -1 to 1.
const WeightLibrary& residual_library();

}  // namespace akin::nets
