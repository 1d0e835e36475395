// Multinomial logistic regression.
#pragma once

#include <cstdint>
#include <span>

#include "akin/base/context.h"
#include "akin/linalg/matrix.h"

namespace akin {

struct SoftmaxOptions {
  float regularization = 1;  ///< lambda >= 0
  int epochs = 200;          ///< iterations of L-BFGS at most
};

/// Minimizes sum over rows of cost -ln p(label) + lambda / 2 |W|^2 with p = softmax(x W + b) by L-BFGS, from zeros.
/// `labels` and `costs` (empty = all 1) are by row, labels below `classes`. Returns (dim + 1, classes): W, and b in the last
/// row, which is not regularized. Reports iterations. The same bits at any number of threads. Memory: 20 copies of W in
/// double precision and 16 in single. Throws Error(kCancelled).
Matrix fit_softmax(const Matrix& rows, std::span<const std::uint32_t> labels, std::size_t classes,
                   std::span<const float> costs, const SoftmaxOptions& options, const Context& context);

/// (rows, classes) probabilities by such weights.
Matrix softmax_probabilities(const Matrix& rows, const Matrix& weights, const Context& context);

}  // namespace akin
