#include "akin/nets/image/conv_net.h"

#include <gtest/gtest.h>

#include <map>

#include "akin/base/rng.h"
#include "akin/nets/image/architectures.h"
#include "akin/nets/image/conv_reference_for_test.h"
#include "akin/nets/image/weight_layout.h"
#include "akin/text/bert/kernels.h"

namespace akin::nets {
namespace {

ConvOp op_of(OpKind kind, std::string name, int kernel, int stride, int channels = 0) {
  ConvOp op;
  op.kind = kind;
  op.name = std::move(name);
  op.kernel = kernel;
  op.stride = stride;
  op.channels = channels;
  return op;
}
ConvOp conv(std::string name, int kernel, int stride, int channels, int pad = 0) {
  ConvOp op = op_of(OpKind::kConv, std::move(name), kernel, stride, channels);
  op.pad = pad;
  op.files = {{op.name, op.name + "_norm"}};
  return op;
}
ConvOp depthwise(std::string name, int kernel, int stride, int channels) {
  ConvOp op = conv(std::move(name), kernel, stride, channels);
  op.groups = channels;
  op.same = true;
  return op;
}

std::vector<OpWeights> random_weights(const ConvPlan& plan) {
  Rng rng(3);
  std::vector<OpWeights> weights(plan.ops().size());
  for (int i = 1; i <= plan.last(); ++i) {
    const ConvOp& op = plan.op(i);
    if (!op.has_weights()) continue;
    OpWeights own = empty_weights(plan, i);
    const double size = 1 / std::sqrt(static_cast<double>(plan.inner(i)));
    for (std::size_t c = 0; c < static_cast<std::size_t>(op.channels); ++c) {
      own.bias[c] = static_cast<float>(0.3 * rng.normal());
      if (op.depthwise()) {
        for (std::size_t k = 0; k < plan.inner(i); ++k)
          own.panels.at(0, k * own.bias.size() + c) = static_cast<float>(size * rng.normal());
        continue;
      }
      for (std::size_t k = 0; k < own.panels.inner(); ++k)
        own.panels.at(k, c) = static_cast<float>(size * rng.normal());
    }
    weights[static_cast<std::size_t>(i)] = std::move(own);
  }
  return weights;
}

std::vector<double> random_picture(int size) {
  Rng rng(9);
  std::vector<double> picture;
  for (int i = 0; i < size * size * 3; ++i)
    picture.push_back(static_cast<double>(static_cast<float>(rng.normal())));
  return picture;
}

/// The output of an operation, (height, width, channels).
std::vector<float> output_of(const ConvNet& net, int op, const std::vector<double>& picture) {
  ConvNet::Workspace workspace;
  std::vector<float> out;
  net.run(
      1, op, workspace,
      [&](std::size_t, const MapView& input) {
        for (int p = 0; p < input.shape.height * input.shape.width; ++p) {
          for (int c = 0; c < 3; ++c)
            input.at(p / input.shape.width, p % input.shape.width)[c] =
                static_cast<float>(picture[static_cast<std::size_t>(3 * p + c)]);
        }
      },
      [&](std::size_t, const MapView& map) {
        for (int p = 0; p < map.shape.height * map.shape.width; ++p) {
          const float* const place = map.at(p / map.shape.width, p % map.shape.width);
          out.insert(out.end(), place, place + map.shape.channels);
        }
      });
  return out;
}

/// Largest difference over the largest number.
double difference(const std::vector<float>& values, const std::vector<double>& expected) {
  EXPECT_EQ(values.size(), expected.size());
  double most = 0, largest = 1e-30;
  for (std::size_t i = 0; i < std::min(values.size(), expected.size()); ++i) {
    most = std::max(most, std::abs(static_cast<double>(values[i]) - expected[i]));
    largest = std::max(largest, std::abs(expected[i]));
  }
  return most / largest;
}

/// Every kind of operation, with widths that tiles divide and that they do not, and channels that fill no vector.
ConvPlan mixed_plan(int size) {
  ConvPlan plan(size);
  ConvOp first = conv("first", 3, 2, 40, 1);
  first.activation = Activation::kRelu6;
  const int stem = plan.add(first);
  plan.add(depthwise("filter3", 3, 1, 40));
  ConvOp project = conv("project", 1, 1, 40);
  project.add = stem;
  const int added = plan.add(project);
  const int one = plan.add(conv("one", 1, 1, 24));
  ConvOp wide = conv("wide", 3, 1, 33, 1);
  wide.inputs = {added};
  wide.activation = Activation::kRelu;
  const int three = plan.add(wide);
  ConvOp concat = op_of(OpKind::kConcat, "concat", 1, 1);
  concat.inputs = {one, three};
  plan.add(concat);
  plan.add(op_of(OpKind::kLocalNormalization, "norm", 1, 1));
  ConvOp pool = op_of(OpKind::kMaxPool, "pool", 3, 2);
  pool.ceil = true;
  plan.add(pool);
  plan.add(depthwise("filter5", 5, 2, 57));
  plan.add(depthwise("filter5a", 5, 1, 57));
  plan.add(depthwise("filter4", 4, 1, 57));
  ConvOp groups = conv("groups", 3, 1, 66, 1);
  groups.groups = 3;
  plan.add(groups);
  plan.add(depthwise("filter3s", 3, 2, 66));
  plan.add(op_of(OpKind::kAveragePool, "mean", 2, 1));
  plan.add(conv("strided", 1, 2, 20));
  plan.add(op_of(OpKind::kFlatten, "flat", 1, 1));
  plan.add(op_of(OpKind::kDense, "dense", 1, 1, 37));
  ConvOp last = op_of(OpKind::kDense, "last", 1, 1, 5);
  last.activation = Activation::kSoftmax;
  plan.add(last);
  return plan;
}

TEST(ConvNetTest, EqualsThePlainestLoops) {
  for (const int size : {56, 45}) {
    const ConvPlan plan = mixed_plan(size);
    const std::vector<double> picture = random_picture(size);
    const ConvNet net(plan, random_weights(plan), false);
    const SlowNet slow(plan, net.weights(), picture);
    for (int op = 1; op <= plan.last(); ++op)
      EXPECT_LT(difference(output_of(net, op, picture), slow.output(op)), 1e-5)
          << plan.op(op).name << " of " << size;
  }
}

/// Convolutions that Winograd's algorithm computes, of 23 x 23 and 22 x 22 squares.
TEST(ConvNetTest, WindowsOfThreeEqualThePlainestLoops) {
  ConvPlan plan(46);
  const int first = plan.add(conv("first", 3, 1, 48, 1));
  ConvOp added = conv("added", 3, 1, 48, 1);
  added.add = first;
  added.activation = Activation::kRelu6;
  plan.add(added);
  plan.add(conv("inside", 3, 1, 33));
  const ConvNet net(plan, random_weights(plan), false);
  const std::vector<double> picture = random_picture(46);
  const SlowNet slow(plan, net.weights(), picture);
  for (int op = 1; op <= plan.last(); ++op)
    EXPECT_LT(difference(output_of(net, op, picture), slow.output(op)), 3e-6) << plan.op(op).name;
}

TEST(ConvNetTest, Bfloat16IsClose) {
  if (!bert::has_tiles()) GTEST_SKIP() << "this processor has no tiles";
  for (const int size : {56, 45}) {
    const ConvPlan plan = mixed_plan(size);
    const std::vector<double> picture = random_picture(size);
    const ConvNet net(plan, random_weights(plan), true);
    const SlowNet slow(plan, net.weights(), picture);
    double most = 0;
    for (int op = 1; op <= plan.last(); ++op) {
      const double off = difference(output_of(net, op, picture), slow.output(op));
      EXPECT_LT(off, 0.03) << plan.op(op).name << " of " << size;
      most = std::max(most, off);
    }
    EXPECT_GT(most, 1e-4) << "nothing was computed in bfloat16";
  }
}

TEST(ConvNetTest, PicturesSideBySideHaveTheSameBits) {
  const ConvPlan plan = mixed_plan(45);
  const ConvNet net(plan, random_weights(plan), false);
  const std::vector<double> picture = random_picture(45);
  const std::vector<float> alone = output_of(net, plan.last(), picture);
  ConvNet::Workspace workspace;
  int seen = 0;
  net.run(
      ConvNet::kMostPictures, plan.last(), workspace,
      [&](std::size_t i, const MapView& input) {
        for (int p = 0; p < 45 * 45; ++p) {
          for (int c = 0; c < 3; ++c)
            input.at(p / 45, p % 45)[c] =
                i == 5 ? static_cast<float>(picture[static_cast<std::size_t>(3 * p + c)]) : 1.0F;
        }
      },
      [&](std::size_t i, const MapView& output) {
        if (i != 5) return;
        ++seen;
        EXPECT_EQ(std::vector<float>(output.data, output.data + 5), alone);
      });
  EXPECT_EQ(seen, 1);
  EXPECT_GT(net.workspace_bytes(), 0U);
}

/// The net of tests/reference/image.py.
ConvPlan tiny_plan() {
  ConvPlan plan(23);
  ConvOp stem = conv("stem", 3, 2, 20, 1);
  stem.epsilon = 1e-5;
  stem.activation = Activation::kRelu6;
  plan.add(stem);
  ConvOp groups = conv("groups", 5, 1, 20, 2);
  groups.groups = 2;
  groups.activation = Activation::kRelu;
  plan.add(groups);
  plan.add(op_of(OpKind::kLocalNormalization, "norm", 1, 1));
  ConvOp pool = op_of(OpKind::kMaxPool, "pool", 3, 2);
  pool.ceil = true;
  plan.add(pool);
  ConvOp squeeze = conv("squeeze", 1, 1, 8), one = conv("one", 1, 1, 12), three = conv("three", 3, 1, 12, 1);
  squeeze.activation = one.activation = three.activation = Activation::kRelu;
  one.inputs = three.inputs = {plan.add(squeeze)};
  ConvOp concat = op_of(OpKind::kConcat, "concat", 1, 1);
  const int first = plan.add(one), second = plan.add(three);
  concat.inputs = {first, second};
  const int joined = plan.add(concat);
  ConvOp expand = conv("expand", 1, 1, 40), filter = depthwise("depthwise", 3, 1, 40),
         project = conv("project", 1, 1, 24);
  expand.epsilon = filter.epsilon = project.epsilon = 1e-5;
  expand.activation = filter.activation = Activation::kRelu6;
  project.add = joined;
  plan.add(expand);
  plan.add(filter);
  plan.add(project);
  ConvOp down = depthwise("down", 5, 2, 24);
  down.epsilon = 1e-3;
  down.activation = Activation::kRelu6;
  plan.add(down);
  plan.add(op_of(OpKind::kAveragePool, "mean", 2, 1));
  plan.add(op_of(OpKind::kFlatten, "flat", 1, 1));
  ConvOp fc1 = op_of(OpKind::kDense, "fc1", 1, 1, 10), fc2 = op_of(OpKind::kDense, "predictions", 1, 1, 5);
  fc1.files = {{"fc1", ""}};
  fc2.files = {{"fc2", ""}};
  fc1.activation = Activation::kRelu;
  fc2.activation = Activation::kSoftmax;
  plan.add(fc1);
  plan.add(fc2);
  return plan;
}

TEST(ConvNetTest, TinyNetEqualsTorch) {
  const std::string path = AKIN_SOURCE_DIR "/tests/reference/image/tiny.safetensors";
  const WeightTensors tensors = read_weight_file(path);
  const ConvPlan plan = tiny_plan();
  const WeightLibrary& library = find_architecture("vgg16").libraries[0];  // torchvision's names and layouts
  std::vector<OpWeights> weights(plan.ops().size());
  for (int i = 1; i <= plan.last(); ++i) {
    if (!plan.op(i).has_weights()) continue;
    EXPECT_EQ(tensors.at(tensor_names(plan.op(i), library, 0).weight).shape, shape_in_file(plan, i, library));
    weights[static_cast<std::size_t>(i)] = take_weights(tensors, plan, i, library, 0, path);
  }
  const ConvNet net(plan, std::move(weights), false);
  const auto doubles = [&](const std::string& name) {
    const std::vector<float>& values = tensors.at(name).values;
    return std::vector<double>(values.begin(), values.end());
  };
  int compared = 0;
  for (int op = 1; op <= plan.last(); ++op) {
    const std::string name = "out." + plan.op(op).name;
    if (!tensors.contains(name)) continue;
    ++compared;
    EXPECT_LT(difference(output_of(net, op, doubles("picture")), doubles(name)), 1e-5) << name;
  }
  EXPECT_EQ(compared, 10);
}

}  // namespace
}  // namespace akin::nets
