// Vectors as short codes, from coarse to fine.
#pragma once

#include <vector>

#include "akin/base/context.h"
#include "akin/linalg/matrix.h"
#include "akin/linalg/topk.h"

namespace akin {

/// x_r is about the sum over the levels l of centers_l[codes_l[r]].
struct ResidualCodes {
  std::vector<Matrix> centers;            ///< by level (clusters, d)
  std::vector<std::vector<idx_t>> codes;  ///< by level, of each row
  std::vector<double> errors;             ///< after each level sum_r |x_r - sum|^2 / sum_r |x_r - mean|^2
};

/// Residual quantization by k-means (Juang & Gray, "Multiple stage vector quantization for speech coding", ICASSP 1982): the first
/// level clusters the rows (euclidean_kmeans()), each further one what the levels before leave of them. `rows` (n, d), n > 0. Depends
/// on context.seed, not on context.threads. Cost: `levels` times that of k-means. Throws Error(kCancelled).
ResidualCodes residual_kmeans(Matrix rows, std::size_t levels, std::size_t clusters, int iterations,
                              const Context& context);

}  // namespace akin
