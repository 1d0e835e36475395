// The tutorial's vanishing gradients: behind many sigmoids, and over many time steps.
#include <akin/akin.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace akin::nn {
namespace {

Array numbers(Shape shape, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> values(static_cast<std::size_t>(count_of(shape)));
  for (float& value : values) value = static_cast<float>(random() % 2) * 2 - 1;
  return make_array(std::move(shape), std::move(values));
}

void compile(Net& net, double rate) {
  CompileOptions options{make_optimizer("adam"), Loss::kMse};
  options.optimizer.learning_rate = rate;
  net.compile(options);
}

TEST(TutorialGradients, VanishBehindSigmoids) {
  const auto first_to_last = [](Activation activation) {
    NetSpec spec;
    Node node = spec.input({10});
    for (int layer = 0; layer < 8; ++layer) node = node.dense(20, activation);
    node.dense(1);
    Net net = make_net(std::move(spec));
    compile(net, 0.001);
    const std::vector<GradientNorm> norms =
        net.gradient_norms({{numbers({100, 10}, 1)}, numbers({100, 1}, 2)});
    return norms.front().norm / norms.back().norm;
  };
  EXPECT_LT(first_to_last(Activation::kSigmoid), 1e-4);
  EXPECT_GT(first_to_last(Activation::kRelu), 1e-2);
}

constexpr std::int64_t kSteps = 100, kSamples = 200, kUnits = 16;

/// The first of kSteps random bits is to be remembered to the end.
Batch copy_task() {
  const Array bits = numbers({kSamples, kSteps, 1}, 3);
  std::vector<float> first;
  for (std::size_t i = 0; i < kSamples; ++i) first.push_back(bits.floats()[i * kSteps]);
  return {{bits}, make_array({kSamples, 1}, std::move(first))};
}

/// An lstm whose forget gates begin open, s(5) = 0.993: with Keras's 1 its state too fades, as 0.73^100.
Net copy_net(LayerKind kind) {
  NetSpec spec;
  spec.input({kSteps, 1}).then(kind, {.name = "steps", .units = kUnits}).dense(1);
  Net net = make_net(std::move(spec));
  compile(net, 0.01);
  if (kind == LayerKind::kLstm) {
    std::vector<float> bias(4 * kUnits);  // update, forget, state, output
    std::fill_n(bias.begin() + kUnits, kUnits, 5.0F);
    net.set_weights({{"steps/bias", {4 * kUnits}, std::move(bias)}});
  }
  return net;
}

/// Gradient at the first step, relative to that at the last.
double first_to_last(Net& net) {
  const std::vector<StepGradientNorms> layers = net.step_gradient_norms(copy_task());
  return layers.at(0).norms.at(0) / layers[0].norms.at(kSteps - 1);
}

TEST(TutorialGradients, LstmsKeepOverManyStepsWhatRnnsLose) {
  Net rnn = copy_net(LayerKind::kRnn), lstm = copy_net(LayerKind::kLstm);
  EXPECT_LT(first_to_last(rnn), 1e-5);
  EXPECT_GT(first_to_last(lstm), 0.1);
  Context context;
  context.threads = 1;
  for (Net* net : {&rnn, &lstm}) nets::fit(*net, copy_task(), {.epochs = 5}, context);
  EXPECT_GT(first_to_last(lstm), 100 * first_to_last(rnn));
}

}  // namespace
}  // namespace akin::nn
