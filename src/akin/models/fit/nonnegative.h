// Least squares with coefficients that may not be negative.
#pragma once

#include <string_view>

#include "akin/linalg/matrix.h"
#include "akin/models/fit/block_gram.h"
#include "akin/models/fit/context.h"

namespace akin {

/// How long to look for the minimum.
struct SweepLimit {
  int sweeps;       ///< at most
  float tolerance;  ///< stop when no coefficient changes by more than this share of the largest one
};

/// Exact to floats, for folding in.
inline constexpr SweepLimit kUntilConverged{2000, 1e-6f};

/// Coordinate descent (for one row: HALS, Cichocki & Phan, "Fast local algorithms for large scale nonnegative
/// matrix and tensor factorizations", 2009) towards the minimum over x of
///
///   1/2 x^T G x - b^T x,   x_k >= 0 for k < bounded:   x_k <- max(0, x_k + (b_k - (G x)_k) / G_kk)
///
/// from the x given. G (d, d) is symmetric, both triangles filled, and not negative definite; coordinates
/// with G_kk = 0 stay as they are. b, x hold stride() floats, zero-padded; b becomes b - G x. Never raises
/// the objective but by rounding. Cost: d^2 per sweep.
void descend(const Matrix& gram, std::size_t bounded, const SweepLimit& limit, float* b, float* x);

/// rows^T rows + ridge I, both triangles; blocks of fixed size are added in order, so that the bits do not
/// depend on the number of threads and ranks. Collective.
Matrix ridge_gram(const Matrix& rows, float ridge, int threads, const RowOwners& owners = {});

/// Uniform in [0, scale); row r from its own stream of `seed`. Rows `first` and on of such a matrix.
Matrix uniform_matrix(std::size_t rows, std::size_t cols, float scale, std::uint64_t seed,
                      std::size_t first = 0);

/// take_item_vectors() (warm_start.h), refusing with Error(kUsage) vectors that have negative entries.
void take_nonnegative_item_vectors(const FitContext& context, std::string_view model, Matrix& items);

}  // namespace akin
