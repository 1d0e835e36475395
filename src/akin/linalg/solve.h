// Small dense systems of equations.
#pragma once

#include "akin/linalg/matrix.h"

namespace akin {

/// Solves A x = b for symmetric positive definite A (d, d) by Cholesky's A = U^T U. Only the upper triangle
/// of `a` is read; it is overwritten with U, `b` (d floats) with x. Pivots below 1e-6 of the largest diagonal
/// entry, which rounding may even make negative in nearly singular systems, are raised to that: a tiny ridge
/// instead of a failure. NaN in, NaN out. Cost: d^3 / 3 flops.
void cholesky_solve(Matrix& a, float* b);
/// The same for the leading n rows and columns of `a`, which has at least n columns.
void cholesky_solve(Matrix& a, std::size_t n, float* b);

namespace reference {
/// Gaussian elimination in double precision over the upper triangle mirrored; `a` is left as it is.
void cholesky_solve(const Matrix& a, float* b);
}  // namespace reference

}  // namespace akin
