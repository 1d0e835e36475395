// Where an iterative fit begins, if not from random vectors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "akin/base/error.h"
#include "akin/linalg/matrix.h"
#include "akin/models/fit/context.h"
#include "akin/models/model.h"

namespace akin {

/// Vectors of items from elsewhere, such as from their texts.
struct PretrainedItems {
  Matrix vectors;           ///< (n_items, dim)
  std::vector<char> given;  ///< 1 for items that have one; the other rows are zero
  std::string source;       ///< named in messages, such as a file
};

/// FitContext::start. A model whose fit goes in epochs begins with the vectors of `model`, those of
/// `fold_items` and then of `fold_users` folded in, so that a fit of no epochs at all is fold-in without
/// training. Models that are fitted in one go ignore it: they are trained from scratch.
struct FitStart {
  /// Of the same class and vector length, fitted to some of the events. Its users and items are the first
  /// ones of the data, in the same order. Not owned.
  const Model* model = nullptr;
  std::vector<idx_t> fold_users = {};  ///< users with new events, ascending
  std::vector<idx_t> fold_items = {};  ///< items with events for the first time, ascending
  /// Where item vectors begin in place of random ones; columns = the model's `factors` or `size`. Not owned.
  const PretrainedItems* items = nullptr;
};

/// FitContext::start's model as an M, or nullptr. Throws Error(kUsage) naming the model
/// if it is of another class.
template <typename M>
const M* start_model(const FitContext& context, std::string_view name = M::kName) {
  if (!context.start || !context.start->model) return nullptr;
  const auto* model = dynamic_cast<const M*>(context.start->model);
  if (!model) fail(ErrorCode::kUsage, "{}: cannot continue from a model of another kind", name);
  return model;
}

/// Throws Error(kUsage) naming `model` unless the old vectors have `expected` columns.
void check_start_columns(const Matrix& old, std::size_t expected, std::string_view model);

}  // namespace akin
