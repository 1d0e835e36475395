// Training in parts of minibatches, by one process and by several.
#include <gtest/gtest.h>

#include "akin/base/rank_threads_for_test.h"
#include "akin/nn/net_for_test.h"

namespace akin::nn {
namespace {

constexpr std::int64_t kSamples = 41;  // the last of the minibatches of 8 has one

/// Tables that are stepped row by row, and weights that are stepped whole.
NetSpec pair_net(double dropout) {
  NetSpec spec("pairs");
  const Node user = spec.input({1}, "user").embedding(13, 3).flatten();
  const Node item = spec.input({1}, "item").embedding(9, 3).flatten();
  spec.concatenate({user, item}).dense(6, Activation::kTanh).dropout(dropout).dense(1);
  return spec;
}

Batch pairs() {
  return {{random_ids({kSamples, 1}, 13, 1), random_ids({kSamples, 1}, 9, 2)},
          random_array({kSamples, 1}, 3)};
}

struct Trained {
  std::vector<double> losses, state;
};
Trained trained(double dropout, const CompileOptions& compile, int parts,
                const Context& context = one_thread()) {
  Net net = make_net(pair_net(dropout), {.seed = 5});
  net.compile(compile);
  net.set_gradient_parts(parts);
  Trained result;
  result.losses = train(net, pairs(), {.epochs = 3, .batch_size = 8}, context);
  result.state = numbers_of(net.state());
  return result;
}

CompileOptions adam(double clip_norm = 0) {
  CompileOptions options = compile_as("adam", Loss::kMse, 0.01);
  options.optimizer.clip_norm = clip_norm;
  options.metrics = {Metric::kMae};
  return options;
}

/// Up to rounding; parts of unequal sizes among them.
TEST(NetParts, AStepIsThatOfTheWholeMinibatch) {
  for (const double clip_norm : {0.0, 0.3}) {
    const Trained whole = trained(0, adam(clip_norm), 1);
    for (const int parts : {2, 3, 8, 20}) {
      const Trained cut = trained(0, adam(clip_norm), parts);
      ASSERT_EQ(cut.state.size(), whole.state.size());
      for (std::size_t i = 0; i < whole.state.size(); ++i)
        ASSERT_NEAR(cut.state[i], whole.state[i], 1e-4) << parts << " parts, number " << i;
      for (std::size_t e = 0; e < whole.losses.size(); ++e) EXPECT_NEAR(cut.losses[e], whole.losses[e], 1e-4);
    }
  }
}

TEST(NetParts, SameBitsAtAnyNumberOfRanks) {
  for (const char* const rule : {"adam", "sgd", "adagrad"}) {
    const CompileOptions compile = compile_as(rule, Loss::kMse, 0.01);
    const Trained one = trained(0.3, compile, 4);
    for (const int size : {2, 3, 5}) {
      on_ranks(size, [&](const Communicator& ranks) {
        Context context = one_thread();
        context.communicator = &ranks;
        const Trained own = trained(0.3, compile, 4, context);
        EXPECT_EQ(own.losses, one.losses) << rule << ", rank " << ranks.rank() << " of " << size;
        EXPECT_TRUE(own.state == one.state) << rule << ", rank " << ranks.rank() << " of " << size;
      });
    }
  }
}

TEST(NetParts, DropoutIsThatOfThePart) {
  EXPECT_NE(trained(0.3, adam(), 1).losses, trained(0, adam(), 1).losses);
  EXPECT_NE(trained(0.3, adam(), 2).losses, trained(0, adam(), 2).losses);
  EXPECT_NE(trained(0.3, adam(), 2).losses, trained(0.3, adam(), 4).losses);
}

/// Convolutions, and normalization of each part by itself; parts of unequal sizes among them.
TEST(NetParts, SameBitsAtAnyNumberOfThreads) {
  const auto trained_on = [&](int threads, int parts) {
    NetSpec spec("pictures");
    spec.input({6, 5, 3})
        .conv2d(4, {3, 3}, {.padding = Padding::kAmount, .pad = 1, .bias = false})
        .then(LayerKind::kBatchNorm, {.momentum = 0.5})
        .activation(Activation::kRelu)
        .then(LayerKind::kGlobalAveragePool2d)
        .dropout(0.2)
        .dense(1);
    Net net = make_net(std::move(spec), {.seed = 5});
    net.compile(compile_as("momentum", Loss::kMse, 0.05));
    net.set_gradient_parts(parts);
    Context context = one_thread();
    context.threads = threads;
    const Batch samples = {{random_array({kSamples, 6, 5, 3}, 1)}, random_array({kSamples, 1}, 2)};
    Trained result;
    result.losses = train(net, samples, {.epochs = 2, .batch_size = 12}, context);
    result.state = numbers_of(net.state());
    return result;
  };
  const Trained one = trained_on(1, 5);
  for (const int threads : {2, 3, 8}) {
    const Trained more = trained_on(threads, 5);
    EXPECT_EQ(more.losses, one.losses);
    EXPECT_TRUE(more.state == one.state) << threads << " threads";
  }
  EXPECT_NE(trained_on(1, 2).losses, one.losses);
}

/// What the message says of a net that cannot be cut.
std::string refusal(NetSpec spec, const CompileOptions& compile, int parts = 2) {
  Net net = make_net(std::move(spec));
  net.compile(compile);
  return error_text([&] { net.set_gradient_parts(parts); });
}

TEST(NetParts, RefusesWhatDoesNotComeApart) {
  CompileOptions lazy = adam();
  lazy.optimizer.lazy = true;
  EXPECT_NE(refusal(pair_net(0), lazy).find("lazy"), std::string::npos);
  EXPECT_NE(refusal(pair_net(0), compile_as("lbfgs", Loss::kMse)).find("lbfgs"), std::string::npos);
  NetSpec scores("scores");
  scores.input({4}).dense(3);
  EXPECT_NE(refusal(std::move(scores), compile_as("adam", Loss::kBpr)).find("bpr"), std::string::npos);
  EXPECT_NE(refusal(pair_net(0), adam(), 0).find("from 1 to"), std::string::npos);
  EXPECT_EQ(refusal(pair_net(0), lazy, 1), "none");
}

TEST(NetParts, AnInfiniteLossTouchesNoWeight) {
  Net net = make_net(pair_net(0));
  net.compile(compile_as("sgd", Loss::kMse));
  net.set_gradient_parts(4);
  Batch wrong = pairs();
  std::get<0>(wrong.targets.values)[3] = 3e38f;
  const std::vector<double> before = numbers_of(net.weights());
  EXPECT_NE(error_text([&] { train(net, wrong, {.batch_size = kSamples}); }).find("the loss is inf"),
            std::string::npos);
  EXPECT_EQ(numbers_of(net.weights()), before);
}

}  // namespace
}  // namespace akin::nn
