// Matrix factorization of implicit feedback by alternating least squares.
#pragma once

#include <string>

#include "akin/models/model.h"

namespace akin {

/// Hu, Koren & Volinsky, "Collaborative filtering for implicit feedback datasets" (ICDM 2008). Every cell (u,
/// i) of the matrix counts: preference p_ui = 1 with confidence c_ui = 1 + alpha r_ui where the events'
/// summed value r_ui is positive, p_ui = 0 with c_ui = 1 elsewhere. fit() minimizes
///
///   L = sum_ui c_ui (p_ui - x_u . y_i)^2 + sum_u lambda n_u^nu |x_u|^2 + sum_i lambda n_i^nu |y_i|^2
///
/// (n = the row's number of positive entries), by solving for all y given x, then for all x given y, in turn.
/// With Y^T Y computed once per half-step, a row costs O(n_u f^2 + f^3) by Cholesky ("exact"), or O((n_u f +
/// f^2) steps) by conjugate gradient from the last solution ("cg"; Takacs, Pilaszy & Tikk, "Applications of
/// the conjugate gradient method for implicit feedback collaborative filtering", RecSys 2011). The last user
/// half-step is exact with both, so folding in a user's training history gives their stored vector.
///
/// A rating counts as that much confidence in "liked": drop low ratings at import if they mean dislike.
/// Entries that are not positive are left out. Users and items without entries have zero vectors, which is
/// also the optimum for them.
class Als : public Model {
 public:
  struct Config {
    int factors = 64;
    int iterations = 15;
    float regularization = 0.03f;
    float count_power = 1;
    float alpha = 1;
    std::string solver = "cg";
    int cg_steps = 3;
    float init_sigma = 0.1f;
    bool report_loss = false;
    std::vector<Param> params() {
      return {
          {"factors", &factors, "length of the vectors", 1, 4096, {}, true, {16, 256}},
          {"iterations", &iterations, "times items, then users are solved for", 0, 10000},
          {"regularization",
           &regularization,
           "lambda, the penalty on squared lengths",
           0,
           1e9,
           {},
           true,
           {1e-3, 3}},
          {"count_power",
           &count_power,
           "nu: lambda is multiplied by (entries of the row)^nu; 0 = the same for all",
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
          {"solver", &solver, "cg = conjugate gradient, exact = Cholesky", 0, 0, {"cg", "exact"}},
          {"cg_steps", &cg_steps, "conjugate gradient steps per row and iteration", 1, 1000},
          {"init_sigma", &init_sigma, "vectors start from N(0, init_sigma^2 / factors)", 1e-9, 100, {}, true},
          {"report_loss", &report_loss, "compute the objective after each iteration, at some 10 % more time"},
      };
    }
  };
  static constexpr std::string_view kName = "als";
  static constexpr std::string_view kSummary =
      "implicit-feedback matrix factorization by alternating least squares (Hu, Koren & Volinsky 2008)";
  static constexpr Traits kTraits = {.passes = "iterations"};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  const Matrix& item_vectors() const override { return items_; }
  /// The stored vector of a user with training events, whatever the history; else the exact x_u of the
  /// history's events (an event without a value counts 1). False if neither exists. Cost of the latter: O(n
  /// f^2 + f^3).
  bool user_vector(const Query& query, std::span<float> out) const override;
  void save(TensorWriter& writer) const override;

 private:
  /// The parameters of L.
  struct Objective {
    float alpha;
    float regularization;
    float count_power;
  };
  class HalfStep;
  class Fit;
  Als(Matrix users, Matrix items, const Objective& objective);

  Matrix users_;  // (n_users, f), zero rows for users without events
  Matrix items_;  // (n_items, f)
  Objective objective_;
  Matrix gram_;  // (f, f): Y^T Y, for folding in
};

}  // namespace akin
