// The nets of pictures that akin knows, and how other libraries name their tensors.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "akin/nets/image/conv_plan.h"
#include "akin/nets/image/image_net.h"

namespace akin::nets {

/// Names, layouts and preprocessing of a library that trains an architecture; in one file all are of one library.
struct WeightLibrary {
  std::string_view name;  ///< such as "torchvision"
  bool keras =
      false;  ///< (height, width, in, out) and dense (in, out); else (out, in, height, width) and (out, in)
  std::string_view weight;  ///< what follows the name of a layer for its weights, such as ".weight"
  std::string_view bias;
  Preprocessing preprocessing = {};  ///< `square.size` is the input of its plan
  std::string_view origin = {};      ///< what is known of such files
};

struct Architecture {
  std::string_view name;
  std::string_view summary;  ///< one line
  std::span<const WeightLibrary> libraries;
  /// `library`: an index of `libraries`; `classes` 0 = without the head.
  ConvPlan (*plan)(std::size_t library, int classes) = nullptr;
};

/// vgg16, vgg19, alexnet, alexnet-2012, squeezenet1.0, squeezenet1.1, mobilenetv2, efficientnet-lite0, small-cnn.
std::span<const Architecture> architectures();
/// Throws Error(kUsage) naming those that there are.
const Architecture& find_architecture(std::string_view name);

}  // namespace akin::nets
