// Truncated singular value decomposition of the interactions.
#pragma once

#include "akin/models/fit/params.h"
#include "akin/models/model.h"

namespace akin {

/// PureSVD: Cremonesi, Koren & Turrin, "Performance of recommender algorithms on top-n recommendation tasks"
/// (RecSys 2010). R is the (users, items) matrix of positive feedback, 1 or the summed value with
/// `use_values`, zero elsewhere; V its f right singular vectors of the largest singular values
/// (linalg/truncated_svd.h). A user with row r has the scores r V V^T: the history seen through the f
/// directions that users vary in most. Item vectors are V S with the singular values S,
/// user vectors r V S^-1.
///
/// With item_scaling = e the vectors V are those of R diag(n_j^-e), n_j = the users of item j, so that
/// popular items do not fill all of them (Nikolakopoulos et al., "EigenRec", Knowledge and Information
/// Systems 2019); e = 0 is PureSVD.
///
/// Fitted in one go; new events: fit again. A user is their history, so that new users need no folding in,
/// and each item of the history adds r_i (v_i . v_j) to a score. Cost: truncated_svd.h. The same bits at any
/// thread count.
class Svd : public Model {
 public:
  struct Config {
    int factors = 64;
    float item_scaling = 0.2f;
    int oversampling = 10;
    int power_iterations = 4;
    bool use_values = false;
    std::vector<Param> params() {
      return {
          factors_param(&factors, {16, 256}),
          {"item_scaling",
           &item_scaling,
           "divide each item's column by (number of its users)^item_scaling first; 0 = PureSVD",
           0,
           1,
           {},
           false,
           {0, 0.5}},
          {"oversampling", &oversampling, "extra vectors during the computation, for accuracy", 0, 1000},
          {"power_iterations", &power_iterations, "rounds of subspace iteration, for accuracy", 1, 1000},
          {"use_values", &use_values, "decompose the values of events instead of 1"},
      };
    }
  };
  static constexpr std::string_view kName = "svd";
  static constexpr std::string_view kSummary =
      "truncated singular value decomposition, PureSVD (Cremonesi, Koren & Turrin 2010)";
  static constexpr Traits kTraits = {.explains = true};

  /// Throws Error(kBadData) if no event has a positive value, or values overflow.
  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

  /// (n_items, f): V S, whose cosines are those of the items' columns of R as far as f directions show them.
  /// Zero rows for items without events.
  const Matrix& item_vectors() const override { return items_; }
  /// r V S^-1 of the history. False if it is zero, as without a history.
  bool user_vector(const Query& query, std::span<float> out) const override;
  /// S^-1 (A V)^T a, A = R diag(n^-e) and a the item's column of it: the row of V S that the item would have,
  /// were it too new to rotate V. An item of the training data gets its own.
  bool item_vector(std::span<const idx_t> users, std::span<const float> values,
                   std::span<float> out) const override;
  std::optional<Explanation> explain(const Query& query, idx_t item) const override;
  void save(TensorWriter& writer) const override;
  std::unique_ptr<Model> select_users(std::span<const idx_t> users) const override;

 private:
  struct Scaling {
    float item_scaling;
    bool use_values;
  };
  Svd(Matrix users, Matrix items, std::vector<float> singular_values, Scaling scaling);

  Matrix users_;                        // (n_users, f): R diag(n^-e) V, for folding in items
  Matrix items_;                        // (n_items, f): V S
  std::vector<float> singular_values_;  // (f)
  Scaling scaling_;
  Matrix inverse_squares_;  // (1, f): S^-2, 0 for no direction
};

}  // namespace akin
