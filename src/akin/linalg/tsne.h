// t-SNE: a map in the plane on which points that are close in many dimensions stay close.
#pragma once

#include "akin/base/context.h"
#include "akin/linalg/matrix.h"

namespace akin {

struct TsneOptions {
  double perplexity = 30;    ///< about how many neighbors each point keeps; at most (n - 1) / 3
  int iterations = 500;      ///< steps of gradient descent
  double exaggeration = 12;  ///< factor on the affinities at the start, so that clusters form
  int exaggerated = 125;     ///< iterations with it, at momentum 0.5; 0.8 afterwards
  double learning_rate = 0;  ///< 0 = max(50, n / exaggeration) (Belkina et al. 2019)
};

/// Exact t-SNE of the rows of `points` (n, d): (n, 2) coordinates, centred at 0 (van der Maaten & Hinton
/// 2008). Starts from the first two principal components, so nothing is random: the same points give the same
/// bits at any thread count. Cost: n^2 floats of memory, n^2 per iteration; 2,000 points take about two
/// seconds on two cores. Throws Error(kUsage) for options out of range, Error(kBadData) if a value is not
/// finite, Error(kCancelled) on stop.
Matrix tsne(const Matrix& points, const TsneOptions& options, const Context& context);

/// The symmetric affinities P (n, n) of t-SNE, their sum 1, the diagonal 0:
///
///   p_j|i = exp(-beta_i |x_i - x_j|^2) / sum_k!=i exp(-beta_i |x_i - x_k|^2),   p_ij = (p_j|i + p_i|j) / 2n
///
/// with beta_i such that the entropy of p_.|i is log(perplexity).
Matrix tsne_affinities(const Matrix& points, double perplexity, const Context& context);

/// The gradient of KL(P || Q) with P multiplied by `exaggeration`, at the map (2, n), a row per coordinate:
///
///   dC/dy_i = 4 sum_j (p_ij - q_ij) w_ij (y_i - y_j),   w_ij = 1 / (1 + |y_i - y_j|^2),
///   q_ij = w_ij / sum w
///
/// `gradient` is (2, n) as well.
void tsne_gradient(const Matrix& affinities, double exaggeration, const Matrix& map, Matrix& gradient,
                   int threads);

namespace reference {
void tsne_gradient(const Matrix& affinities, double exaggeration, const Matrix& map, Matrix& gradient);
}  // namespace reference

}  // namespace akin
