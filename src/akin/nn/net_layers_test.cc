// Layers of transformers and of autoencoders: values against plain loops, gradients.
#include "akin/nn/net_for_test.h"

namespace akin::nn {
namespace {

/// The weight as (rows, columns), read by at(r, c).
struct Matrix {
  NamedArray array;
  double at(std::int64_t r, std::int64_t c) const {
    return array.at(static_cast<std::size_t>(r * array.shape.back() + c));
  }
};

std::vector<float> predict(Net& net, const std::vector<Array>& inputs) {
  return net.predict(inputs).floats();
}

constexpr std::int64_t kSamples = 3;

TEST(NetLayers, LayerNorm) {
  NetSpec spec;
  spec.input({4}).then(LayerKind::kLayerNorm);
  Net net = make_net(std::move(spec));
  net.set_weights({{"layer_normalization_1/gamma", {4}, std::vector<float>{1, 2, 1, 1}},
                   {"layer_normalization_1/beta", {4}, std::vector<float>{0, 0, 3, 0}}});
  const std::vector<float> values = predict(net, {make_array({1, 4}, {1, 2, 3, 6})});
  const double scale = std::sqrt((4 + 1 + 0 + 9) / 4.0 + 1e-3);
  EXPECT_NEAR(values[0], -2 / scale, 1e-6);
  EXPECT_NEAR(values[1], -2 / scale, 1e-6);
  EXPECT_NEAR(values[2], 3, 1e-6);
  EXPECT_NEAR(values[3], 3 / scale, 1e-6);
}

TEST(NetLayers, PositionsAndGates) {
  NetSpec spec;
  const Node gate = spec.input({2, 4}).then(LayerKind::kPositionalEmbedding, {.name = "places"});
  gate.then(LayerKind::kGlu, {.activation = Activation::kSilu});
  Net net = make_net(std::move(spec));
  net.set_weights({{"places/embeddings", {2, 4}, std::vector<float>{0, 0, 0, 0, 1, 1, 1, 1}}});
  const std::vector<float> values = predict(net, {make_array({1, 2, 4}, {1, 2, 3, -4, 1, 2, 3, -4})});
  const auto silu = [](double x) { return x / (1 + std::exp(-x)); };
  const std::vector<double> expected = {1 * silu(3), 2 * silu(-4), 2 * silu(4), 3 * silu(-3)};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(values[i], expected[i], 1e-5);
}

/// The formula of an attention of one sample, in plain loops. `sees(i, j)`: whether step i sees step j.
template <typename Sees>
std::vector<double> attend(const Net& net, const Array& x, std::int64_t heads, std::int64_t size, Sees sees) {
  const std::int64_t steps = x.shape[1], width = x.shape[2], all = heads * size;
  const auto weight = [&](const std::string& name) { return Matrix{net.weight("attention/" + name)}; };
  const auto project = [&](const std::string& which, std::int64_t step, std::int64_t to) {
    double sum = weight(which + "_bias").at(0, to);
    for (std::int64_t d = 0; d < width; ++d)
      sum += static_cast<double>(x.floats()[static_cast<std::size_t>(step * width + d)]) *
             weight(which + "_kernel").at(d, to);
    return sum;
  };
  std::vector<double> result;
  for (std::int64_t i = 0; i < steps; ++i) {
    std::vector<double> seen(static_cast<std::size_t>(all), 0);
    for (std::int64_t h = 0; h < heads; ++h) {
      std::vector<double> shares(static_cast<std::size_t>(steps), 0);
      double total = 0;
      for (std::int64_t j = 0; j < steps; ++j) {
        double score = 0;
        for (std::int64_t d = h * size; d < (h + 1) * size; ++d)
          score += project("query", i, d) * project("key", j, d);
        double& share = shares[static_cast<std::size_t>(j)];
        share = sees(i, j) ? std::exp(score / std::sqrt(static_cast<double>(size))) : 0;
        total += share;
      }
      for (std::int64_t d = h * size; total > 0 && d < (h + 1) * size; ++d) {
        for (std::int64_t j = 0; j < steps; ++j)
          seen[static_cast<std::size_t>(d)] +=
              shares[static_cast<std::size_t>(j)] / total * project("value", j, d);
      }
    }
    for (std::int64_t o = 0; o < width; ++o) {
      double sum = weight("output_bias").at(0, o);
      for (std::int64_t d = 0; d < all; ++d)
        sum += seen[static_cast<std::size_t>(d)] * weight("output_kernel").at(d, o);
      result.push_back(sum);
    }
  }
  return result;
}

TEST(NetLayers, AttentionMatchesItsFormula) {
  const Array ids = make_ids({1, 3}, {0, 2, 1});
  const Array x = random_array({1, 3, 4}, 5);
  for (const bool causal : {false, true}) {
    for (const bool masked : {false, true}) {
      NetSpec spec;
      spec.input({3}, "ids");
      spec.input({3, 4}, "x")
          .attention(2, 3, {.name = "attention", .causal = causal, .mask = masked ? "ids" : ""});
      if (!masked) spec = NetSpec();
      if (!masked) spec.input({3, 4}, "x").attention(2, 3, {.name = "attention", .causal = causal});
      Net net = make_net(std::move(spec));
      net.set_weights({{"attention/query_bias", {6}, std::vector<float>{1, 0, 2, 0, -1, 1}},
                       {"attention/output_bias", {4}, std::vector<float>{1, 2, 3, 4}}});
      const std::vector<float> values =
          predict(net, masked ? std::vector<Array>{ids, x} : std::vector<Array>{x});
      const std::vector<double> expected = attend(net, x, 2, 3, [&](std::int64_t i, std::int64_t j) {
        return (!causal || j <= i) && (!masked || j > 0);
      });
      ASSERT_EQ(values.size(), expected.size());
      for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], 1e-5);
    }
  }
}

TEST(NetLayers, MaskedPools) {
  const Array ids = make_ids({2, 3}, {0, 3, 1, 0, 0, 0});
  const Array x = make_array({2, 3, 1}, {9, -2, -4, 5, 6, 7});
  for (const LayerKind kind : {LayerKind::kGlobalMaxPool1d, LayerKind::kGlobalAveragePool1d}) {
    NetSpec spec;
    spec.input({3}, "ids");
    spec.input({3, 1}, "x").then(kind, {.mask = "ids"});
    Net net = make_net(std::move(spec));
    const float first = kind == LayerKind::kGlobalMaxPool1d ? -2.0F : -3.0F;
    EXPECT_EQ(predict(net, {ids, x}), (std::vector<float>{first, 0}));
  }
}

TEST(NetLayers, IndicesMayBeAMaskAndNumbersAtOnce) {
  NetSpec spec;
  const Node ids = spec.input({3}, "ids");
  ids.reshape({3, 1}).then(LayerKind::kGlobalAveragePool1d, {.mask = "ids"});
  Net net = make_net(std::move(spec));
  EXPECT_EQ(predict(net, {make_ids({1, 3}, {4, 0, 1})}), (std::vector<float>{2.5F}));
}

TEST(NetLayers, RecurrentLayersKeepTheirStateOverMaskedSteps) {
  for (const LayerKind kind : {LayerKind::kRnn, LayerKind::kGru, LayerKind::kLstm}) {
    NetSpec masked, shorter;
    masked.input({5}, "ids");
    masked.input({5, 2}, "x")
        .then(kind, {.name = "steps", .units = 3, .return_sequences = true, .mask = "ids"});
    shorter.input({2, 2}, "x").then(kind, {.name = "steps", .units = 3, .return_sequences = true});
    Net net = make_net(std::move(masked));
    Net plain = make_net(std::move(shorter));
    plain.set_weights(net.weights());
    const Array ids = make_ids({1, 5}, {0, 1, 0, 1, 0});
    const std::vector<float> values =
        predict(net, {ids, make_array({1, 5, 2}, {9, 9, 1, -1, 7, 7, 0.5, 2, 8, 8})});
    const std::vector<float> expected = predict(plain, {make_array({1, 2, 2}, {1, -1, 0.5, 2})});
    for (std::size_t u = 0; u < 3; ++u) {
      EXPECT_EQ(values[u], 0);
      EXPECT_NEAR(values[3 + u], expected[u], 1e-6);
      EXPECT_EQ(values[6 + u], values[3 + u]);
      EXPECT_NEAR(values[9 + u], expected[3 + u], 1e-6);
      EXPECT_EQ(values[12 + u], values[9 + u]);
    }
  }
}

TEST(NetLayers, GaussianAddsItsDivergenceAndDrawsInTraining) {
  NetSpec spec;
  const Node mean = spec.input({2}, "mean");
  const Node variance = spec.input({2}, "variance");
  spec.merge(LayerKind::kGaussian, std::vector<Node>{mean, variance}, {.kl_weight = 0.5, .anneal_steps = 4})
      .dense(1, Activation::kLinear, {.name = "out"});
  Net net = make_net(std::move(spec));
  net.set_weights({{"out/kernel", {2, 1}, std::vector<float>{0, 0}}});
  net.compile(compile_as("sgd", Loss::kMse, 1e-12));
  const Batch batch{{make_array({2, 2}, {1, 2, 0, -1}), make_array({2, 2}, {0, 1, -1, 0.5})},
                    make_array({2, 1}, {0, 0})};
  const auto divergence = [](double m, double v) { return (std::exp(v) + m * m - 1 - v) / 2; };
  const double kl = (divergence(1, 0) + divergence(2, 1) + divergence(0, -1) + divergence(-1, 0.5)) / 2;
  EXPECT_NEAR(net.evaluate(batch).at("loss"), 0.5 * kl, 1e-5);
  EXPECT_EQ(predict(net, batch.inputs), predict(net, batch.inputs));
  const std::vector<double> losses = train(net, batch, {.epochs = 6, .batch_size = 2});
  for (std::size_t step = 0; step < losses.size(); ++step)
    EXPECT_NEAR(losses[step], 0.5 * kl * std::min(1.0, static_cast<double>(step) / 4), 1e-5) << step;
}

TEST(NetLayers, GaussianDrawsTheDistributionItNames) {
  NetSpec spec;
  const Node mean = spec.input({1}, "mean");
  const Node variance = spec.input({1}, "variance");
  const Node drawn = spec.merge(LayerKind::kGaussian, std::vector<Node>{mean, variance}, {.kl_weight = 0});
  drawn.dense(1, Activation::kLinear, {.name = "out"});
  Net net = make_net(std::move(spec));
  net.set_weights({{"out/kernel", {1, 1}, std::vector<float>{1}}});
  net.compile(compile_as("sgd", Loss::kMse, 1e-12));
  constexpr std::int64_t kMany = 20'000;
  const auto all = [&](float value) {
    return make_array({kMany, 1}, std::vector<float>(static_cast<std::size_t>(kMany), value));
  };
  // Mean square of N(0, 4) around 0.
  const Batch batch{{all(0), all(std::log(4.0F))}, all(0)};
  EXPECT_NEAR(train(net, batch, {.batch_size = kMany})[0], 4, 0.2);
  EXPECT_NEAR(net.evaluate(batch).at("loss"), 0, 1e-6);
}

TEST(NetLayers, GaussianLearnsFromWhatItDrew) {
  NetSpec spec;
  const Node x = spec.input({1});
  const Node mean = x.dense(1, Activation::kLinear, {.name = "mean"});
  const Node variance = x.dense(1, Activation::kLinear, {.name = "variance"});
  const Node drawn = spec.merge(LayerKind::kGaussian, std::vector<Node>{mean, variance}, {.kl_weight = 0});
  drawn.dense(1, Activation::kLinear, {.name = "out"});
  Net net = make_net(std::move(spec));
  const float log_variance = std::log(4.0F);
  net.set_weights({{"variance/bias", {1}, std::vector<float>{log_variance}},
                   {"out/kernel", {1, 1}, std::vector<float>{1}}});
  net.compile(compile_as("sgd", Loss::kMse, 0.01));
  const Array zeros = make_array({50, 1}, std::vector<float>(50, 0));
  // With z = e deviation, d z^2 / d log variance = z^2, which is the loss.
  const double loss = train(net, {{zeros}, zeros}, {.batch_size = 50})[0];
  for (const NamedArray& weight : net.weights()) {
    if (weight.name != "variance/bias") continue;
    EXPECT_NEAR(weight.at(0), static_cast<double>(log_variance) - 0.01 * loss, 1e-6);
  }
  EXPECT_GT(loss, 1);
}

/// Ends `body` in one number and compares gradients; inputs are ids (samples, 4) and numbers (samples, 4, 6).
template <typename Body>
void check_gradients(Body body) {
  NetSpec spec;
  spec.input({4}, "ids");
  const Node x = spec.input({4, 6}, "x").dense(6, Activation::kTanh);
  body(x).flatten().dense(1);
  Array ids = random_ids({kSamples, 4}, 3, 1);
  for (std::size_t i = 0; i < 4; ++i) std::get<1>(ids.values)[i] = 0;  // a sample in which nothing counts
  if (!spec.reads_ids(0)) ids = random_array({kSamples, 4}, 1);
  const Batch batch{{ids, random_array({kSamples, 4, 6}, 2)}, random_array({kSamples, 1}, 3)};
  EXPECT_LT(worst_error(std::move(spec), batch, Loss::kMse), 1e-6);
}

TEST(NetLayers, Gradients) {  // attention without biases: that of the keys changes nothing
  check_gradients([](const Node& x) { return x.attention(2, 3, {.rate = 0.5, .bias = false}); });
  check_gradients(
      [](const Node& x) { return x.attention(3, 2, {.bias = false, .causal = true, .mask = "ids"}); });
  check_gradients([](const Node& x) { return x.then(LayerKind::kLayerNorm); });
  check_gradients([](const Node& x) { return x.then(LayerKind::kPositionalEmbedding); });
  check_gradients([](const Node& x) { return x.then(LayerKind::kGlu); });
  check_gradients([](const Node& x) { return x.then(LayerKind::kGlobalMaxPool1d, {.mask = "ids"}); });
  check_gradients([](const Node& x) { return x.then(LayerKind::kGlobalAveragePool1d, {.mask = "ids"}); });
  for (const LayerKind kind : {LayerKind::kRnn, LayerKind::kGru, LayerKind::kLstm})
    for (const std::int64_t stride : {1, -1})
      check_gradients(
          [&](const Node& x) { return x.then(kind, {.units = 3, .strides = {stride}, .mask = "ids"}); });
}

/// From noise and what Sobel's filter makes of it, to Sobel's filter.
TEST(NetLayers, AConvolutionLearnsAnEdgeFilter) {
  constexpr std::int64_t kPictures = 20, kSide = 8, kPlaces = kSide - 2;
  const std::vector<float> sobel = {-1, 0, 1, -2, 0, 2, -1, 0, 1};
  const Array pictures = random_array({kPictures, kSide, kSide, 1}, 3);
  std::vector<float> edges;
  for (std::int64_t p = 0; p < kPictures; ++p) {
    for (std::int64_t place = 0; place < kPlaces * kPlaces; ++place) {
      const std::int64_t first = (p * kSide + place / kPlaces) * kSide + place % kPlaces;
      float sum = 0;
      for (std::int64_t k = 0; k < 9; ++k)
        sum += sobel[static_cast<std::size_t>(k)] *
               pictures.floats()[static_cast<std::size_t>(first + k / 3 * kSide + k % 3)];
      edges.push_back(sum);
    }
  }
  NetSpec spec("edges");
  spec.input({kSide, kSide, 1}).conv2d(1, {3, 3}, {.name = "filter"});
  Net net = make_net(std::move(spec));
  net.compile(compile_as("adam", Loss::kMse, 0.05));
  const Batch samples = {{pictures}, make_array({kPictures, kPlaces, kPlaces, 1}, std::move(edges))};
  train(net, samples, {.epochs = 100, .batch_size = 5});
  const NamedArray learned = net.weight("filter/kernel");
  for (std::size_t k = 0; k < sobel.size(); ++k) EXPECT_NEAR(learned.at(k), sobel[k], 0.01) << k;
  EXPECT_NEAR(net.weight("filter/bias").at(0), 0, 0.01);
}

}  // namespace
}  // namespace akin::nn
