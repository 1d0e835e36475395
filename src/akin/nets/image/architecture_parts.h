// What the definitions of architectures share.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "akin/nets/image/architectures.h"

namespace akin::nets {

using Names = std::vector<std::pair<std::string, std::string>>;

inline SquareOptions square_of(int size, Fit fit, Filter filter, int resized = 0) {
  SquareOptions options;
  options.size = size;
  options.fit = fit;
  options.filter = filter;
  options.resized = resized;
  return options;
}

/// Resized to 256, cut to 224; mean and deviation of ImageNet.
inline Preprocessing imagenet_preprocessing() {
  return {square_of(224, Fit::kCrop, Filter::kBilinear, 256),
          {0.485F * 255, 0.456F * 255, 0.406F * 255},
          {0.229F * 255, 0.224F * 255, 0.225F * 255}};
}
/// Keras' load_img(target_size) stretches; its mode "caffe" takes the mean of ImageNet from blue, green and red.
inline Preprocessing caffe(int size) {
  return {square_of(size, Fit::kStretch, Filter::kBilinear), {123.68F, 116.779F, 103.939F}, {1, 1, 1}, true};
}

inline WeightLibrary torchvision() {
  return {"torchvision", false, ".weight", ".bias", imagenet_preprocessing()};
}
inline WeightLibrary keras(int size) { return {"Keras", true, "/kernel", "/bias", caffe(size)}; }

inline ConvOp conv(std::string name, int kernel, int channels, Names files) {
  ConvOp op;
  op.name = std::move(name);
  op.kernel = kernel;
  op.channels = channels;
  op.activation = Activation::kRelu;
  op.files = std::move(files);
  return op;
}

inline ConvOp max_pool(std::string name, int kernel, int stride, bool ceil = false) {
  ConvOp op;
  op.kind = OpKind::kMaxPool;
  op.name = std::move(name);
  op.kernel = kernel;
  op.stride = stride;
  op.ceil = ceil;
  return op;
}

inline ConvOp plain(OpKind kind, std::string name) {
  ConvOp op;
  op.kind = kind;
  op.name = std::move(name);
  return op;
}

inline ConvOp dense(std::string name, int channels, Activation activation, Names files) {
  ConvOp op = plain(OpKind::kDense, std::move(name));
  op.channels = channels;
  op.activation = activation;
  op.files = std::move(files);
  return op;
}

// mobile_nets.cc
std::span<const WeightLibrary> mobile_libraries();
std::span<const WeightLibrary> lite_libraries();
ConvPlan mobilenetv2(std::size_t library, int classes);
ConvPlan efficientnet_lite0(std::size_t library, int classes);

}  // namespace akin::nets
