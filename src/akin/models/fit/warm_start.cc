#include "akin/models/fit/warm_start.h"

#include <algorithm>

#include "akin/base/error.h"

namespace akin {

Factors grow_factors(const OldFactors& old, const Csr& by_user, const FitStart& start) {
  check_start_columns(old.model.item_vectors(), old.expected, old.name);
  Factors factors{old.users.resized(by_user.rows(), old.expected),
                  old.model.item_vectors().resized(by_user.cols, old.expected)};
  const Csr by_item = transpose(by_user);
  for (const idx_t item : start.fold_items) {
    const auto users = by_item.cols_of(item);
    // Ascending, and the old users come first.
    const auto known = static_cast<std::size_t>(
        std::ranges::lower_bound(users, static_cast<idx_t>(old.users.rows())) - users.begin());
    old.model.item_vector(users.first(known), by_item.values_of(item).first(known), factors.items[item]);
  }
  if (start.fold_users.empty()) return factors;
  const auto model = old.make({factors.users.clone(), factors.items.clone()});
  for (const idx_t user : start.fold_users) {
    const Query query{std::nullopt, by_user.cols_of(user), by_user.values_of(user)};
    if (!model->user_vector(query, factors.users[user])) std::ranges::fill(factors.users[user], 0.0f);
  }
  return factors;
}

void take_item_vectors(const FitContext& context, std::string_view model, Matrix& items) {
  if (!context.start || !context.start->items) return;
  const PretrainedItems& given = *context.start->items;
  if (given.vectors.cols() != items.cols()) {
    fail(ErrorCode::kUsage,
         "{}: {} has vectors of length {}, but the model has {} factors; set factors={} (--factors {})",
         model, given.source, given.vectors.cols(), items.cols(), given.vectors.cols(), given.vectors.cols());
  }
  for (std::size_t i = 0; i < items.rows(); ++i) {
    if (given.given[i]) std::ranges::copy(given.vectors[i], items[i].begin());
  }
}

}  // namespace akin
