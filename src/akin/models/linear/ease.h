// A linear autoencoder with a closed form.
#pragma once

#include "akin/models/linear/item_weights.h"

namespace akin {

/// Steck, "Embarrassingly shallow autoencoders for sparse data" (WWW 2019). X is the (users, items) matrix of
/// positive feedback, 1 or the summed value with `use_values`. fit() finds the item weights B that minimize
///
///   |X - X B|^2 + lambda |B|^2   with  B_jj = 0,
///
/// which are (eq. 8 there)  B_ij = -P_ij / P_jj,  P = (X^T X + lambda I)^-1. Score of j = sum over the
/// history of v_i B_ij. Weights may be negative: owning i can speak against j.
///
/// P costs n^3 flops and n^2 x 4 bytes, n = the items with events. With fewer users than items the same P
/// comes from an inverse of n = the users with events (Woodbury's identity), row by row:
///
///   P = (I - X^T M X) / lambda,  M = (X X^T + lambda I)^-1,
///
/// so a catalogue of 200,000 items with 30,000 users is no trouble. Throws Error(kBadData) with the number
/// that would fit if the smaller n needs more than the machine's memory.
///
/// Of each history item the `neighbors` weights largest in size are kept (0 = all of them, n_items^2 x 8
/// bytes). The same bits at any thread count. New events: fit again.
class Ease : public ItemWeightModel {
 public:
  struct Config {
    float regularization = 500;
    int neighbors = 1000;
    bool use_values = false;
    std::vector<Param> params() {
      return {
          {"regularization",
           &regularization,
           "lambda, the L2 penalty on the weights",
           1e-3,
           1e9,
           {},
           true,
           {10, 10000}},
          {"neighbors", &neighbors, "weights kept per history item, the largest absolute values; 0 = all", 0,
           1'000'000},
          {"use_values", &use_values, "learn from the values of events instead of 1"},
      };
    }
  };
  static constexpr std::string_view kName = "ease";
  static constexpr std::string_view kSummary = "linear autoencoder with a closed form (Steck 2019)";
  static constexpr Traits kTraits = {.stores_pairs = true, .explains = true, .distributed = true};

  static std::unique_ptr<Model> fit(const TrainingData& data, const Config& config, const Context& context);
  static std::unique_ptr<Model> load(const TensorReader& reader, std::size_t n_users, std::size_t n_items);

 private:
  explicit Ease(State state) : ItemWeightModel(std::move(state)) {}
};

}  // namespace akin
