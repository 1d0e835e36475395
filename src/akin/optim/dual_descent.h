// Linear models by dual coordinate descent, as LIBLINEAR fits them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/linalg/csr.h"

namespace akin {

/// What a linear model pays for its score s of a row with target y.
enum class LinearLoss {
  kSquaredHinge,  ///< max(0, 1 - y s)^2, y = -1 or 1: a support vector machine
  kLogistic,      ///< ln(1 + exp(-y s)), y = -1 or 1
  kSquared,       ///< (s - y)^2: ridge regression
};

struct LinearOptions {
  LinearLoss loss = LinearLoss::kSquaredHinge;
  float regularization = 1;  ///< lambda > 0
  /// Of the gradient of the dual, largest minus smallest over the rows; of kLogistic of the step of a row's score; of
  /// kSquared in units of the root mean square of the targets.
  float tolerance = 0.1f;
  int epochs = 100;  ///< at most
};

struct LinearFit {
  std::vector<float> weights;  ///< by column; of the columns as they are, `scales` multiplied in
  float bias = 0;
  int epochs = 0;
  /// By sample, what each adds to the weights: w_c scale_c = sum over samples of coefficient scale_c^2 x_c.
  std::vector<float> coefficients;
};

/// Samples: rows with targets.
struct LinearProblem {
  const Csr& rows;  ///< without values, all entries are 1
  /// The row of each sample, any number of times; empty: each row is a sample.
  std::span<const idx_t> samples;
  std::span<const float> targets;       ///< by sample
  std::span<const float> scales = {};   ///< by column; empty = all 1
  std::span<const float> costs = {};    ///< by sample, > 0: how often it counts; empty = all 1
  std::span<const float> offsets = {};  ///< by sample, added to its score; empty = all 0
  bool bias = true;                     ///< whether there is a b
};

/// Minimizes lambda / 2 (w'w + b^2) + sum over samples of cost loss(sum_c w_c scale_c x_c + b + offset, y), and returns
/// w_c scale_c: so a scale of a column is an inverse of how much its weight is regularized. (Hsieh, Chang, Lin, Keerthi & Sundararajan,
/// "A dual coordinate descent method for large-scale linear SVM", ICML 2008, with shrinking; Yu, Huang & Lin, "Dual
/// coordinate descent methods for logistic regression and maximum entropy models", 2011; Ho & Lin, "Large-scale linear
/// support vector regression", JMLR 2012.)
///
/// One thread; the order of the samples is drawn from `seed`. Throws Error(kCancelled).
LinearFit fit_linear(const LinearProblem& problem, const LinearOptions& options, std::uint64_t seed,
                     const Context& context);

}  // namespace akin
