// Optimizers bit for bit against their recurrences written as plain loops; embeddings row by row.
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/nn/net_for_test.h"
#include "akin/optim/recurrences.h"

namespace akin::nn {
namespace {

/// One step of one number in the precision of T.
template <typename T>
void reference_step(reference::Slot<T>& n, T g, const OptimizerSpec& spec, int step) {
  OptimizerOptions options = spec;
  options.learning_rate = spec.learning_rate / (1 + spec.decay * step);
  const auto constants = step_constants<T>(options, static_cast<std::uint64_t>(step) + 1);
  if (!spec.nesterov) return reference::step(spec.rule, constants, g, n);
  const T move = g * constants.rate;  // rounded after each operation
  n.m = n.m * constants.momentum - move;
  n.x += n.m * constants.momentum - move;
}

std::vector<OptimizerSpec> all_optimizers() {
  std::vector<OptimizerSpec> specs;
  for (const std::string_view name : optimizer_names()) specs.push_back(make_optimizer(name));
  specs.push_back(make_optimizer("momentum"));
  specs.back().nesterov = true;
  specs.push_back(make_optimizer("adam"));
  specs.back().decay = 0.1;
  for (OptimizerSpec& spec : specs) spec.lazy = true;
  for (const std::string_view name : optimizer_names()) specs.push_back(make_optimizer(name));
  specs.push_back(make_optimizer("momentum"));
  specs.back().nesterov = true;
  return specs;
}

NetSpec rating_net() {
  NetSpec spec("ratings");
  const Node user = spec.input({1}, "user").embedding(11, 3, {.name = "users"}).flatten();
  const Node item = spec.input({1}, "item").embedding(7, 3, {.name = "items"}).flatten();
  spec.concatenate({user, item}).dense(5, Activation::kTanh).dense(1);
  return spec;
}

/// No row twice, so that no sum of a gradient depends on an order.
Batch rating_batch(int step) {
  std::vector<std::int32_t> users, items;
  std::vector<float> ratings;
  for (std::int32_t i = 0; i < 4; ++i) {
    users.push_back((3 * step + i) % 11);
    items.push_back((2 * step + i) % 7);
    ratings.push_back(static_cast<float>(1 + (step + i) % 5));
  }
  return {{make_ids({4, 1}, users), make_ids({4, 1}, items)}, make_array({4, 1}, ratings)};
}

TEST(Optimizer, DefaultsOfKeras208) {
  EXPECT_EQ(make_optimizer("sgd").learning_rate, 0.01);
  EXPECT_EQ(make_optimizer("adagrad").learning_rate, 0.01);
  EXPECT_EQ(make_optimizer("rmsprop").learning_rate, 0.001);
  EXPECT_EQ(make_optimizer("rmsprop").rho, 0.9);
  EXPECT_EQ(make_optimizer("adadelta").learning_rate, 1.0);
  EXPECT_EQ(make_optimizer("adadelta").rho, 0.95);
  EXPECT_EQ(make_optimizer("adam").learning_rate, 0.001);
  EXPECT_EQ(make_optimizer("adam").epsilon, 1e-8);
  EXPECT_THROW(make_optimizer("adan"), Error);
}

#ifdef AKIN_EXACT_TORCH
constexpr bool kExactTorch = true;
#else
constexpr bool kExactTorch = false;  // square roots, which others have from MKL, may differ in the last bit
#endif

/// Trains the net some steps, and compares all its weights with the recurrences. `allowed` gives the
/// difference that a weight of that name and size may have.
template <typename T>
void compare_with_recurrences(const OptimizerSpec& optimizer, const char* dtype,
                              const std::function<double(const std::string&, double)>& allowed) {
  NetOptions options;
  options.engine.dtype = dtype;
  Net net = make_net(rating_net(), options);
  net.compile({optimizer, Loss::kMse, {}});
  std::map<std::string, std::vector<reference::Slot<T>>> numbers;
  for (const NamedArray& weight : net.weights()) {
    for (std::size_t i = 0; i < weight.size(); ++i)
      numbers[weight.name].push_back({.x = static_cast<T>(weight.at(i))});
  }
  for (int step = 0; step < 6; ++step) {
    const Batch batch = rating_batch(step);
    for (const NamedArray& gradient : net.gradients(batch)) {
      for (std::size_t i = 0; i < gradient.size(); ++i) {
        const auto row = static_cast<std::int32_t>(i / 3);
        const std::size_t side = gradient.name == "items/embeddings" ? 1 : 0;
        const auto& ids = batch.inputs[side].ids();
        const bool table = gradient.name.ends_with("/embeddings");
        if (optimizer.lazy && table && std::ranges::find(ids, row) == ids.end()) continue;
        reference_step(numbers[gradient.name][i], static_cast<T>(gradient.at(i)), optimizer, step);
      }
    }
    train(net, batch, {.batch_size = 4, .shuffle = false});
    for (const NamedArray& weight : net.weights()) {
      for (std::size_t i = 0; i < weight.size(); ++i) {
        const auto expected = static_cast<double>(numbers[weight.name][i].x);
        ASSERT_NEAR(weight.at(i), expected, allowed(weight.name, std::abs(expected)))
            << weight.name << " " << i << " step " << step;
      }
    }
  }
}

TEST(Optimizer, BitForBitAsTheRecurrences) {
  for (const OptimizerSpec& optimizer : all_optimizers()) {
    SCOPED_TRACE(fmt::format("{} {}", name_of(optimizer), optimizer.lazy));
    const bool exact = kExactTorch || optimizer.rule == UpdateRule::kSgd || optimizer.nesterov;
    compare_with_recurrences<float>(optimizer, "float", [&](const std::string& name, double size) {
      // Rows that were away make their steps in one: rounded elsewhere, and Adam's with the rate of their
      // last gradient, which it corrects most in the first steps; a step is 1e-3.
      const bool caught_up = !optimizer.lazy && !optimizer.nesterov && name.ends_with("/embeddings");
      if (caught_up && optimizer.rule == UpdateRule::kAdam) return 5e-4;
      return caught_up || !exact ? 1e-6 * (size + 0.01) : 0;
    });
  }
}

TEST(Optimizer, DoublesAsTheRecurrences) {
  for (const OptimizerSpec& optimizer : all_optimizers()) {
    SCOPED_TRACE(fmt::format("{} {}", name_of(optimizer), optimizer.lazy));
    compare_with_recurrences<double>(optimizer, "double", [](const std::string&, double) { return 1e-14; });
  }
}

TEST(Optimizer, RowsAreCaughtUpWithOnceAnEpochHasEnded) {
  // The same steps in one epoch, where rows wait until they are read, and in epochs of one step.
  for (const std::string_view name : optimizer_names()) {
    Net one = make_net(rating_net()), many = make_net(rating_net());
    OptimizerSpec optimizer = make_optimizer(name);
    optimizer.decay = 0.01;
    optimizer.beta1 =
        0.5;  // for Adam's rate changes while rows wait: most at first, and while its mean lasts
    optimizer.beta2 = 0.9;
    for (Net* net : {&one, &many}) net->compile({optimizer, Loss::kMse, {}});
    std::vector<std::int32_t> users, items;
    std::vector<float> ratings;
    for (int step = 0; step < 40; ++step) {
      const Batch batch = rating_batch(step / 4 * 4);
      train(many, batch, {.batch_size = 4, .shuffle = false});
      users.insert(users.end(), batch.inputs[0].ids().begin(), batch.inputs[0].ids().end());
      items.insert(items.end(), batch.inputs[1].ids().begin(), batch.inputs[1].ids().end());
      ratings.insert(ratings.end(), batch.targets.floats().begin(), batch.targets.floats().end());
    }
    const Batch all{{make_ids({160, 1}, users), make_ids({160, 1}, items)}, make_array({160, 1}, ratings)};
    train(one, all, {.batch_size = 4, .shuffle = false});
    const std::vector<double> a = numbers_of(one.weights()), b = numbers_of(many.weights());
    const double allowed = name == "adam" ? 3e-4 : 1e-5;
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], allowed) << name << " " << i;
  }
}

TEST(Optimizer, RowsAwayFromTheBatchAndTheirSlotsStay) {
  for (const OptimizerSpec& optimizer : all_optimizers()) {
    if (!optimizer.lazy) continue;
    SCOPED_TRACE(name_of(optimizer));
    const TempDir dir;
    Net net = make_net(rating_net());
    net.compile({optimizer, Loss::kMse, {}});
    train(net, rating_batch(0), {.epochs = 3});
    net.save(dir / "before");
    const Batch batch{{make_ids({3, 1}, {2, 2, 5}), make_ids({3, 1}, {1, 1, 1})},
                      make_array({3, 1}, {1, 2, 3})};
    train(net, batch);
    net.save(dir / "after");
    const TensorReader before(dir / "before"), after(dir / "after");
    int tables = 0;
    for (const std::string& name : before.names()) {
      if (name.find("users/embeddings") == std::string::npos) continue;
      ++tables;
      const auto old_values = before.tensor<float>(name), new_values = after.tensor<float>(name);
      for (std::size_t row = 0; row < 11; ++row) {
        const bool same = std::ranges::equal(old_values.subspan(row * 3, 3), new_values.subspan(row * 3, 3));
        EXPECT_EQ(same, row != 2 && row != 5) << name << " row " << row;
      }
    }
    EXPECT_GE(tables, 1);
  }
}

TEST(Optimizer, ClippedGradientsHaveTheNorm) {
  Net net = make_net(rating_net());
  OptimizerSpec sgd = make_optimizer("sgd");
  sgd.learning_rate = 1;
  sgd.clip_norm = 0.125;
  net.compile({sgd, Loss::kMse, {}});
  const std::vector<double> before = numbers_of(net.weights());
  train(net, rating_batch(0));
  const std::vector<double> after = numbers_of(net.weights());
  double moved = 0;
  for (std::size_t i = 0; i < before.size(); ++i) moved += std::pow(after[i] - before[i], 2);
  EXPECT_NEAR(std::sqrt(moved), 0.125, 1e-6);
}

TEST(Optimizer, LargeWeightsAreSteppedInPartsByThreads) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "the sanitizer does not see the barriers of OpenMP";
#endif
  NetSpec spec("large");
  spec.input({301}).dense(999);  // 300,699 numbers, the last part and its last vector not full
  const auto trained = [&](int threads) {
    Net net = make_net(NetSpec(spec));
    net.compile(compile_as("adam", Loss::kMse));
    Context context = one_thread();
    context.threads = threads;
    train(net, {{random_array({4, 301}, 1)}, random_array({4, 999}, 2)}, {.epochs = 3}, context);
    return numbers_of(net.weights());
  };
  const std::vector<double> one = trained(1), two = trained(2);
  for (std::size_t i = 0; i < one.size(); ++i) ASSERT_NEAR(one[i], two[i], 1e-5) << i;
  const std::vector<double> first = numbers_of(make_net(NetSpec(spec)).weights());
  std::size_t still = 0;
  for (std::size_t i = 0; i < one.size(); ++i) still += one[i] == first[i] ? 1 : 0;
  EXPECT_EQ(still, 0U) << "every number has a gradient";
}

TEST(Optimizer, SgdOnAQuadraticConvergesAtItsRate) {
  NetSpec spec("line");
  spec.input({1}).dense(1, Activation::kLinear, {.bias = false});
  NetOptions options;
  options.engine.dtype = "double";
  Net net = make_net(std::move(spec), options);
  net.compile(compile_as("sgd", Loss::kMse, 0.125));
  const double error = net.weights()[0].at(0) - 3;  // loss (w - 3)^2, gradient 2 (w - 3)
  train(net, {{make_array({1, 1}, {1})}, make_array({1, 1}, {3})}, {.epochs = 10});
  EXPECT_NEAR(net.weights()[0].at(0) - 3, error * std::pow(1 - 0.25, 10), 1e-12);
}

TEST(Optimizer, LbfgsSolvesLeastSquaresInFewSteps) {
  NetSpec spec("squares");
  spec.input({4}).dense(1);
  NetOptions options;
  options.engine.dtype = "double";
  Net net = make_net(std::move(spec), options);
  net.compile(compile_as("lbfgs", Loss::kMse));
  const Array x = random_array({50, 4}, 3);
  std::vector<float> y(50);
  for (std::size_t i = 0; i < 50; ++i) {
    for (std::size_t c = 0; c < 4; ++c) y[i] += static_cast<float>(c + 1) * x.floats()[i * 4 + c];
    y[i] += 5;
  }
  train(net, {{x}, make_array({50, 1}, y)}, {.epochs = 3});
  EXPECT_NEAR(net.weight("dense_1/bias").at(0), 5, 1e-6);
  for (std::size_t c = 0; c < 4; ++c)
    EXPECT_NEAR(net.weight("dense_1/kernel").at(c), static_cast<double>(c + 1), 1e-6);
}

}  // namespace
}  // namespace akin::nn
