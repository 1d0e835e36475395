// Least squares for one row of a rating model: the half-steps of ALS, and folding in users and items.
#pragma once

#include <span>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// Penalties of a row with n ratings: n^count_power (factors / 2 |x|^2 + l1 |x|_1 + bias / 2 b^2).
struct RatingPenalty {
  float factors = 0;
  float bias = 0;
  float count_power = 1;
  float l1 = 0;
};

/// How the vectors of a rating model are laid out: users [p, mu + b_u, 1], items [q, 1, b_i], each f + 2
/// columns, so that the dot product is mu + b_u + b_i + p . q; without biases users [p], items [q].
struct RatingLayout {
  bool biases = true;
  float mean = 0;  ///< mu; 0 without biases
  std::size_t factors(std::size_t cols) const { return biases ? cols - 2 : cols; }
};

/// Solves for rows of one side while the other side, `fixed`, stays as it is:
///
///   min over (x, b) of 1/2 sum_k (value_k - score_k)^2 + the row's RatingPenalty
///
/// One per thread: it owns scratch memory, O(f^2). `fixed` must outlive it.
class RatingRidge {
 public:
  enum class Side { kUser, kItem };  ///< whose rows are solved for

  RatingRidge(Side side, const Matrix& fixed, const RatingLayout& layout, const RatingPenalty& penalty);

  /// The optimum, by Cholesky's factorization, or with l1 by coordinate descent, for a row whose ratings of
  /// `rows` of the other side (at least one, each once) are `values`. x holds stride() floats and is written
  /// in the layout. Cost: O(n f^2 + f^3).
  void solve(std::span<const idx_t> rows, std::span<const float> values, float* x);
  /// `steps` steps of conjugate gradient from x, a row in the layout, towards the same; l1 is not looked at.
  /// Cost: O(n f) per step.
  void improve(std::span<const idx_t> rows, std::span<const float> values, int steps, float* x);
  /// Twice the sum that is minimized, at x.
  double loss(std::span<const idx_t> rows, std::span<const float> values, const float* x) const;
  /// Twice the row's penalty at x.
  double penalty(std::size_t n, const float* x) const;

 private:
  /// values less what the other side's biases and mu explain, into targets_.
  void prepare(std::span<const idx_t> rows, std::span<const float> values);
  void descend(float* x);
  void open(float* x) const;   // from the layout to the unknowns
  void close(float* x) const;  // and back

  const Matrix& fixed_;
  const RatingLayout layout_;
  const RatingPenalty penalty_;
  std::size_t factors_;
  std::size_t bias_;   // column of the unknown bias, where `fixed` has ones; cols() = no biases
  std::size_t other_;  // column of the other side's bias in `fixed`, where x has a one
  float shift_;        // what the layout adds to the unknown bias
  float scale_ = 1;    // n^count_power of the row
  std::vector<float> targets_;
  std::vector<float> ones_;
  Matrix system_;   // (cols, cols)
  Matrix vectors_;  // (3, cols)
};

}  // namespace akin
