// Optimizers bit for bit against their recurrences written as plain loops; embeddings row by row.
#include <gtest/gtest.h>

#include <map>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/nn/net_for_test.h"

namespace akin::nn {
namespace {

/// One number of a weight with its slots; each operation is rounded to float.
struct Number {
  float value;
  float a = 0;
  float b = 0;
};

void reference_step(Number& n, float g, const OptimizerSpec& spec, int step) {
  double rate = spec.learning_rate / (1 + spec.decay * step);
  const auto f = [](double x) { return static_cast<float>(x); };
  const float epsilon = f(spec.epsilon);
  switch (spec.kind) {
    case OptimizerKind::kSgd: {
      const float move = g * f(rate);
      if (spec.momentum == 0) {
        n.value -= move;
        return;
      }
      n.a = n.a * f(spec.momentum) - move;
      n.value += spec.nesterov ? n.a * f(spec.momentum) - move : n.a;
      return;
    }
    case OptimizerKind::kAdagrad:
      n.a += g * g;
      n.value -= g * f(rate) / (std::sqrt(n.a) + epsilon);
      return;
    case OptimizerKind::kRmsprop:
      n.a = n.a * f(spec.rho) + g * g * f(1 - spec.rho);
      n.value -= g * f(rate) / (std::sqrt(n.a) + epsilon);
      return;
    case OptimizerKind::kAdadelta: {
      n.a = n.a * f(spec.rho) + g * g * f(1 - spec.rho);
      const float move = g * std::sqrt(n.b + epsilon) / std::sqrt(n.a + epsilon);
      n.value -= move * f(rate);
      n.b = n.b * f(spec.rho) + move * move * f(1 - spec.rho);
      return;
    }
    case OptimizerKind::kAdam:
      rate *= std::sqrt(1 - std::pow(spec.beta2, step + 1)) / (1 - std::pow(spec.beta1, step + 1));
      n.a = n.a * f(spec.beta1) + g * f(1 - spec.beta1);
      n.b = n.b * f(spec.beta2) + g * g * f(1 - spec.beta2);
      n.value -= n.a * f(rate) / (std::sqrt(n.b) + epsilon);
      return;
    case OptimizerKind::kLbfgs:
      FAIL();
  }
}

std::vector<OptimizerSpec> all_optimizers() {
  std::vector<OptimizerSpec> specs;
  for (const char* name : {"sgd", "momentum", "adagrad", "rmsprop", "adadelta", "adam"})
    specs.push_back(make_optimizer(name));
  specs.push_back(make_optimizer("momentum"));
  specs.back().nesterov = true;
  specs.push_back(make_optimizer("adam"));
  specs.back().decay = 0.1;
  for (const char* name : {"momentum", "rmsprop", "adadelta", "adam"}) {
    specs.push_back(make_optimizer(name));
    specs.back().lazy = false;
  }
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

TEST(Optimizer, BitForBitAsTheRecurrences) {
  for (const OptimizerSpec& optimizer : all_optimizers()) {
    SCOPED_TRACE(to_string(optimizer.kind));
    const double allowed = kExactTorch || optimizer.kind == OptimizerKind::kSgd ? 0 : 1e-6;
    Net net = make_net(rating_net());
    net.compile({optimizer, Loss::kMse, {}});
    std::map<std::string, std::vector<Number>> reference;
    for (const NamedArray& weight : net.weights()) {
      for (std::size_t i = 0; i < weight.size(); ++i)
        reference[weight.name].push_back({static_cast<float>(weight.at(i))});
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
          reference_step(reference[gradient.name][i], static_cast<float>(gradient.at(i)), optimizer, step);
        }
      }
      net.fit(batch, {.batch_size = 4, .shuffle = false}, one_thread());
      for (const NamedArray& weight : net.weights()) {
        for (std::size_t i = 0; i < weight.size(); ++i) {
          const float expected = reference[weight.name][i].value;
          ASSERT_NEAR(weight.at(i), expected, allowed * (std::abs(expected) + 0.01))
              << weight.name << " " << i << " step " << step;
        }
      }
    }
  }
}

TEST(Optimizer, RowsAwayFromTheBatchAndTheirSlotsStay) {
  for (const OptimizerSpec& optimizer : all_optimizers()) {
    if (!optimizer.lazy) continue;
    SCOPED_TRACE(to_string(optimizer.kind));
    const TempDir dir;
    Net net = make_net(rating_net());
    net.compile({optimizer, Loss::kMse, {}});
    net.fit(rating_batch(0), {.epochs = 3}, one_thread());
    net.save(dir / "before");
    const Batch batch{{make_ids({3, 1}, {2, 2, 5}), make_ids({3, 1}, {1, 1, 1})},
                      make_array({3, 1}, {1, 2, 3})};
    net.fit(batch, {}, one_thread());
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
  net.fit(rating_batch(0), {}, one_thread());
  const std::vector<double> after = numbers_of(net.weights());
  double moved = 0;
  for (std::size_t i = 0; i < before.size(); ++i) moved += std::pow(after[i] - before[i], 2);
  EXPECT_NEAR(std::sqrt(moved), 0.125, 1e-6);
}

TEST(Optimizer, SgdOnAQuadraticConvergesAtItsRate) {
  NetSpec spec("line");
  spec.input({1}).dense(1, Activation::kLinear, {.bias = false});
  NetOptions options;
  options.engine.dtype = "double";
  Net net = make_net(std::move(spec), options);
  net.compile(compile_as("sgd", Loss::kMse, 0.125));
  const double error = net.weights()[0].at(0) - 3;  // loss (w - 3)^2, gradient 2 (w - 3)
  net.fit({{make_array({1, 1}, {1})}, make_array({1, 1}, {3})}, {.epochs = 10}, one_thread());
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
  net.fit({{x}, make_array({50, 1}, y)}, {.epochs = 3}, one_thread());
  EXPECT_NEAR(net.weight("dense_1/bias").at(0), 5, 1e-6);
  for (std::size_t c = 0; c < 4; ++c)
    EXPECT_NEAR(net.weight("dense_1/kernel").at(c), static_cast<double>(c + 1), 1e-6);
}

}  // namespace
}  // namespace akin::nn
