// What several tests of nets need.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/nn/net.h"

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

/// All numbers of all weights, one after the other.
inline std::vector<double> numbers_of(const std::vector<NamedArray>& arrays) {
  std::vector<double> numbers;
  for (const NamedArray& array : arrays) {
    for (std::size_t i = 0; i < array.size(); ++i) numbers.push_back(array.at(i));
  }
  return numbers;
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
