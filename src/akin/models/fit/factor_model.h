// The vectors of a factor model: under training, as the model holds them, in its file.
#pragma once

#include <string_view>
#include <vector>

#include "akin/base/safetensors.h"
#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"
#include "akin/models/fit/context.h"
#include "akin/models/fit/observer.h"

namespace akin {

/// The two matrices of a factor model as it stores them, biases folded in.
struct Factors {
  Matrix users;  ///< (n_users, d): rows as user_vector() gives them, zero for users it knows nothing of
  Matrix items;  ///< (n_items, d): item_vectors()
};

/// Stored as model.users and model.items; both outlive the writer.
void write_factors(TensorWriter& writer, const Matrix& users, const Matrix& items);
/// Throws Error(kBadData) if the two do not fit together or have fewer than `least_columns`.
Factors read_factors(const TensorReader& reader, std::size_t n_users, std::size_t n_items,
                     std::size_t least_columns = 1);

/// Vectors and biases under training.
struct FactorModel {
  Matrix users;  ///< (n_users, f): p
  Matrix items;  ///< (n_items, f): q, same stride
  std::vector<float> user_bias;
  std::vector<float> item_bias;
};

/// Vectors from N(0, sigma^2), drawn from streams 1 (users) and 2 (items) of the context's seed; biases 0. With
/// `users` for these alone.
FactorModel normal_factors(const Csr& by_user, std::size_t factors, double sigma, const FitContext& context,
                           const std::vector<idx_t>* users = nullptr);

/// Throws Error(kBadData) naming `name` if a vector is not finite. Collective.
void check_converged(const FactorModel& model, std::string_view name, const Communicator& ranks = alone());

/// All of it, in place.
FitState state_of(Matrix& users, Matrix& items);
FitState state_of(FactorModel& model);
/// The same of a model with some of `total` users, these in the order of its rows, with biases or without.
FitState state_of(FactorModel& model, std::span<const idx_t> users, std::size_t total, bool user_bias);
/// The rows of one side, with their biases.
FitState users_of(FactorModel& model);
FitState items_of(FactorModel& model);

}  // namespace akin
