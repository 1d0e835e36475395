// Values of layers, activations and losses against figures worked out by hand.
#include <gtest/gtest.h>

#include <limits>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/nn/net_for_test.h"

namespace akin::nn {
namespace {

std::vector<float> run(NetSpec spec, const Array& input) {
  Net net = make_net(std::move(spec));
  return net.predict({input}).floats();
}

std::vector<float> activated(Activation activation, const std::vector<float>& values) {
  NetSpec spec;
  const auto width = static_cast<std::int64_t>(values.size());
  spec.input({width}).activation(activation);
  return run(std::move(spec), make_array({1, width}, values));
}

void expect_near(const std::vector<float>& values, const std::vector<double>& expected,
                 double tolerance = 1e-6) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_NEAR(static_cast<double>(values[i]), expected[i], tolerance) << "number " << i;
}

TEST(NetValues, Activations) {
  const std::vector<float> z = {-3, -0.5, 0, 0.5, 3};
  const auto of = [&](auto function) {
    std::vector<double> values;
    for (const float x : z) values.push_back(function(static_cast<double>(x)));
    return values;
  };
  expect_near(activated(Activation::kLinear, z), of([](double x) { return x; }));
  expect_near(activated(Activation::kSigmoid, z), of([](double x) { return 1 / (1 + std::exp(-x)); }));
  expect_near(activated(Activation::kHardSigmoid, z),
              of([](double x) { return std::clamp(0.2 * x + 0.5, 0.0, 1.0); }));
  expect_near(activated(Activation::kTanh, z), of([](double x) { return std::tanh(x); }));
  expect_near(activated(Activation::kRelu, z), of([](double x) { return std::max(0.0, x); }));
  expect_near(activated(Activation::kGelu, z),
              of([](double x) { return x * (1 + std::erf(x / std::sqrt(2.0))) / 2; }));
  expect_near(activated(Activation::kSilu, z), of([](double x) { return x / (1 + std::exp(-x)); }));
  expect_near(activated(Activation::kRelu6, {-3, 5, 7}), {0, 5, 6});
  expect_near(activated(Activation::kLeakyRelu, z), of([](double x) { return std::max(0.01 * x, x); }));
}

TEST(NetValues, SoftmaxIsStable) {
  expect_near(activated(Activation::kSoftmax, {1e4F, -1e4F, 1e4F}), {0.5, 0, 0.5});
  expect_near(activated(Activation::kSoftmax, {-1e4F, -1e4F, -1e4F}), {1.0 / 3, 1.0 / 3, 1.0 / 3});
  const double sum = std::exp(1.0) + std::exp(2.0) + std::exp(3.0);
  expect_near(activated(Activation::kSoftmax, {1, 2, 3}),
              {std::exp(1.0) / sum, std::exp(2.0) / sum, std::exp(3.0) / sum});
}

/// Loss and metrics of a net whose output layer is an activation of its input.
Scores scores(Activation activation, Loss loss, std::vector<float> outputs, std::vector<float> targets,
              std::int64_t classes = 1) {
  NetSpec spec;
  spec.input({classes}).activation(activation);
  Net net = make_net(std::move(spec));
  CompileOptions options = compile_as("sgd", loss);
  options.metrics = {Metric::kAccuracy};
  if (loss != Loss::kSparseCategoricalCrossentropy)
    options.metrics = {Metric::kAccuracy, Metric::kMse, Metric::kMae};
  net.compile(options);
  const auto samples = static_cast<std::int64_t>(outputs.size()) / classes;
  const auto width = static_cast<std::int64_t>(targets.size()) / samples;
  return net.evaluate({{make_array({samples, classes}, std::move(outputs))},
                       make_array({samples, width}, std::move(targets))});
}

TEST(NetValues, Losses) {
  const Scores linear = scores(Activation::kLinear, Loss::kMse, {1, 2, 4}, {0, 2, 1});
  EXPECT_NEAR(linear.at("loss"), (1 + 0 + 9) / 3.0, 1e-6);
  EXPECT_NEAR(linear.at("mae"), (1 + 0 + 3) / 3.0, 1e-6);
  EXPECT_NEAR(scores(Activation::kLinear, Loss::kMae, {1, 2, 4}, {0, 2, 1}).at("loss"), 4 / 3.0, 1e-6);

  const auto log_sigmoid = [](double x) { return -std::log1p(std::exp(-x)); };
  const Scores binary = scores(Activation::kSigmoid, Loss::kBinaryCrossentropy, {2, -1, 3}, {1, 0, 0});
  EXPECT_NEAR(binary.at("loss"), -(log_sigmoid(2) + log_sigmoid(1) + log_sigmoid(-3)) / 3, 1e-6);
  EXPECT_NEAR(binary.at("accuracy"), 2 / 3.0, 1e-6);
  EXPECT_NEAR(binary.at("mse"),
              (std::pow(1 / (1 + std::exp(2.0)), 2) + std::pow(1 / (1 + std::exp(1.0)), 2) +
               std::pow(1 / (1 + std::exp(-3.0)), 2)) /
                  3,
              1e-6);

  const double sum = std::exp(1.0) + std::exp(2.0) + std::exp(3.0);
  const double expected = -(std::log(std::exp(3.0) / sum) + std::log(std::exp(1.0) / sum)) / 2;
  const std::vector<float> outputs = {1, 2, 3, 1, 2, 3};
  const Scores categorical =
      scores(Activation::kSoftmax, Loss::kCategoricalCrossentropy, outputs, {0, 0, 1, 1, 0, 0}, 3);
  EXPECT_NEAR(categorical.at("loss"), expected, 1e-6);
  EXPECT_NEAR(categorical.at("accuracy"), 0.5, 1e-6);
  const Scores sparse =
      scores(Activation::kSoftmax, Loss::kSparseCategoricalCrossentropy, outputs, {2, 0}, 3);
  EXPECT_NEAR(sparse.at("loss"), expected, 1e-6);
  EXPECT_NEAR(sparse.at("accuracy"), 0.5, 1e-6);
}

TEST(NetValues, CrossEntropiesOfCertainMistakesAreFinite) {
  EXPECT_NEAR(scores(Activation::kSigmoid, Loss::kBinaryCrossentropy, {1e4F, -1e4F}, {0, 0}).at("loss"), 5e3,
              1e-2);
  EXPECT_NEAR(
      scores(Activation::kSoftmax, Loss::kSparseCategoricalCrossentropy, {1e4F, -1e4F}, {1}, 2).at("loss"),
      2e4, 1e-1);
  // A probability that comes from elsewhere is kept 1e-7 away from 0 and 1.
  EXPECT_NEAR(scores(Activation::kLinear, Loss::kBinaryCrossentropy, {1}, {0}).at("loss"), -std::log(1e-7),
              0.2);
}

/// A convolution with the given kernel and no bias.
std::vector<float> convolved(const Array& image, Shape kernel, std::vector<float> values, Padding padding) {
  NetSpec spec;
  const Node in = spec.input(image.sample_shape());
  if (kernel.size() == 1)
    in.conv1d(1, kernel[0], {.name = "c", .padding = padding, .bias = false});
  else
    in.conv2d(1, kernel, {.name = "c", .padding = padding, .bias = false});
  Net net = make_net(std::move(spec));
  kernel.push_back(1);
  kernel.push_back(1);
  NamedArray weight{"c/kernel", kernel};
  weight.values = std::move(values);
  net.set_weights({weight});
  return net.predict({image}).floats();
}

const std::vector<float> kFilter2 = {0.3F, 0.2F, -0.7F, -0.5F, 0.21F, -0.1F, 0.17F, 0.7F, -0.8F};

Array row_input() { return make_array({1, 8, 1}, {3, 0, -1, 1, 0, 0, 0, 1}); }
Array image_input() {
  return make_array({1, 8, 8, 1}, {3, 0, 1, 2, 0,  2,  -1, 2, 0, 1,  0, 3, 1, 0,  0, 0, -1, -7, 1, 1, 0, 0,
                                   0, 1, 1, 0, -1, -2, 1,  0, 0, 1,  0, 1, 0, 0,  1, 0, 0,  1,  0, 0, 3, 0,
                                   1, 0, 2, 1, 0,  1,  2,  0, 1, -3, 0, 0, 1, -3, 0, 0, 1,  1,  1, 0});
}

TEST(NetValues, ConvolutionsOfOneDimension) {
  expect_near(convolved(row_input(), {3}, {1, -1, -1}, Padding::kSame), {-3, 4, 0, -2, 1, 0, -1, -1});
  // flipped
  expect_near(convolved(row_input(), {3}, {-1, -1, 1}, Padding::kSame), {-3, -4, 2, 0, -1, 0, 1, -1});
  expect_near(convolved(row_input(), {3}, {0.3F, -0.5F, 0.17F}, Padding::kSame),
              {-1.5, 0.73, 0.67, -0.8, 0.3, 0, 0.17, -0.5});
  expect_near(convolved(row_input(), {3}, {0.17F, -0.5F, 0.3F}, Padding::kSame),
              {-1.5, 0.21, 0.8, -0.67, 0.17, 0, 0.3, -0.5});
}

TEST(NetValues, ConvolutionsOfTwoDimensions) {
  expect_near(convolved(image_input(), {3, 3}, {1, -1, -1, -1, 1, -1, -1, -1, 1}, Padding::kValid),
              {12, 0,  -1, -3, -2, 2,  -10, 4, 0,  2,  0, 0, 4,  -9, -1, 3, -2, -1,
               6,  -1, -3, -3, 1,  -3, -3,  1, -6, -4, 0, 3, -2, 1,  0,  3, -6, -2});
  std::vector<float> first = convolved(image_input(), {3, 3}, kFilter2, Padding::kValid);
  first.resize(6);
  expect_near(first, {-5.46, -3.29, 2.1, -1.92, 0.6, -1.8}, 1e-5);
  std::vector<float> flipped =
      convolved(image_input(), {3, 3}, {kFilter2.rbegin(), kFilter2.rend()}, Padding::kValid);
  flipped.resize(6);
  expect_near(flipped, {-2.42, 4.84, 0.23, -2.05, 1.13, -1.66}, 1e-5);
}

TEST(NetValues, Pools) {
  const Array image =
      make_array({1, 8, 8, 1}, {1, 2,  -3, -1, 0,  3, -1, 5,  2, 7,  0, 1, 1, -1, 0, 2, 0,  0, 1, 1, 0, -2,
                                0, -1, 1,  0,  0,  0, 1,  -3, 0, -1, 0, 3, 0, 2,  1, 0, -1, 3, 0, 0, 1, 0,
                                1, 0,  -2, 3,  -2, 1, 5,  0,  1, 0,  4, 1, 1, 0,  0, 0, 1,  1, 1, 0});
  NetSpec max, mean;
  max.input({8, 8, 1}).max_pool2d({4, 4});
  mean.input({8, 8, 1}).average_pool2d({4, 4});
  expect_near(run(std::move(max), image), {7, 5, 5, 4});
  expect_near(run(std::move(mean), image), {0.75, 0.1875, 0.6875, 0.875});
  NetSpec edge;  // padding neither wins nor counts
  edge.input({5, 1}).max_pool1d(2, {.padding = Padding::kSame});
  expect_near(run(std::move(edge), make_array({1, 5, 1}, {-5, -4, -3, -2, -1})), {-4, -2, -1});
  NetSpec edge_mean;
  edge_mean.input({5, 1}).average_pool1d(2, {.padding = Padding::kSame});
  expect_near(run(std::move(edge_mean), make_array({1, 5, 1}, {1, 2, 3, 4, 5})), {1.5, 3.5, 5});
}

TEST(NetValues, LstmStepByHand) {
  NetSpec spec;
  spec.input({2, 1}).lstm(1, {.name = "l"});
  Net net = make_net(std::move(spec));
  NamedArray kernel{"l/kernel", {1, 4}}, recurrent{"l/recurrent_kernel", {1, 4}}, bias{"l/bias", {4}};
  kernel.values = std::vector<float>{0.1F, 0.2F, 0.3F, 0.4F};
  recurrent.values = std::vector<float>{0.5F, 0.6F, 0.7F, 0.8F};
  bias.values = std::vector<float>{0, 1, 0, 0};
  net.set_weights({kernel, recurrent, bias});
  const auto s = [](double x) { return 1 / (1 + std::exp(-x)); };
  double h = 0, c = 0;
  for (const double x : {1.0, -2.0}) {
    const double u = s(0.1 * x + 0.5 * h), f = s(0.2 * x + 0.6 * h + 1), o = s(0.4 * x + 0.8 * h);
    c = f * c + u * std::tanh(0.3 * x + 0.7 * h);
    h = o * std::tanh(c);
  }
  expect_near(net.predict({make_array({1, 2, 1}, {1, -2})}).floats(), {h});
}

TEST(NetValues, OneHotMultiHotAndIntermediateLayers) {
  NetSpec spec;
  const Node in = spec.input({3});
  in.embedding(4, 0, {.name = "hot", .vectors = VectorSource::kOneHot}).flatten();
  in.multi_hot(4, {.name = "bag"});
  Net net = make_net(std::move(spec));
  const Array ids = make_ids({2, 3}, {1, 0, 3, 2, 2, 0});
  expect_near(net.predict({ids}).floats(), {0, 1, 0, 1, 0, 0, 1, 0});
  const Array hot = net.predict({ids}, "hot");
  EXPECT_EQ(hot.shape, (Shape{2, 3, 4}));
  expect_near(hot.floats(), {0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0});
  EXPECT_THROW(net.predict({ids}, "cold"), Error);
}

TEST(NetValues, PretrainedVectorsAreReadAndMayStayFixed) {
  const TempDir dir;
  const std::vector<float> table = {1, 2, 3, 4};  // two rows; row 0 is reserved for nothing
  TensorWriter writer("vectors");
  writer.tensor("t", table.data(), 2, 2, 2);
  writer.write(dir / "v");
  NetSpec spec;
  spec.input({1})
      .embedding(3, 2,
                 {.name = "e", .vectors = VectorSource::kPretrained, .file = dir / "v", .trainable = false})
      .flatten()
      .dense(1);
  Net net = make_net(std::move(spec));
  expect_near(net.predict({make_ids({3, 1}, {0, 1, 2})}, "e").floats(), {0, 0, 1, 2, 3, 4});
  net.compile(compile_as("adam", Loss::kMse, 0.1));
  train(net, {{make_ids({3, 1}, {0, 1, 2})}, make_array({3, 1}, {1, 2, 3})}, {.epochs = 2});
  expect_near(net.predict({make_ids({3, 1}, {0, 1, 2})}, "e").floats(), {0, 0, 1, 2, 3, 4});
  NetSpec wrong;
  wrong.input({1}).embedding(5, 2, {.name = "e", .vectors = VectorSource::kPretrained, .file = dir / "v"});
  EXPECT_NE(error_text([&] { make_net(wrong); }).find("is (2, 2); expected (5, 2), or a row less"),
            std::string::npos);
}

TEST(NetValues, DepthwiseConvolutionsHaveFiltersForEachChannel) {
  NetSpec spec;
  spec.input({3, 2}).then(LayerKind::kDepthwiseConv1d, {.name = "own", .kernel = {2}, .depth_multiplier = 2});
  EXPECT_EQ(spec.shape(1).output, (Shape{2, 4}));
  EXPECT_EQ(spec.parameters(), 2 * 2 * 2 + 4);
  Net net = make_net(std::move(spec));
  const std::vector<float> kernel = {1, 2, 3, 4, 5, 6, 7, 8};  // (width, channel, filter)
  net.set_weights(
      {{"own/depthwise_kernel", {2, 2, 2}, kernel}, {"own/bias", {4}, std::vector<float>{0, 0, 0, 1}}});
  const std::vector<float> x = {1, 10, 2, 20, 3, 30};
  std::vector<double> expected;
  for (std::size_t step = 0; step < 2; ++step) {
    for (std::size_t channel = 0; channel < 2; ++channel) {
      for (std::size_t filter = 0; filter < 2; ++filter) {
        double sum = channel == 1 && filter == 1 ? 1 : 0;
        for (std::size_t w = 0; w < 2; ++w)
          sum += static_cast<double>(x[(step + w) * 2 + channel] * kernel[(w * 2 + channel) * 2 + filter]);
        expected.push_back(sum);
      }
    }
  }
  expect_near(net.predict({make_array({1, 3, 2}, x)}).floats(), expected, 1e-4);
}

TEST(NetValues, KMaxPoolsKeepTheOrder) {
  NetSpec spec;
  spec.input({5, 2}).then(LayerKind::kKMaxPool1d, {.k = 3});
  expect_near(run(std::move(spec), make_array({1, 5, 2}, {3, 0, 1, 1, 5, 2, 4, 3, 2, 4})),
              {3, 2, 5, 3, 4, 4});
  for (const auto& [layer, steps] : {std::pair<std::int64_t, std::int64_t>{1, 12}, {2, 6}, {3, 4}}) {
    NetSpec
        dynamic;  // Kalchbrenner et al. 2014, of 18 words: 12 of the first, 6 of the second layer of three
    dynamic.input({18, 1}).then(LayerKind::kDynamicKMaxPool1d, {.k = 4, .layer = layer, .layers = 3});
    EXPECT_EQ(dynamic.shape(1).output, (Shape{steps, 1}));
  }
}

TEST(NetValues, FoldingAndResponseNorm) {
  NetSpec spec;
  spec.input({4}).then(LayerKind::kFolding);
  expect_near(run(std::move(spec), make_array({1, 4}, {1, 2, 3, 5})), {3, 8});
  NetSpec norm;
  norm.input({4}).then(LayerKind::kLocalResponseNorm, {.k = 2, .size = 3, .alpha = 0.6, .beta = 0.5});
  const std::vector<double> x = {1, -2, 3, 0.5};
  std::vector<double> expected;
  for (std::size_t c = 0; c < 4; ++c) {
    double squares = x[c] * x[c];
    if (c > 0) squares += x[c - 1] * x[c - 1];
    if (c < 3) squares += x[c + 1] * x[c + 1];
    expected.push_back(x[c] / std::sqrt(2 + 0.6 / 3 * squares));
  }
  expect_near(run(std::move(norm), make_array({1, 4}, {1, -2, 3, 0.5F})), expected);
}

}  // namespace
}  // namespace akin::nn
