// What is written out for floats on the CPU, against the same net in double, which takes torch's own operations.
#include <gtest/gtest.h>

#include <cmath>

#include "akin/nn/net_for_test.h"

namespace akin::nn {
namespace {

/// The values and gradients of both nets of the same weights agree to the precision of floats.
void expect_as_in_double(const NetSpec& spec, const Batch& batch) {
  NetOptions options;
  Net floats = make_net(NetSpec(spec), options);
  options.engine.dtype = "double";
  Net doubles = make_net(NetSpec(spec), options);
  std::vector<NamedArray> weights = doubles.weights();
  for (NamedArray& weight : weights) {  // biases begin as zeros
    for (std::size_t i = 0; i < weight.size(); ++i)
      weight.set(
          i, static_cast<double>(static_cast<float>(weight.at(i) + 0.1 * std::sin(static_cast<double>(i)))));
  }
  doubles.set_weights(weights);
  floats.set_weights(weights);
  for (Net* net : {&floats, &doubles}) net->compile(compile_as("sgd", Loss::kMse));
  const std::vector<float> a = floats.predict(batch.inputs).floats(),
                           b = doubles.predict(batch.inputs).floats();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 2e-5) << "value " << i;
  const std::vector<NamedArray> mine = floats.gradients(batch), wanted = doubles.gradients(batch);
  for (std::size_t w = 0; w < wanted.size(); ++w) {
    for (std::size_t i = 0; i < wanted[w].size(); ++i)
      ASSERT_NEAR(mine[w].at(i), wanted[w].at(i), 2e-5) << wanted[w].name << " " << i;
  }
}

TEST(FloatPaths, RecurrentLayers) {
  for (const Activation gate : {Activation::kSigmoid, Activation::kHardSigmoid}) {
    for (const bool sequences : {false, true}) {
      for (const bool bias : {false, true}) {
        NetSpec lstm("lstm"), gru("gru");
        LayerSpec options;
        options.recurrent_activation = gate;
        options.return_sequences = sequences;
        options.bias = bias;
        // A layer before has the gradient by the inputs tested too; 21 units are no whole vectors.
        lstm.input({5, 3}).dense(4).lstm(21, options).flatten().dense(2);
        gru.input({5, 3}).dense(4).gru(21, options).flatten().dense(2);
        for (const NetSpec& spec : {lstm, gru}) {
          SCOPED_TRACE(spec.summary());
          expect_as_in_double(spec, {{random_array({6, 5, 3}, 1)}, random_array({6, 2}, 2)});
        }
      }
    }
  }
}

TEST(FloatPaths, GreatestValuesOfConvolutions) {
  for (const Activation g : {Activation::kLinear, Activation::kRelu, Activation::kTanh}) {
    for (const Padding padding : {Padding::kValid, Padding::kSame, Padding::kFull}) {
      for (const bool bias : {false, true}) {
        NetSpec spec("greatest");
        const Node x = spec.input({7, 3}).dense(5);
        const LayerSpec options{.activation = g, .padding = padding, .bias = bias};
        const Node a = x.conv1d(21, 3, options).then(LayerKind::kGlobalMaxPool1d);
        const Node b = x.conv1d(16, 1, options).then(LayerKind::kGlobalMaxPool1d);
        spec.concatenate({a, b}).dense(2);
        SCOPED_TRACE(std::string(to_string(g)) + " padding " + std::to_string(static_cast<int>(padding)) +
                     (bias ? " bias" : ""));
        expect_as_in_double(spec, {{random_array({6, 7, 3}, 1)}, random_array({6, 2}, 2)});
      }
    }
  }
  NetSpec twice("twice");  // what is read by others too is computed in full
  const Node steps = twice.input({7, 3}).conv1d(4, 2);
  twice.concatenate({steps.then(LayerKind::kGlobalMaxPool1d), steps.then(LayerKind::kGlobalAveragePool1d)})
      .dense(2);
  expect_as_in_double(twice, {{random_array({6, 7, 3}, 1)}, random_array({6, 2}, 2)});
}

TEST(FloatPaths, DenseLayersOverMultiHot) {
  NetSpec spec("words");
  const Node hot = spec.input({6}).multi_hot(9);
  const Node a = hot.dense(5, Activation::kTanh), b = hot.dense(3, Activation::kLinear, {.bias = false});
  spec.concatenate({a, b}).dense(2);
  NetSpec both("both");  // another layer reads the zeros and ones too
  const Node ones = both.input({6}).multi_hot(9);
  both.concatenate({ones.dense(5), ones}).dense(2);
  for (const NetSpec& net : {spec, both})  // with 0, which is none, and indices twice
    expect_as_in_double(net, {{random_ids({20, 6}, 9, 1)}, random_array({20, 2}, 2)});
}

TEST(FloatPaths, ConvolutionsOverSteps) {
  for (const std::int64_t width : {1, 3, 4}) {
    for (const bool bias : {false, true}) {
      for (const Padding padding : {Padding::kValid, Padding::kSame}) {
        NetSpec spec("conv");
        LayerSpec options;
        options.padding = padding;
        options.bias = bias;
        spec.input({7, 3}).dense(5).conv1d(6, width, options).flatten().dense(2);
        SCOPED_TRACE(spec.summary());
        expect_as_in_double(spec, {{random_array({4, 7, 3}, 1)}, random_array({4, 2}, 2)});
      }
    }
  }
}

TEST(FloatPaths, NarrowDenseLayersOverManyInputs) {
  for (const std::int64_t units : {8, 16, 21, 32}) {
    for (const bool bias : {false, true}) {
      NetSpec first("first"), second("second");  // the gradient by the inputs too
      LayerSpec options;
      options.bias = bias;
      first.input({1100}).dense(units, Activation::kTanh, options).dense(2);
      second.input({3}).dense(1100).dense(units, Activation::kTanh, options).dense(2);
      SCOPED_TRACE(first.summary());
      // 150 samples and 1100 inputs are no whole blocks.
      expect_as_in_double(first, {{random_array({150, 1100}, 1)}, random_array({150, 2}, 2)});
      expect_as_in_double(second, {{random_array({150, 3}, 1)}, random_array({150, 2}, 2)});
    }
  }
}

TEST(FloatPaths, Tanh) {
  NetSpec spec("tanh");  // 101 x 201 numbers are several parts and no whole vectors
  spec.input({3}).dense(201, Activation::kTanh).dense(1);
  expect_as_in_double(spec, {{random_array({101, 3}, 1)}, random_array({101, 1}, 2)});
  NetSpec values("values");  // small, large and none
  values.input({6}).activation(Activation::kTanh).dense(1);
  Net net = make_net(std::move(values), {});
  const std::vector<float> x = {-50, -1e-6F, 0, 1e-3F, 0.4F, 20};
  const std::vector<float> y = net.predict({make_array({1, 6}, x)}, "activation_1").floats();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double wanted = std::tanh(static_cast<double>(x[i]));
    EXPECT_NEAR(y[i], wanted, 1e-6 * std::abs(wanted)) << x[i];
  }
}

TEST(FloatPaths, SumsOfRows) {
  for (const std::int64_t units : {3, 37, 300}) {
    NetSpec spec("bags");
    spec.input({6}).embedding_bag(9, units).dense(2);
    SCOPED_TRACE(spec.summary());
    expect_as_in_double(spec, {{random_ids({20, 6}, 9, 1)}, random_array({20, 2}, 2)});
  }
  NetSpec none("none");  // lists without any index, and long ones with few
  none.input({40}).embedding_bag(9, 5).dense(2);
  std::vector<std::int32_t> few(80, 0);
  few[0] = 3;
  few[17] = 8;
  expect_as_in_double(none, {{make_ids({2, 40}, few)}, random_array({2, 2}, 2)});
}

/// Gradients of the loss, which have the same bits with any number of threads.
void expect_any_threads(const NetSpec& spec, const Batch& batch) {
  Net net = make_net(NetSpec(spec), {});
  net.compile(compile_as("sgd", Loss::kMse));
  net.set_threads(1);
  const std::vector<float> values = net.predict(batch.inputs).floats();
  const std::vector<NamedArray> gradients = net.gradients(batch);
  for (const int threads : {2, 3}) {
    net.set_threads(threads);
    EXPECT_EQ(net.predict(batch.inputs).floats(), values);
    const std::vector<NamedArray> others = net.gradients(batch);
    for (std::size_t w = 0; w < gradients.size(); ++w)
      EXPECT_EQ(others[w].values, gradients[w].values) << gradients[w].name << ", " << threads << " threads";
  }
}

TEST(FloatPaths, SameBitsWithAnyNumberOfThreads) {
  NetSpec narrow("narrow"), bags("bags");
  narrow.input({1500}).dense(16);
  expect_any_threads(narrow, {{random_array({151, 1500}, 1)}, random_array({151, 16}, 2)});
  bags.input({6}).embedding_bag(50, 300);
  expect_any_threads(bags, {{random_ids({20, 6}, 50, 1)}, random_array({20, 300}, 2)});
}

}  // namespace
}  // namespace akin::nn
