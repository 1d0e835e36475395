// How factor models begin with vectors they are given: of themselves on fewer events,
// or of items from elsewhere.
#pragma once

#include <functional>
#include <string_view>

#include "akin/models/fit/context.h"
#include "akin/models/fit/start.h"

namespace akin {

/// The two matrices of a factor model as it stores them, biases folded in.
struct Factors {
  Matrix users;  ///< (n_users, d): rows as user_vector() gives them, zero for users it knows nothing of
  Matrix items;  ///< (n_items, d): item_vectors()
};

/// The model of a class that has these factors; numbers such as regularization are those of the old model.
using MakeModel = std::function<std::unique_ptr<Model>(Factors factors)>;

/// The factors of `old`, a model over the first users and items of `by_user` (users, items), with rows for
/// the new ones: start.fold_items get old.item_vector() of their users, then start.fold_users the
/// user_vector() of their history. `old_users` are its stored user rows.
Factors grow_factors(const Model& old, const Matrix& old_users, const Csr& by_user, const FitStart& start,
                     const MakeModel& make);

/// Writes FitContext::start's item vectors, if any, over the rows of `items` (n_items, factors) that have
/// one. Throws Error(kUsage) naming `model` if they are of another length.
void take_item_vectors(const FitContext& context, std::string_view model, Matrix& items);

}  // namespace akin
