// How factor models begin with vectors they are given: of themselves on fewer events,
// or of items from elsewhere.
#pragma once

#include <functional>
#include <string_view>

#include "akin/models/fit/context.h"
#include "akin/models/fit/factor_model.h"
#include "akin/models/fit/start.h"

namespace akin {

/// The model of a class that has these factors; numbers such as regularization are those of the old model.
using MakeModel = std::function<std::unique_ptr<Model>(Factors factors)>;

/// A factor model to continue from.
struct OldFactors {
  const Model& model;
  const Matrix& users;    ///< its stored user rows
  std::size_t expected;   ///< columns that the fit's vectors will have
  std::string_view name;  ///< of the model, for messages
  MakeModel make;
};

/// The factors of `old`, a model over the first users and items of `by_user` (users, items), with rows for
/// the new ones: start.fold_items get old.model.item_vector() of their users, then start.fold_users the
/// user_vector() of their history. Throws Error(kUsage) if they have not the expected columns.
Factors grow_factors(const OldFactors& old, const Csr& by_user, const FitStart& start);

/// Writes FitContext::start's item vectors, if any, over the rows of `items` (n_items, factors) that have
/// one. Throws Error(kUsage) naming `model` if they are of another length.
void take_item_vectors(const FitContext& context, std::string_view model, Matrix& items);

}  // namespace akin
