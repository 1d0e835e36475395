// The half-steps of alternating least squares: one row of a side while the other side stays as it is.
#pragma once

#include <span>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"
#include "akin/models/fit/block_gram.h"

namespace akin::als {

/// The numbers of the objective; see Als.
struct Objective {
  float alpha = 1;
  float regularization = 0;
  float count_power = 0;
  bool count_unobserved = false;
  bool use_values = true;
  /// lambda times the row's count to the power nu: `entries` of its `cells` are positive.
  float ridge(std::size_t entries, std::size_t cells) const;
};

/// The side that stays as it is, with what all rows of the other side share.
///
/// The objective does not change if both sides are rotated in the same way. In the eigenbasis of the
/// fixed side's Gram matrix G that matrix is diagonal, and so is G + lambda I for each row's lambda: products
/// with it cost f in place of f^2, its inverse preconditions, and a row with n < f entries needs a system of
/// n equations only. rotate_to_eigenbasis() rotates a side; FixedSide notices.
class FixedSide {
 public:
  /// `rows` must outlive it. Cost: n f^2 flops. Collective.
  FixedSide(const Matrix& rows, int threads, const RowOwners& owners = {});
  /// The Gram matrix of `rows` is known to be diagonal.
  FixedSide(const Matrix& rows, std::vector<float> diagonal, const RowOwners& owners = {});
  /// The same side with other rows at hand: some of those of all ranks, which must outlive it.
  FixedSide(const FixedSide& side, const Matrix& rows);

  /// Those at hand.
  const Matrix& rows() const { return rows_; }
  /// Rows on all ranks.
  std::size_t count() const { return count_; }
  bool is_diagonal() const { return gram_.empty(); }
  /// (f, f), or empty if it is diagonal.
  const Matrix& gram() const { return gram_; }
  /// stride() floats, the padding zero.
  const std::vector<float>& diagonal() const { return diagonal_; }
  /// The largest of them.
  float largest() const { return largest_; }
  /// Mean squared component over the entries that name a row, `counts` of each: what an entry adds to A's
  /// diagonal per unit of weight. Only improve() asks for it. Collective where ranks divide the rows.
  void set_spread(std::span<const std::uint32_t> counts, const RowOwners& owners = {});
  const std::vector<float>& spread() const { return spread_; }

 private:
  const Matrix& rows_;
  std::size_t count_;
  Matrix gram_;
  std::vector<float> diagonal_;
  float largest_ = 0;
  std::vector<float> spread_;
};

/// Y^T Y over all rows; the bits do not depend on the number of threads and ranks. Collective.
Matrix full_gram(const Matrix& rows, int threads, const RowOwners& owners = {});

/// Rotates `rows` in place to the eigenbasis of their Gram matrix. Returns the basis, which the other side is
/// to rotate to as well (rotate_rows()), and writes the eigenvalues, rows.stride() floats; an empty
/// matrix, having done nothing, if the Gram matrix is not finite. Cost: 3 n f^2 + 10 f^3 flops. Collective:
/// each rank rotates all the rows it has.
Matrix rotate_to_eigenbasis(Matrix& rows, int threads, std::vector<float>& eigenvalues,
                            const RowOwners& owners = {});

/// A row's entries in the other side's rows, with their summed values > 0.
struct Entries {
  std::span<const idx_t> which;
  std::span<const float> values;
};

/// Solves for rows: A x = Y^T C p with A = G + Y^T (C - I) Y + ridge I. Owns scratch memory: one per thread.
class RowSolver {
 public:
  RowSolver(const FixedSide& side, const Objective& objective);

  /// x <- A^-1 Y^T C p by Cholesky: of A, O(n f^2 + f^3), or, where G is diagonal and n < f, of the n
  /// equations that remain: with D = G + ridge I and W = C - I, x = D^-1 Y^T t,
  /// (Y D^-1 Y^T + W^-1) t = W^-1 C p (Woodbury), O(n^2 f + n^3). x holds stride() floats.
  void solve(const Entries& entries, float* x);
  /// `steps` steps of preconditioned conjugate gradient towards the same solution, starting from x; or the
  /// solution itself. O(steps n f), and O(steps f^2) if G is not diagonal.
  void improve(const Entries& entries, int steps, float* x);
  /// Whether improve() with n entries looks at x: otherwise it is solve(), which costs no more.
  bool begins_from_last(std::size_t n) const;
  /// One pass over the blocks of x, `block` coordinates long, a multiple of 16: each goes to its optimum
  /// given the others, while the scores of the entries are kept (iALS++). O(n f block + f block^2).
  void descend(const Entries& entries, std::size_t block, float* x);
  /// v <- A^-1 v; v holds stride() floats. O(n f^2 + f^3).
  void multiply_by_inverse(const Entries& entries, float* v);
  /// The row's part of the objective without the other side's penalty.
  double loss(const Entries& entries, const float* x);
  /// Asks for the first rows that `entries` names, before another row is solved for.
  void prefetch(const Entries& entries) const;
  /// c of each entry of the last call.
  std::span<const float> confidences() const { return confidences_; }

 private:
  void prepare(const Entries& entries);
  void fill_line(std::size_t line, std::size_t begin, std::size_t count);
  void build_system(const Entries& entries);
  void solve_small(const Entries& entries, float* x);
  void image_of_gram(const float* x, float factor, float* out);
  float* scratch(std::size_t which) { return vectors_.row(which); }

  const FixedSide& side_;
  const Objective objective_;
  float ridge_ = 0;
  float total_weight_ = 0;
  std::vector<float> weights_;      // c - 1 of each entry
  std::vector<float> confidences_;  // c of each entry
  std::vector<float> terms_;
  std::vector<float> ones_;
  Matrix panel_;    // rows of the entries
  Matrix system_;   // (f, f)
  Matrix small_;    // (n + 3, n + 3)
  Matrix vectors_;  // (6, f)
};

}  // namespace akin::als
