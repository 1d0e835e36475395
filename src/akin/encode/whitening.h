// Centring and whitening of vectors.
#pragma once

#include <span>
#include <vector>

#include "akin/base/context.h"
#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// What centres and whitens vectors of d dimensions: x -> (x - mean) weights, then length 1.
struct Whitening {
  std::vector<float> mean;  ///< (d), or none
  Matrix weights;           ///< (d, d), or none
};

/// Fitted to the rows: their mean, and with `whiten` E diag(l)^(-1/2) of the eigenvectors E and eigenvalues l of their
/// covariance C shrunk towards a multiple of the identity, (1 - s) C + s tr(C) / d I (Ledoit & Wolf 2004, s given);
/// directions without any variance become zero. Cost: n d^2 + d^3. Throws Error(kCancelled).
Whitening fit_whitening(const Matrix& rows, bool whiten, float shrinkage, const Context& context);
/// The rows so changed, at length 1; rows of zeros, which stand for nothing known, stay.
Matrix whitened_rows(Matrix rows, std::span<const float> mean, const Matrix& weights, const Context& context);
/// The rows of the items listed that are not zero.
Matrix known_rows(const Matrix& rows, std::span<const idx_t> items);

}  // namespace akin
