// Intervals for the figures of an evaluation.
#pragma once

#include <cstdint>
#include <span>

#include "akin/base/context.h"
#include "akin/eval/metric.h"

namespace akin {

struct BootstrapOptions {
  int resamples = 1000;  ///< > 0
  double level = 0.95;   ///< in (0, 1)
  std::uint64_t seed = 42;
};

/// Fills low and high of every metric that has values of at least two users: the percentile bootstrap over
/// users (Efron & Tibshirani 1993, chapter 13). Resample r draws as many users as there are, with
/// replacement; with c_u = how often user u was drawn,
///
///   value_r = sum_u c_u w_u x_u / sum_u c_u w_u, or its square root if `root`,
///
/// so a weighted mean and RMSE are the ratio estimators they are. low and high are the (1 - level) / 2 and
/// (1 + level) / 2 quantiles of value_1 ... value_R, linear between neighbors. A resample whose weights sum
/// to 0 has no value and is left out. Other metrics, and those with a NaN or infinite value, keep their low
/// and high.
///
/// Metrics with the same number of users share their resamples, drawn from Rng(seed, r): the result does not
/// depend on the number of threads or on which other metrics stand beside one. Cost: resamples x users draws
/// and resamples x users x metrics multiplications; memory: users x (4 metrics + 12 threads) bytes. Throws
/// Error(kUsage) for options out of range, Error(kCancelled).
void add_intervals(std::span<Metric> metrics, const BootstrapOptions& options, const Context& context);

}  // namespace akin
