// The largest singular values and vectors of a sparse matrix.
#pragma once

#include <vector>

#include "akin/base/context.h"
#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin {

struct SvdOptions {
  std::size_t rank = 1;
  std::size_t oversampling = 10;  ///< vectors beyond rank that make the others more exact
  int power_iterations = 4;       ///< more make close singular values more exact
};

/// A ~ U S V^T.
struct TruncatedSvd {
  Matrix left;   ///< (rows, rank): A V = U S
  Matrix right;  ///< (cols, rank): V, columns of length 1, the entry largest in size positive
  /// (rank), descending; 0 beyond the rank of A, where columns are zero.
  std::vector<double> singular_values;
};

/// Randomized subspace iteration (Halko, Martinsson & Tropp, "Finding structure with randomness", SIAM Review
/// 2011, algorithm 4.4): V <- orth(A^T orth(A V)) from random V of rank + oversampling columns, then the
/// Rayleigh-Ritz values of A^T A in the span of V. Columns are made orthogonal through the eigenvectors of
/// their products in double precision (Stathopoulos & Wu, SIAM J. Sci. Comput. 2002). Directions below 1e-5
/// of the largest singular value are noise of floats and count as zero.
///
/// `transposed` is A^T. Cost: O(power_iterations (entries r + (rows + cols) r^2 + r^3)),
/// r = rank + oversampling; memory (rows + cols) r floats. Same bits at any thread count.
/// Throws Error(kCancelled).
TruncatedSvd truncated_svd(const Csr& a, const Csr& transposed, const SvdOptions& options,
                           const Context& context);

}  // namespace akin
