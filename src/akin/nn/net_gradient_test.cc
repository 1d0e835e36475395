// Gradients of every kind of layer against central differences, in double.
#include <gtest/gtest.h>

#include "akin/nn/net_for_test.h"

namespace akin::nn {
namespace {

constexpr std::int64_t kSamples = 3;

/// A net on numbers of `shape`; `body` puts layers on a first dense layer,
/// a dense layer to one number ends it.
template <typename Body>
void check_body(Shape shape, Body body, Loss loss = Loss::kMse) {
  NetSpec spec("checked");
  const Node first = spec.input(shape).dense(shape.back(), Activation::kTanh);
  body(first).flatten().dense(1,
                              loss == Loss::kBinaryCrossentropy ? Activation::kSigmoid : Activation::kLinear);
  shape.insert(shape.begin(), kSamples);
  std::vector<float> targets = {1, 0, 1};
  EXPECT_LT(
      worst_error(std::move(spec), {{random_array(shape, 1)}, make_array({kSamples, 1}, targets)}, loss),
      1e-6);
}

TEST(NetGradient, Activations) {
  for (const Activation activation :
       {Activation::kLinear, Activation::kSigmoid, Activation::kHardSigmoid, Activation::kTanh,
        Activation::kRelu, Activation::kLeakyRelu, Activation::kSoftmax, Activation::kGelu, Activation::kSilu,
        Activation::kRelu6}) {
    SCOPED_TRACE(to_string(activation));
    check_body({5}, [&](const Node& x) { return x.dense(7, activation); });
    check_body({5}, [&](const Node& x) { return x.activation(activation); });
  }
}

TEST(NetGradient, Convolutions) {
  check_body({11, 3}, [](const Node& x) { return x.conv1d(4, 3); });
  check_body({11, 3},
             [](const Node& x) { return x.conv1d(4, 3, {.strides = {2}, .padding = Padding::kSame}); });
  check_body({7, 5, 2}, [](const Node& x) { return x.conv2d(3, {3, 2}); });
  check_body({5, 3}, [](const Node& x) { return x.conv1d(4, 3, {.padding = Padding::kFull}); });
  check_body({11, 3}, [](const Node& x) {
    return x.then(LayerKind::kDepthwiseConv1d, {.kernel = {3}, .strides = {2}, .depth_multiplier = 2});
  });
  check_body({7, 5, 2}, [](const Node& x) {
    return x.then(LayerKind::kDepthwiseConv2d, {.activation = Activation::kTanh, .kernel = {3, 2}});
  });
  check_body({7, 5, 2}, [](const Node& x) {
    return x.conv2d(3, {3, 3},
                    {.activation = Activation::kTanh,
                     .strides = {2, 1},
                     .padding = Padding::kAmount,
                     .pad = 1,
                     .bias = false});
  });
}

TEST(NetGradient, Pools) {
  for (const Padding padding : {Padding::kValid, Padding::kSame}) {
    check_body({11, 3}, [&](const Node& x) { return x.max_pool1d(3, {.padding = padding}); });
    check_body({11, 3},
               [&](const Node& x) { return x.average_pool1d(3, {.strides = {2}, .padding = padding}); });
    check_body({7, 5, 2}, [&](const Node& x) { return x.max_pool2d({2, 3}, {.padding = padding}); });
    check_body({7, 5, 2}, [&](const Node& x) { return x.average_pool2d({2, 3}, {.padding = padding}); });
  }
  check_body({8, 4}, [](const Node& x) {
    return x.then(LayerKind::kDynamicKMaxPool1d, {.k = 2, .layer = 1, .layers = 2})
        .then(LayerKind::kFolding)
        .then(LayerKind::kKMaxPool1d, {.k = 2});
  });
  for (const LayerKind kind : {LayerKind::kGlobalMaxPool1d, LayerKind::kGlobalAveragePool1d})
    check_body({5, 3}, [&](const Node& x) { return x.then(kind); });
  for (const LayerKind kind : {LayerKind::kGlobalMaxPool2d, LayerKind::kGlobalAveragePool2d})
    check_body({5, 3, 2}, [&](const Node& x) { return x.then(kind); });
}

TEST(NetGradient, RecurrentOverTwentySteps) {
  check_body({20, 3}, [](const Node& x) { return x.rnn(4); });
  check_body({20, 3}, [](const Node& x) {
    return x.rnn(4, {.activation = Activation::kSigmoid, .return_sequences = true});
  });
  check_body({20, 3}, [](const Node& x) { return x.gru(4); });
  check_body({20, 3}, [](const Node& x) { return x.gru(4, {.return_sequences = true}); });
  check_body({20, 3}, [](const Node& x) { return x.lstm(4); });
  check_body({20, 3}, [](const Node& x) {
    return x.lstm(
        4, {.recurrent_activation = Activation::kHardSigmoid, .bias = false, .return_sequences = true});
  });
}

TEST(NetGradient, ShapesAndNormalization) {
  check_body({6, 2}, [](const Node& x) { return x.flatten().reshape({4, -1}).dropout(0.5); });
  check_body({6, 2}, [](const Node& x) { return x.then(LayerKind::kBatchNorm); });
  check_body({3, 6}, [](const Node& x) {
    return x.then(LayerKind::kLocalResponseNorm, {.k = 2, .size = 3, .alpha = 0.5});
  });
}

TEST(NetGradient, Merges) {
  for (const LayerKind kind :
       {LayerKind::kConcatenate, LayerKind::kAdd, LayerKind::kMultiply, LayerKind::kDot}) {
    SCOPED_TRACE(kind_info(kind).name);
    NetSpec spec("merge");
    const Node a = spec.input({4}).dense(5, Activation::kTanh);
    const Node b = spec.input({3}).dense(5);
    spec.merge(kind, std::vector<Node>{a, b}).dense(1);
    const Batch batch{{random_array({kSamples, 4}, 1), random_array({kSamples, 3}, 2)},
                      random_array({kSamples, 1}, 3)};
    EXPECT_LT(worst_error(std::move(spec), batch, Loss::kMse), 1e-6);
  }
}

TEST(NetGradient, Embeddings) {
  NetSpec spec("words");
  spec.input({4}).embedding(5, 3).flatten().dense(1);
  const Batch batch{{random_ids({9, 4}, 5, 1)}, random_array({9, 1}, 3)};
  EXPECT_LT(worst_error(std::move(spec), batch, Loss::kMse), 1e-6);
  for (const bool one_hot : {true, false}) {
    NetSpec hot("hot");
    const Node in = hot.input({4});
    (one_hot ? in.embedding(5, 0, {.vectors = VectorSource::kOneHot}).flatten() : in.multi_hot(5)).dense(1);
    EXPECT_LT(worst_error(std::move(hot), batch, Loss::kMse), 1e-6);
  }
}

TEST(NetGradient, Losses) {
  check_body(
      {5}, [](const Node& x) { return x; }, Loss::kMae);
  check_body(
      {5}, [](const Node& x) { return x; }, Loss::kBinaryCrossentropy);
  for (const bool folded : {true, false}) {  // with the softmax last, and behind a reshape that hides it
    NetSpec one_hot("classes"), sparse("classes");
    for (NetSpec* spec : {&one_hot, &sparse}) {
      const Node end = spec->input({5}).dense(4, Activation::kSoftmax);
      if (!folded) end.reshape({4});
    }
    const Batch batch{{random_array({kSamples, 5}, 1)},
                      make_array({kSamples, 4}, {1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1})};
    EXPECT_LT(worst_error(std::move(one_hot), batch, Loss::kCategoricalCrossentropy), 1e-6);
    const Batch labels{batch.inputs, make_array({kSamples, 1}, {0, 2, 3})};
    EXPECT_LT(worst_error(std::move(sparse), labels, Loss::kSparseCategoricalCrossentropy), 1e-6);
  }
}

Net in_double(NetSpec spec, Loss loss = Loss::kMse) {
  Net net = make_net(std::move(spec), {.engine = {.dtype = "double"}});
  net.compile(compile_as("sgd", loss));
  return net;
}

TEST(NetGradient, ByStepOfALinearUnitIsAPowerOfItsWeight) {
  constexpr std::int64_t kSteps = 6, kMany = 250;  // more than go through at once
  constexpr double kWeight = 0.75;
  NetSpec spec("line");
  spec.input({kSteps, 1}).rnn(1, {.name = "h", .activation = Activation::kLinear});
  Net net = in_double(std::move(spec));
  net.set_weights({{"h/recurrent_kernel", {1, 1}, std::vector<double>{kWeight}}});
  const Batch samples{{random_array({kMany, kSteps, 1}, 1)}, random_array({kMany, 1}, 2)};
  const Array outputs = net.predict(samples.inputs);
  double last = 0;  // |d/dh (h - y)^2|, mean over the samples
  for (std::size_t i = 0; i < kMany; ++i)
    last += 2 * std::abs(outputs.floats()[i] - samples.targets.floats()[i]) / kMany;
  const std::vector<StepGradientNorms> layers = net.step_gradient_norms(samples);
  ASSERT_EQ(layers.size(), 1U);
  EXPECT_EQ(layers[0].layer, "h");
  const std::vector<double>& norms = layers[0].norms;
  ASSERT_EQ(norms.size(), static_cast<std::size_t>(kSteps));
  EXPECT_NEAR(norms.back(), last, 1e-6 * last);
  for (std::size_t t = 0; t < norms.size(); ++t)
    EXPECT_NEAR(norms[t], std::pow(kWeight, norms.size() - 1 - t) * norms.back(), 1e-12) << t;
}

TEST(NetGradient, ByStepOfEachRecurrentLayer) {
  NetSpec spec("stacked");  // the first one's weights are frozen, and dropout does not count
  spec.input({5, 2})
      .lstm(3, {.name = "first", .return_sequences = true, .trainable = false})
      .dropout(0.5)
      .gru(4, {.name = "second"})
      .dense(1);
  Net net = in_double(std::move(spec));
  const Batch samples{{random_array({9, 5, 2}, 1)}, random_array({9, 1}, 2)};
  const std::vector<NamedArray> before = net.gradients(samples);
  const std::vector<StepGradientNorms> layers = net.step_gradient_norms(samples);
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[0].layer, "first");
  EXPECT_EQ(layers[1].layer, "second");
  for (const StepGradientNorms& layer : layers) {
    ASSERT_EQ(layer.norms.size(), 5U);
    EXPECT_GT(std::ranges::min(layer.norms), 0) << layer.layer;
  }
  EXPECT_EQ(numbers_of(net.gradients(samples)), numbers_of(before)) << "nothing stays behind";
  EXPECT_EQ(net.step_gradient_norms(samples)[0].norms, layers[0].norms);
}

TEST(NetGradient, ByStepStandsStillOverMaskedSteps) {
  NetSpec spec("masked");
  spec.input({4}, "ids").embedding(6, 3).rnn(2, {.name = "h", .mask = "ids"}).dense(1);
  Net net = in_double(std::move(spec));
  const std::vector<double> norms =
      net.step_gradient_norms({{make_ids({1, 4}, {3, 5, 0, 0})}, make_array({1, 1}, {1})})[0].norms;
  EXPECT_EQ(norms[1], norms[3]);
  EXPECT_EQ(norms[2], norms[3]);
  EXPECT_NE(norms[0], norms[1]);
}

TEST(NetGradient, ByStepNeedsALossAndARecurrentLayer) {
  NetSpec spec("plain");
  spec.input({2}).dense(1);
  Net net = make_net(std::move(spec));
  const Batch samples{{random_array({3, 2}, 1)}, random_array({3, 1}, 2)};
  EXPECT_NE(error_text([&] { net.step_gradient_norms(samples); }).find("compile it first"),
            std::string::npos);
  net.compile(compile_as("sgd", Loss::kMse));
  EXPECT_TRUE(net.step_gradient_norms(samples).empty());
}

}  // namespace
}  // namespace akin::nn
