// Inverses of large symmetric matrices.
#pragma once

#include "akin/base/context.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// Replaces the symmetric positive definite matrix `a` (n, n), of which only the lower triangle is read, by
/// its inverse, both triangles. A block form of the sweep operator (Goodnight, "A tutorial on the SWEEP
/// operator", The American Statistician 1979): for each block k of rows, with D = A_kk^-1,
///
///   A_ij <- A_ij - A_ik D A_kj,   A_ik <- A_ik D,   A_kk <- -D      (i, j != k; lower triangle)
///
/// after which A holds minus its inverse: n^3 flops, as many as Cholesky's way, in products of packed tiles.
/// Memory beside the matrix: about 4 x 192 n floats. Tiles are the same whatever the number of threads, and
/// so are the bits. Reports progress in blocks. Throws Error(kCancelled), and Error(kBadData) if the matrix
/// is not positive definite to the precision of floats.
void invert_spd(Matrix& a, const Context& context);

namespace reference {
/// Gauss-Jordan elimination in double precision; both triangles are read and written.
void invert_spd(Matrix& a);
}  // namespace reference

}  // namespace akin
