// Learning: what nets learn, how a fit begins, stops, continues and fails.
#include "akin/nets/fit.h"

#include <gtest/gtest.h>

#include <limits>
#include <numbers>

#include "akin/base/error.h"
#include "akin/base/temp_dir.h"
#include "akin/nn/net_for_test.h"

namespace akin::nets {
namespace {

using namespace nn;

Batch xor_samples() {
  return {{make_array({4, 2}, {0, 0, 0, 1, 1, 0, 1, 1})}, make_array({4, 1}, {0, 1, 1, 0})};
}

Net xor_net(const std::string& optimizer = "adam", double rate = 0.05, std::uint64_t seed = 1) {
  NetSpec spec("xor");
  spec.input({2}).dense(8, Activation::kTanh).dropout(0.1).dense(1, Activation::kSigmoid);
  NetOptions options;
  options.seed = seed;
  Net net = make_net(std::move(spec), options);
  CompileOptions compile = compile_as(optimizer, Loss::kBinaryCrossentropy, rate);
  compile.metrics = {Metric::kAccuracy};
  net.compile(compile);
  return net;
}

TEST(Fit, LearnsXor) {
  Net net = xor_net();
  fit(net, xor_samples(), {.epochs = 300, .batch_size = 4}, one_thread());
  const Scores scores = net.evaluate(xor_samples());
  EXPECT_EQ(scores.at("accuracy"), 1);
  EXPECT_LT(scores.at("loss"), 0.05);
}

TEST(Fit, OneHiddenLayerFitsASine) {
  NetSpec spec("sin");
  spec.input({1}).dense(16, Activation::kTanh).dense(1);
  Net net = make_net(std::move(spec));
  net.compile(compile_as("lbfgs", Loss::kMse));
  std::vector<float> x, y;
  for (int i = 0; i <= 64; ++i) {
    x.push_back(static_cast<float>(std::numbers::pi * (i - 32) / 32));
    y.push_back(std::sin(x.back()));
  }
  fit(net, {{make_array({65, 1}, x)}, make_array({65, 1}, y)}, {.epochs = 30}, one_thread());
  const Array fitted = net.predict({make_array({65, 1}, x)});
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(fitted.floats()[i], y[i], 0.02) << x[i];
}

/// Class 0 or 1 by whether the sequence's first or last number is greater; a recurrent net must remember.
TEST(Fit, LstmRemembersTheFirstStep) {
  constexpr int kSteps = 6;  // with 12, which seeds learn it depends on the torch's rounding
  NetSpec spec("memory");
  spec.input({kSteps, 1}).lstm(8).dense(2, Activation::kSoftmax);
  Net net = make_net(std::move(spec));
  CompileOptions compile = compile_as("adam", Loss::kSparseCategoricalCrossentropy, 0.02);
  compile.metrics = {Metric::kAccuracy};
  net.compile(compile);
  const Array x = random_array({256, kSteps, 1}, 5);
  std::vector<float> labels;
  for (std::size_t i = 0; i < 256; ++i) labels.push_back(x.floats()[i * kSteps] > 0 ? 1 : 0);
  const Batch samples{{x}, make_array({256, 1}, labels)};
  fit(net, samples, {.epochs = 60}, one_thread());
  EXPECT_GT(net.evaluate(samples).at("accuracy"), 0.9);  // chance is 0.5
}

TEST(Fit, SameSeedSameBits) {
  const auto train = [](std::uint64_t seed) {
    Net net = xor_net("rmsprop", 0.01, seed);
    const History history = fit(net, xor_samples(), {.epochs = 5, .batch_size = 3}, one_thread(seed));
    std::vector<double> all = numbers_of(net.weights());
    for (const double loss : history.of("loss")) all.push_back(loss);
    return all;
  };
  EXPECT_EQ(train(3), train(3));
  EXPECT_NE(train(3), train(4));
}

TEST(Fit, ASecondFitGoesOn) {
  Net once = xor_net(), twice = xor_net();
  fit(once, xor_samples(), {.epochs = 6, .batch_size = 3}, one_thread());
  fit(twice, xor_samples(), {.epochs = 2, .batch_size = 3}, one_thread());
  const History rest = fit(twice, xor_samples(), {.epochs = 4, .batch_size = 3}, one_thread());
  EXPECT_EQ(rest.epochs.front().epoch, 3U);
  EXPECT_EQ(numbers_of(once.weights()), numbers_of(twice.weights()));
}

TEST(Fit, ContinuesFromACheckpoint) {
  const TempDir dir;
  Net once = xor_net(), part = xor_net();
  fit(once, xor_samples(), {.epochs = 5, .batch_size = 3}, one_thread());
  fit(part, xor_samples(), {.epochs = 3, .batch_size = 3, .checkpoint = dir / "at-{}"}, one_thread());
  EXPECT_EQ(load_net(dir / "at-1").epochs(), 1U);
  Net resumed = load_net(dir / "at-2");
  fit(resumed, xor_samples(), {.epochs = 3, .batch_size = 3}, one_thread());
  EXPECT_EQ(numbers_of(resumed.weights()), numbers_of(once.weights()));
}

TEST(Fit, NoEpochsLeaveTheNetAsItIs) {
  Net net = xor_net();
  const std::vector<double> before = numbers_of(net.weights());
  EXPECT_TRUE(fit(net, xor_samples(), {.epochs = 0, .patience = 1}, one_thread()).epochs.empty());
  EXPECT_EQ(numbers_of(net.weights()), before);
  EXPECT_EQ(net.epochs(), 0U);
  EXPECT_THROW(fit(net, xor_samples(), {.epochs = -1}, one_thread()), Error);
}

TEST(Fit, ALearningRateThatNoFileMayHoldIsRefused) {
  Net net = xor_net();
  EXPECT_EQ(error_text([&] { net.set_learning_rate(1e7); }),
            "learning_rate = '10000000' is not a number from 1e-12 to 1000000");
}

TEST(Fit, ValidationIsTheLastShareBeforeShuffling) {
  NetSpec spec("constant");
  spec.input({1}).dense(1);
  Net net = make_net(std::move(spec));
  net.compile(compile_as("sgd", Loss::kMae, 1e-12));
  NamedArray kernel{"dense_1/kernel", {1, 1}}, bias{"dense_1/bias", {1}};
  kernel.values = std::vector<float>{0};
  bias.values = std::vector<float>{0};
  net.set_weights({kernel, bias});
  const std::vector<float> targets = {1, 1, 1, 1, 1, 1, 1, 5, 5, 5};
  const Batch samples{{random_array({10, 1}, 1)}, make_array({10, 1}, targets)};
  const History history = fit(net, samples, {.validation_split = 0.3}, one_thread());
  EXPECT_NEAR(history.of("loss").at(0), 1, 1e-6);
  EXPECT_NEAR(history.of("val_loss").at(0), 5, 1e-6);
}

TEST(Fit, TutorialsSplitSizes) {
  NetSpec spec;
  spec.input({1}).dense(1);
  Net net = make_net(std::move(spec));
  net.compile(compile_as("sgd", Loss::kMae));
  std::uint64_t total = 0;
  Context context = one_thread();
  context.on_progress = [&](const Progress& progress) { total = progress.total; };
  const std::int64_t samples = 158'801;
  const std::vector<float> zeros(static_cast<std::size_t>(samples));
  fit(net, {{make_array({samples, 1}, zeros)}, make_array({samples, 1}, zeros)},
      {.batch_size = 50'000, .validation_split = 0.1}, context);
  EXPECT_EQ(total, 142'920U);  // and 15,881 to validate
}

TEST(Fit, StopsEarlyWithTheBestWeights) {
  Net net = xor_net("sgd", 0.5);
  std::vector<std::vector<double>> weights;
  FitOptions options{.epochs = 200, .batch_size = 4, .validation = nullptr, .patience = 3};
  const Batch opposite{xor_samples().inputs, make_array({4, 1}, {1, 0, 0, 1})};  // learning makes it worse
  options.validation = &opposite;
  options.on_epoch = [&](const EpochResult&) {
    weights.push_back(numbers_of(net.weights()));
    return true;
  };
  const History history = fit(net, xor_samples(), options, one_thread());
  EXPECT_TRUE(history.stopped_early);
  EXPECT_EQ(history.epochs.size(), history.best_epoch + 3);
  const std::vector<double> losses = history.of("val_loss");
  EXPECT_EQ(std::ranges::min_element(losses) - losses.begin() + 1,
            static_cast<std::ptrdiff_t>(history.best_epoch));
  EXPECT_EQ(numbers_of(net.weights()), weights.at(history.best_epoch - 1));
}

TEST(Fit, CallbackAndTokenStopIt) {
  Net net = xor_net();
  FitOptions options{.epochs = 9};
  options.on_epoch = [](const EpochResult& epoch) { return epoch.epoch < 2; };
  EXPECT_EQ(fit(net, xor_samples(), options, one_thread()).epochs.size(), 2U);
  std::stop_source source;
  source.request_stop();
  Context context = one_thread();
  context.stop = source.get_token();
  EXPECT_EQ(error_text([&] { fit(net, xor_samples(), {}, context); }), "stopped on request");
}

TEST(Fit, ALossThatIsNoNumberStopsWithAdvice) {
  NetSpec spec("hot");
  spec.input({1}).dense(1);
  Net net = make_net(std::move(spec));
  net.compile(compile_as("sgd", Loss::kMse, 1e6));
  const Batch samples{{make_array({2, 1}, {1e3F, 2e3F})}, make_array({2, 1}, {1, 2})};
  const std::string text =
      error_text([&] { fit(net, samples, {.epochs = 50, .batch_size = 1}, one_thread()); });
  EXPECT_NE(text.find("net hot: the loss is inf in batch"), std::string::npos) << text;
  EXPECT_NE(text.find("lower learning_rate (now 1000000)"), std::string::npos) << text;

  Net other = xor_net();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Batch broken{{make_array({1, 2}, {nan, 0})}, make_array({1, 1}, {1})};
  const std::vector<double> before = numbers_of(other.weights());
  const std::string cause = error_text([&] { fit(other, broken, {}, one_thread()); });
  EXPECT_NE(cause.find("its input input_1 holds values that are not finite numbers"), std::string::npos)
      << cause;
  EXPECT_EQ(numbers_of(other.weights()), before);
}

TEST(Fit, WrongSamplesAreReportedBeforeAnythingIsLearned) {
  Net net = xor_net();
  const Array x = make_array({4, 2}, {0, 0, 0, 1, 1, 0, 1, 1});
  const auto problem = [&](const Batch& batch) {
    return error_text([&] { fit(net, batch, {}, one_thread()); });
  };
  EXPECT_EQ(problem({{x, x}, make_array({4, 1}, {0, 1, 1, 0})}), "net xor has 1 inputs; got 2");
  EXPECT_EQ(problem({{make_array({2, 3}, {0, 0, 0, 1, 1, 0})}, make_array({2, 1}, {0, 1})}),
            "net xor: input input_1 takes (None, 2); got (None, 3)");
  EXPECT_EQ(problem({{x}, make_array({3, 1}, {0, 1, 1})}), "net xor: 4 samples have 3 targets");
  EXPECT_EQ(problem({{x}, make_array({4, 1}, {0, 1, 2, 0})}),
            "net xor: target 2 is 2; binary_crossentropy needs it to be from 0 to 1");
  NetSpec spec("e");
  spec.input({1}, "user").embedding(3, 2, {.name = "users"}).flatten().dense(1);
  Net embedding = make_net(std::move(spec));
  embedding.compile(compile_as("sgd", Loss::kMse));
  EXPECT_EQ(error_text([&] {
              fit(embedding, {{make_ids({2, 1}, {1, 3})}, make_array({2, 1}, {0, 1})}, {}, one_thread());
            }),
            "input user: sample 1 holds index 3, but layer users has 3 rows: 0 to 2");
}

TEST(Fit, NothingToTrainIsAMistake) {
  NetSpec spec("still");
  spec.input({1}).dense(1, Activation::kLinear, {.trainable = false});
  Net net = make_net(std::move(spec));
  const Batch samples{{make_array({1, 1}, {1})}, make_array({1, 1}, {1})};
  EXPECT_EQ(error_text([&] { net.evaluate(samples); }),
            "net still: compile it first: set optimizer and loss");
  net.compile(compile_as("sgd", Loss::kMse));
  EXPECT_EQ(error_text([&] { fit(net, samples, {}, one_thread()); }), "net still: has no weights to train");
}

TEST(Fit, FrozenLayersStayAsTheyAre) {
  NetSpec spec;
  spec.input({2}).dense(4, Activation::kTanh, {.name = "frozen", .trainable = false}).dense(1);
  Net net = make_net(std::move(spec));
  net.compile(compile_as("adam", Loss::kMse));
  const NamedArray frozen = net.weight("frozen/kernel");
  const NamedArray free = net.weight("dense_1/kernel");
  fit(net, xor_samples(), {.epochs = 3}, one_thread());
  EXPECT_EQ(net.weight("frozen/kernel").values, frozen.values);
  EXPECT_NE(net.weight("dense_1/kernel").values, free.values);
}

TEST(Fit, BatchNormMovesItsMeans) {
  NetSpec spec;
  spec.input({1}).then(LayerKind::kBatchNorm, {.name = "b", .momentum = 0.5}).dense(1);
  Net net = make_net(std::move(spec));
  net.compile(compile_as("sgd", Loss::kMse, 1e-6));
  fit(net, {{make_array({4, 1}, {1, 3, 5, 7})}, make_array({4, 1}, {0, 0, 0, 0})}, {.batch_size = 4},
      one_thread());
  EXPECT_NEAR(net.weight("b/moving_mean").at(0), 2, 1e-6);              // half of 4
  EXPECT_NEAR(net.weight("b/moving_variance").at(0), 0.5 + 2.5, 1e-6);  // half of 1 and of 5
}

TEST(Fit, GradientsVanishThroughSigmoids) {
  const auto norms = [](Activation activation) {
    NetSpec spec("deep");
    Node node = spec.input({4});
    for (int layer = 0; layer < 10; ++layer) node = node.dense(8, activation);
    node.dense(1);
    Net net = make_net(std::move(spec));
    net.compile(compile_as("sgd", Loss::kMse));
    return net.gradient_norms({{random_array({32, 4}, 1)}, random_array({32, 1}, 2)});
  };
  const std::vector<GradientNorm> sigmoid = norms(Activation::kSigmoid), relu = norms(Activation::kRelu);
  ASSERT_EQ(sigmoid.size(), 11U);
  EXPECT_EQ(sigmoid[0].layer, "dense_1");
  EXPECT_LT(sigmoid[0].norm, 1e-5 * sigmoid.back().norm);
  EXPECT_GT(relu[0].norm, 1e-2 * relu.back().norm);
  for (std::size_t i = 0; i + 1 < sigmoid.size(); ++i) EXPECT_LT(sigmoid[i].norm, sigmoid[i + 1].norm);
}

TEST(Fit, ReportsSamplesAndLoss) {
  Net net = xor_net();
  Context context = one_thread();
  std::vector<std::uint64_t> done;
  context.on_progress = [&](const Progress& progress) {
    EXPECT_EQ(progress.phase, "epoch 1/1");
    EXPECT_EQ(progress.unit, "samples");
    EXPECT_GT(progress.loss, 0);
    done.push_back(progress.done);
  };
  fit(net, xor_samples(), {.batch_size = 3}, context);
  EXPECT_EQ(done, (std::vector<std::uint64_t>{3, 4}));
}

}  // namespace
}  // namespace akin::nets
