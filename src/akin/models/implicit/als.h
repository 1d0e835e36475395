// Matrix factorization of implicit feedback by alternating least squares.
#pragma once

#include <mutex>
#include <string>

#include "akin/models/fit/context.h"
#include "akin/models/fit/params.h"
#include "akin/models/fit/warm_start.h"
#include "akin/models/implicit/als_solver.h"
#include "akin/models/model.h"

namespace akin {

/// Hu, Koren & Volinsky, "Collaborative filtering for implicit feedback datasets" (ICDM 2008). Every cell (u,
/// i) of the matrix counts: preference p_ui = 1 with confidence c_ui = 1 + alpha r_ui where the events'
/// summed value r_ui is positive, p_ui = 0 with c_ui = 1 elsewhere. fit() minimizes
///
///   L = sum_ui c_ui (p_ui - x_u . y_i)^2 + sum_u lambda m_u^nu |x_u|^2 + sum_i lambda m_i^nu |y_i|^2
///
/// by solving for all y given x, then for all x given y, in turn. A row's count m is the number n of its
/// positive entries; with count_unobserved it is n + cells / alpha, where cells is the number of rows of the
/// other side: the frequency scaling of Rendle, Krichene, Zhang & Koren, "Revisiting the performance of iALS
/// on item recommendation benchmarks" (RecSys 2022). Their objective
///
///   sum_positive (x . y - 1)^2 + alpha0 sum_all (x . y)^2 + lambda' sum_rows (n + alpha0 cells)^nu |row|^2
///
/// is, without use_values, with alpha = 1 / alpha0, lambda = lambda' (1 + alpha) and count_unobserved, L
/// times a constant, for vectors longer by (1 + alpha0)^(1/2): the same ranking.
///
/// Solvers: "exact" is Cholesky, in f equations or as many as the row has entries; "cg" some steps of
/// preconditioned conjugate gradient from the last solution (Takacs, Pilaszy & Tikk, "Applications of the
/// conjugate gradient method for implicit feedback collaborative filtering", RecSys 2011), exact for short
/// rows; "block" one pass over blocks of coordinates (Rendle, Krichene, Zhang & Koren, "iALS++: Speeding up
/// matrix factorization with subspace optimization", 2021), for large f. Before each half-step both sides are
/// rotated to the eigenbasis of the fixed side's Gram matrix, which leaves L as it is: als_solver.h says why.
/// The last user half-step is exact with all of them, so folding in a user's training history gives their
/// stored vector.
///
/// A rating counts as that much confidence in "liked": drop low ratings at import if they mean dislike.
/// Entries that are not positive are left out. Users and items without entries have zero vectors, which is
/// also the optimum for them.
///
/// Goes on from a model of its kind, and begins from given item vectors, with the users' optimum for them.
/// Memory: data, both sides twice while a snapshot is made, and some (f, f) matrices a thread.
class Als : public Model {
 public:
  struct Config {
    int factors = 64;
    int epochs = 15;
    float regularization = 0.03f;
    float count_power = 1;
    float alpha = 1;
    bool count_unobserved = false;
    bool use_values = true;
    std::string solver = "cg";
    int cg_steps = 2;
    int block_size = 64;
    float init_sigma = 0.1f;
    bool report_loss = false;
    std::vector<Param> params() {
      return {
          factors_param(&factors, {16, 256}),
          {"epochs", &epochs, "epochs; each solves for all items, then all users", 0, 10000},
          {"regularization",
           &regularization,
           "lambda, the L2 penalty on the vectors",
           0,
           1e9,
           {},
           true,
           {1e-3, 3}},
          {"count_power",
           &count_power,
           "nu: lambda is multiplied by (entries of the row)^nu; 0 = equal for all rows",
           0,
           2,
           {},
           false,
           {0, 1}},
          {"alpha",
           &alpha,
           "confidence of an event of value v is 1 + alpha v",
           1e-6,
           1e6,
           {},
           true,
           {0.1, 40}},
          {"count_unobserved", &count_unobserved,
           "entries of the row are entries + all cells / alpha, as in iALS revisited"},
          {"use_values", &use_values, "the value of an event counts; false: every event counts 1"},
          {"solver",
           &solver,
           "cg = conjugate gradient, exact = Cholesky, block = blocks of coordinates",
           0,
           0,
           {"cg", "exact", "block"}},
          {"cg_steps", &cg_steps, "conjugate gradient steps per row and epoch", 1, 1000},
          {"block_size", &block_size, "solver block: coordinates per block, a multiple of 16", 16, 4096},
          init_length_param(&init_sigma),
          {"report_loss", &report_loss, "compute the loss after each epoch; takes about 10 % more time"},
      };
    }
  };
  static constexpr std::string_view kName = "als";
  static constexpr std::string_view kSummary =
      "implicit-feedback matrix factorization by alternating least squares (Hu, Koren & Volinsky 2008)";
  static constexpr Traits kTraits = {.iterative = true,
                                     .explains = true,
                                     .warm_start = true,
                                     .takes_item_vectors = true,
                                     .distributed = true,
                                     .divides_users = true,
                                     .fetches_users = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config,
                                    const FitContext& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  const Matrix& item_vectors() const override { return items_; }
  /// The stored vector of a user with training events, whatever the history; else the exact x_u of the
  /// history's events (an event without a value counts 1). False if neither exists. Cost of the latter:
  /// O(n f^2 + f^3).
  bool user_vector(const Query& query, std::span<float> out) const override;
  /// The exact y_i given the stored users.
  bool item_vector(std::span<const idx_t> users, std::span<const float> values,
                   std::span<float> out) const override;
  /// Hu, Koren & Volinsky's section 5: with A_u of the history, the score y_i . x_u = sum_j (y_i A_u^-1 y_j)
  /// c_uj over its items j. Of a stored user as of a folded-in one. Cost: O(n f^2 + f^3).
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  void save(TensorWriter& writer) const override;
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

 private:
  class Fit;
  Als(Factors factors, const als::Objective& objective);

  Matrix users_;  // (n_users, f), zero rows for users without events
  Matrix items_;  // (n_items, f)
  als::Objective objective_;
  als::FixedSide item_side_;  // for folding in users
  mutable std::once_flag user_side_made_;
  mutable std::unique_ptr<als::FixedSide> user_side_;  // for folding in items, on demand
};

}  // namespace akin
