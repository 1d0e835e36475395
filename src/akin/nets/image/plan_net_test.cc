#include "akin/nets/image/plan_net.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/rng.h"
#include "akin/nets/image/architectures.h"
#include "akin/nets/image/image_net_parts.h"
#include "akin/nets/image/residual.h"
#include "akin/nn/net.h"

namespace akin::nets {
namespace {

std::vector<Picture> noise(int count, int size) {
  Rng rng(3);
  std::vector<Picture> pictures;
  for (int i = 0; i < count; ++i) {
    Picture& picture = pictures.emplace_back(size, size);
    for (std::uint8_t& value : picture.rgb) value = static_cast<std::uint8_t>(rng.below(256));
  }
  return pictures;
}

/// The outputs of `layer` as a net's input.
nn::Array outputs(const ImageNet& net, const std::vector<Picture>& pictures, int layer) {
  const auto at = static_cast<std::size_t>(layer);
  const Matrix rows = net.features(pictures, at, Pooling::kFlatten, {});
  const NetLayer& shape = net.layers()[at];
  std::vector<float> values;
  for (std::size_t r = 0; r < rows.rows(); ++r) values.insert(values.end(), rows[r].begin(), rows[r].end());
  const auto count = static_cast<std::int64_t>(pictures.size());
  return shape.height == 1
             ? nn::make_array({count, shape.channels}, std::move(values))
             : nn::make_array({count, shape.height, shape.width, shape.channels}, std::move(values));
}

void expect_same(const Matrix& told, const nn::Array& expected) {
  for (std::size_t r = 0; r < told.rows(); ++r) {
    for (std::size_t c = 0; c < told.cols(); ++c)
      EXPECT_NEAR(told[r][c], expected.floats()[r * told.cols() + c], 1e-4)
          << "picture " << r << ", class " << c;
  }
}

/// What torch says of the layers, akin's own kernels say of the plan, moving means folded in.
TEST(PlanNet, ATrainedResidualNetIsTheSameAsAPlan) {
  ImageNetParts parts;
  parts.architecture = kResidual;
  parts.residual = {.size = 17, .width = 5, .blocks = 2, .stages = 3};
  parts.classes = 3;
  parts.preprocessing = residual_library().preprocessing;
  parts.preprocessing.square.size = 17;
  const ConvPlan plan = parts.plan();
  nn::Net net = nn::make_net(net_of_plan(plan, {.dropout = 0.5}), {.seed = 2});
  Rng rng(6);
  std::vector<nn::NamedArray> weights = net.weights();
  for (nn::NamedArray& weight : weights) {  // also those that begin as zeros and ones
    for (std::size_t i = 0; i < weight.size(); ++i)
      weight.set(i, weight.at(i) * (0.5 + rng.uniform()) + 0.1 * rng.uniform());
  }
  net.set_weights(weights);
  from_layers(plan, weights, {}, parts.weights);
  const ImageNet own(std::move(parts));
  const std::vector<Picture> pictures = noise(3, 17);
  expect_same(own.probabilities(pictures, {}), net.predict({outputs(own, pictures, 0)}));
}

/// The last blocks of MobileNetV2 as layers, there and back.
TEST(PlanNet, TheEndOfAPretrainedNetIsTheSame) {
  ImageNetParts parts;
  parts.architecture = "mobilenetv2";
  parts.classes = 4;
  const ConvPlan plan = parts.plan();
  parts.preprocessing.square.size = 224;
  Rng rng(1);
  for (int i = 0; i <= plan.last(); ++i) {
    OpWeights own = plan.op(i).has_weights() ? empty_weights(plan, i) : OpWeights();
    for (std::size_t k = 0; k < own.panels.inner(); ++k) {
      for (std::size_t c = 0; c < own.panels.columns(); ++c)
        own.panels.at(k, c) =
            static_cast<float>(rng.normal() * std::sqrt(2.0 / static_cast<double>(plan.inner(i))));
    }
    parts.weights.push_back(std::move(own));
  }
  const ImageNet whole(parts);
  const int first = static_cast<int>(whole.find_layer("block_13_project"));
  ASSERT_TRUE(is_cut(plan, first));
  EXPECT_FALSE(is_cut(plan, static_cast<int>(whole.find_layer("block_14_depthwise"))))
      << "a shortcut leads past it";
  const PlanNetOptions options{.first = first, .folded = true};
  nn::Net net = nn::make_net(net_of_plan(plan, options));
  net.set_weights(to_layers(plan, parts.weights, first, plan.last()));
  const std::vector<Picture> pictures = noise(1, 224);
  expect_same(whole.probabilities(pictures, {}), net.predict({outputs(whole, pictures, first)}));
  std::vector<OpWeights> back = parts.weights;
  from_layers(plan, net.weights(), options, back);
  for (std::size_t i = 0; i < back.size(); ++i) {
    EXPECT_EQ(back[i].bias, parts.weights[i].bias);
    for (std::size_t k = 0; k < back[i].panels.inner(); ++k)
      EXPECT_EQ(back[i].panels.at(k, 0), parts.weights[i].panels.at(k, 0));
  }
}

}  // namespace
}  // namespace akin::nets
