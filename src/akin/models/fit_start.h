// Where an iterative fit begins, if not from random vectors.
#pragma once

#include <string>
#include <vector>

#include "akin/linalg/matrix.h"
#include "akin/models/model.h"

namespace akin {

/// Vectors of items from elsewhere, such as from their texts.
struct PretrainedItems {
  Matrix vectors;           ///< (n_items, dim)
  std::vector<char> given;  ///< 1 for items that have one; the other rows are zero
  std::string source;       ///< named in messages, such as a file
};

/// Context::start. A model whose fit goes in passes begins with the vectors of `model`, those of `fold_items`
/// and then of `fold_users` folded in, so that a fit of no passes at all is fold-in without training. Models
/// that are fitted in one go ignore it: they are fitted to all events anew.
struct FitStart {
  /// Of the same class and vector length, fitted to some of the events. Its users and items are the first
  /// ones of the data, in the same order. Not owned.
  const Model* model = nullptr;
  std::vector<idx_t> fold_users = {};  ///< users with new events, ascending
  std::vector<idx_t> fold_items = {};  ///< items with events for the first time, ascending
  /// Where item vectors begin in place of random ones; columns = the model's `factors` or `size`. Not owned.
  const PretrainedItems* items = nullptr;
};

}  // namespace akin
