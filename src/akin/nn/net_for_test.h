// What several tests of nets need.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/nn/net.h"
#include "akin/nn/sample_source.h"

namespace akin::nn {

inline Array random_array(Shape shape, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(static_cast<std::size_t>(count_of(shape)));
  for (float& value : values) value = static_cast<float>(rng.normal());
  return make_array(std::move(shape), std::move(values));
}

inline Array random_ids(Shape shape, std::int32_t rows, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<std::int32_t> values(static_cast<std::size_t>(count_of(shape)));
  for (std::int32_t& value : values)
    value = static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(rows)));
  return make_ids(std::move(shape), std::move(values));
}

inline CompileOptions compile_as(const std::string& optimizer, Loss loss, double rate = 0) {
  CompileOptions options;
  options.optimizer = make_optimizer(optimizer);
  if (rate > 0) options.optimizer.learning_rate = rate;
  options.loss = loss;
  return options;
}

/// One thread, quiet.
inline Context one_thread(std::uint64_t seed = 7) {
  Context context;
  context.seed = seed;
  context.threads = 1;
  return context;
}

struct Epochs {
  int epochs = 1;
  std::int64_t batch_size = 32;
  bool shuffle = true;
};

/// The loss of each epoch (nets/fit.h is for users).
inline std::vector<double> train(Net& net, const Batch& samples, const Epochs& how = {},
                                 const Context& context = one_thread()) {
  net.check_batch(samples);
  net.set_threads(context.threads, how.batch_size);
  BatchSource source(samples);
  std::vector<double> losses;
  for (int epoch = 0; epoch < how.epochs; ++epoch)
    losses.push_back(
        net.train_epoch(source, how.batch_size, how.shuffle, net.epochs() + 1, context).at("loss"));
  return losses;
}

/// All numbers of all weights, one after the other.
inline std::vector<double> numbers_of(const std::vector<NamedArray>& arrays) {
  std::vector<double> numbers;
  for (const NamedArray& array : arrays) {
    for (std::size_t i = 0; i < array.size(); ++i) numbers.push_back(array.at(i));
  }
  return numbers;
}

/// |analytic - numeric| / (|analytic| + |numeric|) of each weight, the worst of them.
inline double worst_error(NetSpec spec, const Batch& batch, const CompileOptions& compile) {
  NetOptions options;
  options.engine.dtype = "double";
  Net net = make_net(std::move(spec), options);
  net.compile(compile);
  constexpr double kStep = 1e-5;
  double worst = 0;
  for (const NamedArray& gradient : net.gradients(batch)) {
    const NamedArray weight = net.weight(gradient.name);
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < weight.size(); ++i) {
      const auto loss_at = [&](double value) {
        NamedArray moved = weight;
        moved.set(i, value);
        net.set_weights({moved});
        return net.evaluate(batch).at("loss");
      };
      const double numeric = (loss_at(weight.at(i) + kStep) - loss_at(weight.at(i) - kStep)) / (2 * kStep);
      difference += std::pow(numeric - gradient.at(i), 2);
      size += std::pow(std::abs(numeric) + std::abs(gradient.at(i)), 2);
    }
    net.set_weights({weight});
    EXPECT_GT(size, 0) << gradient.name << " has no gradient";
    worst = std::max(worst, std::sqrt(difference / size));
  }
  return worst;
}

inline double worst_error(NetSpec spec, const Batch& batch, Loss loss) {
  return worst_error(std::move(spec), batch, compile_as("sgd", loss));
}

/// What the error of `work` says.
template <typename Work>
std::string error_text(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

}  // namespace akin::nn
