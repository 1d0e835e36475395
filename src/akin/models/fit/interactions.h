// What the factor models learn from, and the same for a user who comes later.
#pragma once

#include <vector>

#include "akin/models/model.h"

namespace akin {

/// The (users, items) matrix of positive feedback: values of repeated events summed, entries whose sum is not
/// positive (a purchase and its return) left out; of several ranks, the rows of this one's users. Throws
/// Error(kBadData) naming `model` if nothing is left on any rank. The same at any number of threads. Collective.
Csr positive_interactions(const TrainingData& data, std::string_view model, const Context& context = {});

/// A history as a row of a matrix: ascending items, each once.
struct HistoryRow {
  std::vector<idx_t> items;
  std::vector<float> values;
};
/// The query's history; an event without a value counts as `unknown_value`.
HistoryRow history_row(const Query& query, Repeats repeats, float unknown_value);
/// The same with repeated values summed and entries that are not positive left out, as
/// positive_interactions() does.
HistoryRow positive_history_row(const Query& query);

/// A seed that depends on the indices and their order only: of what is drawn when folding in.
std::uint64_t seed_of(std::span<const idx_t> indices);

/// Makes zero the rows of `factors` that `matrix` has no entries for, or whose count is 0.
void clear_rows_without_entries(const Csr& matrix, Matrix& factors);
void clear_rows_without_entries(std::span<const std::uint32_t> counts, Matrix& factors);

/// The row if `query` names a user of `users` whose row is not zero, else an empty span. A zero row is how
/// the factor models store a user they know nothing of.
std::span<const float> stored_row(const Matrix& users, const Query& query);

/// Copies stored_row() to `out`; false if it is empty.
bool copy_stored_row(const Matrix& users, const Query& query, std::span<float> out);

/// The users of a new item that a model has a row of, with the values they gave.
struct KnownUsers {
  std::vector<idx_t> users;
  std::vector<float> values;
};
/// Those of `users` whose row of `stored` is not zero. `values` is as long or empty: each `unknown_value`.
KnownUsers known_users(const Matrix& stored, std::span<const idx_t> users, std::span<const float> values,
                       float unknown_value);
/// The same without those whose value is not positive; unknown ones are 1.
KnownUsers known_positive_users(const Matrix& stored, std::span<const idx_t> users,
                                std::span<const float> values);

}  // namespace akin
