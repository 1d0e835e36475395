#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/nets/image/architecture_parts.h"

namespace akin::nets {
namespace {

// Simonyan & Zisserman, "Very deep convolutional networks for large-scale image recognition" (2015).

const std::array<WeightLibrary, 2> kVggLibraries = {torchvision(), keras(224)};

ConvPlan vgg(int convs_of_later_blocks, int classes) {
  ConvPlan plan(224);
  int number = 0;  // in torchvision's list of convolutions, activations and pools
  for (int block = 1; block <= 5; ++block) {
    const int channels = std::min(512, 32 << block);
    for (int c = 1; c <= (block < 3 ? 2 : convs_of_later_blocks); ++c, number += 2) {
      const std::string name = fmt::format("block{}_conv{}", block, c);
      ConvOp op = conv(name, 3, channels, {{fmt::format("features.{}", number), ""}, {name, ""}});
      op.pad = 1;
      plan.add(std::move(op));
    }
    plan.add(max_pool(fmt::format("block{}_pool", block), 2, 2));
    ++number;
  }
  plan.features = plan.last();
  if (classes == 0) return plan;
  plan.add(plain(OpKind::kFlatten, "flatten"));
  plan.add(dense("fc1", 4096, Activation::kRelu, {{"classifier.0", ""}, {"fc1", ""}}));
  plan.add(dense("fc2", 4096, Activation::kRelu, {{"classifier.3", ""}, {"fc2", ""}}));
  plan.add(dense("predictions", classes, Activation::kSoftmax, {{"classifier.6", ""}, {"predictions", ""}}));
  return plan;
}
ConvPlan vgg16(std::size_t, int classes) { return vgg(3, classes); }
ConvPlan vgg19(std::size_t, int classes) { return vgg(4, classes); }

// Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014), as torchvision has it.

const std::array<WeightLibrary, 1> kAlexLibraries = {torchvision()};

void add_alex_head(ConvPlan& plan, int classes, const std::array<std::string, 3>& names) {
  plan.features = plan.last();
  if (classes == 0) return;
  plan.add(plain(OpKind::kFlatten, "flatten"));
  plan.add(dense("fc6", 4096, Activation::kRelu, {{names[0], ""}}));
  plan.add(dense("fc7", 4096, Activation::kRelu, {{names[1], ""}}));
  plan.add(dense("fc8", classes, Activation::kSoftmax, {{names[2], ""}}));
}

ConvPlan alexnet(std::size_t, int classes) {
  ConvPlan plan(224);
  const auto add = [&](const char* name, int kernel, int stride, int pad, int channels, int number) {
    ConvOp op = conv(name, kernel, channels, {{fmt::format("features.{}", number), ""}});
    op.stride = stride;
    op.pad = pad;
    plan.add(std::move(op));
  };
  add("conv1", 11, 4, 2, 64, 0);
  plan.add(max_pool("pool1", 3, 2));
  add("conv2", 5, 1, 2, 192, 3);
  plan.add(max_pool("pool2", 3, 2));
  add("conv3", 3, 1, 1, 384, 6);
  add("conv4", 3, 1, 1, 256, 8);
  add("conv5", 3, 1, 1, 256, 10);
  plan.add(max_pool("pool5", 3, 2));
  add_alex_head(plan, classes, {"classifier.1", "classifier.4", "classifier.6"});
  return plan;
}

// Krizhevsky, Sutskever & Hinton, "ImageNet classification with deep convolutional neural networks" (2012), with the order
// of Caffe's reference model: two groups, and local normalization before the pools.

const std::array<WeightLibrary, 1> kAlex2012Libraries = {{{"Caffe", false, ".weight", ".bias", caffe(227)}}};

ConvPlan alexnet_2012(std::size_t, int classes) {
  ConvPlan plan(227);
  const auto add = [&](const std::string& name, int kernel, int pad, int channels, int groups) {
    ConvOp op = conv(name, kernel, channels, {{name, ""}});
    op.stride = kernel == 11 ? 4 : 1;
    op.pad = pad;
    op.groups = groups;
    plan.add(std::move(op));
  };
  add("conv1", 11, 0, 96, 1);
  plan.add(plain(OpKind::kLocalNormalization, "norm1"));
  plan.add(max_pool("pool1", 3, 2));
  add("conv2", 5, 2, 256, 2);
  plan.add(plain(OpKind::kLocalNormalization, "norm2"));
  plan.add(max_pool("pool2", 3, 2));
  add("conv3", 3, 1, 384, 1);
  add("conv4", 3, 1, 384, 2);
  add("conv5", 3, 1, 256, 2);
  plan.add(max_pool("pool5", 3, 2));
  add_alex_head(plan, classes, {"fc6", "fc7", "fc8"});
  return plan;
}

// Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters" (2016).

const std::array<WeightLibrary, 3> kSqueezeLibraries = {
    torchvision(), keras(227),
    WeightLibrary{"Caffe",
                  false,
                  "_w",
                  "_b",
                  {square_of(227, Fit::kStretch, Filter::kBilinear), {123, 117, 104}, {1, 1, 1}, true}}};
constexpr std::size_t kKerasSqueeze = 1;

/// Squeeze to `squeezed` channels, expand to twice `expanded`. `number`: of torchvision.
void add_fire(ConvPlan& plan, int fire, int number, int squeezed, int expanded) {
  const auto files = [&](const std::string& part) {
    const std::string of_torch = part.starts_with("squeeze") ? "squeeze" : part;
    return Names{{fmt::format("features.{}.{}", number, of_torch), ""},
                 {fmt::format("fire{}/{}", fire, part), ""},
                 {fmt::format("fire{}_{}", fire, part), ""}};
  };
  const auto name = [&](const char* part) { return fmt::format("fire{}/{}", fire, part); };
  const int squeeze = plan.add(conv(name("squeeze1x1"), 1, squeezed, files("squeeze1x1")));
  ConvOp one = conv(name("expand1x1"), 1, expanded, files("expand1x1"));
  one.inputs = {squeeze};
  ConvOp three = conv(name("expand3x3"), 3, expanded, files("expand3x3"));
  three.inputs = {squeeze};
  three.pad = 1;
  const int first = plan.add(std::move(one)), second = plan.add(std::move(three));
  ConvOp concat = plain(OpKind::kConcat, name("concat"));
  concat.inputs = {first, second};
  plan.add(std::move(concat));
}

/// `pooled`: the fires before which a pool stands.
ConvPlan squeezenet(std::size_t library, int classes, int kernel, int channels,
                    const std::array<int, 2>& pooled) {
  const bool ceil = library != kKerasSqueeze;  // Keras drops the last, incomplete window
  ConvPlan plan(kSqueezeLibraries[library].preprocessing.square.size);
  ConvOp first = conv("conv1", kernel, channels, {{"features.0", ""}, {"conv1", ""}, {"conv1", ""}});
  first.stride = 2;
  plan.add(std::move(first));
  plan.add(max_pool("pool1", 3, 2, ceil));
  int number = 3;
  constexpr std::array<int, 8> kSqueezed = {16, 16, 32, 32, 48, 48, 64, 64};
  for (int fire = 2; fire <= 9; ++fire, ++number) {
    if (std::ranges::find(pooled, fire) != pooled.end()) {
      plan.add(max_pool(fmt::format("pool{}", fire - 1), 3, 2, ceil));
      ++number;
    }
    const int squeezed = kSqueezed[static_cast<std::size_t>(fire - 2)];
    add_fire(plan, fire, number, squeezed, 4 * squeezed);
  }
  plan.features = plan.last();
  if (classes == 0) return plan;
  plan.add(conv("conv10", 1, classes, {{"classifier.1", ""}, {"conv10", ""}, {"conv10", ""}}));
  ConvOp mean = plain(OpKind::kGlobalAverage, "predictions");
  mean.activation = Activation::kSoftmax;
  plan.add(std::move(mean));
  return plan;
}
ConvPlan squeezenet10(std::size_t library, int classes) {
  return squeezenet(library, classes, 7, 96, {5, 9});
}
ConvPlan squeezenet11(std::size_t library, int classes) {
  return squeezenet(library, classes, 3, 64, {4, 6});
}

// A small net that can be trained in minutes.

const std::array<WeightLibrary, 1> kSmallLibraries = {
    {{"Keras", true, "/kernel", "/bias", {square_of(64, Fit::kStretch, Filter::kBilinear)}}}};

ConvPlan small_cnn(std::size_t, int classes) {
  ConvPlan plan(64);
  for (int block = 1; block <= 4; ++block) {
    const std::string name = fmt::format("conv{}", block);
    ConvOp op = conv(name, 3, 8 << block, {{name, ""}});
    op.pad = 1;
    plan.add(std::move(op));
    plan.add(max_pool(fmt::format("pool{}", block), 2, 2));
  }
  plan.features = plan.last();
  if (classes == 0) return plan;
  plan.add(plain(OpKind::kGlobalAverage, "mean"));
  plan.add(dense("predictions", classes, Activation::kSoftmax, {{"predictions", ""}}));
  return plan;
}

}  // namespace

std::span<const Architecture> architectures() {
  static const std::array<Architecture, 9> kArchitectures = {{
      {"vgg16", "13 convolutions of 3 x 3, 3 dense layers (Simonyan & Zisserman 2015)", kVggLibraries, vgg16},
      {"vgg19", "16 convolutions of 3 x 3, 3 dense layers (Simonyan & Zisserman 2015)", kVggLibraries, vgg19},
      {"alexnet", "5 convolutions, 3 dense layers (Krizhevsky 2014)", kAlexLibraries, alexnet},
      {"alexnet-2012", "the first AlexNet: two groups, local normalization (Krizhevsky et al. 2012)",
       kAlex2012Libraries, alexnet_2012},
      {"squeezenet1.0", "8 fire modules, 1.2 million parameters (Iandola et al. 2016)", kSqueezeLibraries,
       squeezenet10},
      {"squeezenet1.1", "the same at 2.4 times less computation", kSqueezeLibraries, squeezenet11},
      {"mobilenetv2", "17 inverted residuals (Sandler et al. 2018)", mobile_libraries(), mobilenetv2},
      {"efficientnet-lite0", "16 inverted residuals (Tan & Le 2019, Google 2020)", lite_libraries(),
       efficientnet_lite0},
      {"small-cnn", "4 convolutions of 3 x 3 on 64 x 64 pixels", kSmallLibraries, small_cnn},
  }};
  return kArchitectures;
}

const Architecture& find_architecture(std::string_view name) {
  std::vector<std::string> names;
  for (const Architecture& architecture : architectures()) {
    if (architecture.name == name) return architecture;
    names.emplace_back(architecture.name);
  }
  fail(ErrorCode::kUsage, "there is no net of pictures '{}'; there are: {}", name, fmt::join(names, ", "));
}

}  // namespace akin::nets
