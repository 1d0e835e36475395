#include "akin/models/fit/interactions.h"

#include <algorithm>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"

namespace akin {

Csr positive_interactions(const TrainingData& data, std::string_view model, const Context& context) {
  Csr matrix = to_csr(data.events, data.n_users(), data.n_items(), Repeats::kSum, context.threads);
  std::size_t kept = 0;
  std::uint64_t begin = 0;
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    const std::uint64_t end = matrix.offsets[r + 1];
    for (std::uint64_t e = begin; e < end; ++e) {
      if (!(matrix.values[e] > 0)) continue;
      matrix.indices[kept] = matrix.indices[e];
      matrix.values[kept++] = matrix.values[e];
    }
    begin = end;
    matrix.offsets[r + 1] = kept;
  }
  std::size_t counts[] = {kept, data.events.size()};
  add_over_ranks(context.ranks(), std::span<std::size_t>(counts));
  if (counts[0] == 0) {
    fail(
        ErrorCode::kBadData,
        "{}: none of the {} training events has a positive value, and it learns from positive feedback only; "
        "import with weights above 0",
        model, counts[1]);
  }
  matrix.indices.resize(kept);
  matrix.values.resize(kept);
  return matrix;
}

HistoryRow history_row(const Query& query, Repeats repeats, float unknown_value) {
  std::vector<Event> events(query.history.size());
  idx_t largest = 0;
  for (std::size_t k = 0; k < events.size(); ++k) {
    events[k].item = query.history[k];
    events[k].value = query.values.empty() ? unknown_value : query.values[k];
    largest = std::max(largest, events[k].item);
  }
  Csr row = to_csr(events, 1, std::size_t{largest} + 1, repeats);
  return {std::move(row.indices), std::move(row.values)};
}

HistoryRow positive_history_row(const Query& query) {
  const HistoryRow all = history_row(query, Repeats::kSum, 1);
  HistoryRow row;
  for (std::size_t k = 0; k < all.items.size(); ++k) {
    if (!(all.values[k] > 0)) continue;
    row.items.push_back(all.items[k]);
    row.values.push_back(all.values[k]);
  }
  return row;
}

std::uint64_t seed_of(std::span<const idx_t> indices) {
  std::uint64_t seed = indices.size();
  for (const idx_t index : indices) seed = Rng::mix(seed ^ index);
  return seed;
}

void clear_rows_without_entries(const Csr& matrix, Matrix& factors) {
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    if (matrix.row_size(r) == 0) std::ranges::fill(factors[r], 0.0f);
  }
}

void clear_rows_without_entries(std::span<const std::uint32_t> counts, Matrix& factors) {
  for (std::size_t r = 0; r < counts.size(); ++r) {
    if (counts[r] == 0) std::ranges::fill(factors[r], 0.0f);
  }
}

std::span<const float> stored_row(const Matrix& users, const Query& query) {
  if (!query.user || *query.user >= users.rows()) return {};
  const std::span<const float> row = users[*query.user];
  const bool known = std::ranges::any_of(row, [](float value) { return value != 0; });
  return known ? row : std::span<const float>();
}

bool copy_stored_row(const Matrix& users, const Query& query, std::span<float> out) {
  const auto row = stored_row(users, query);
  std::ranges::copy(row, out.begin());
  return !row.empty();
}

KnownUsers known_users(const Matrix& stored, std::span<const idx_t> users, std::span<const float> values,
                       float unknown_value) {
  KnownUsers known;
  for (std::size_t k = 0; k < users.size(); ++k) {
    if (stored_row(stored, {.user = users[k]}).empty()) continue;
    known.users.push_back(users[k]);
    known.values.push_back(values.empty() ? unknown_value : values[k]);
  }
  return known;
}

KnownUsers known_positive_users(const Matrix& stored, std::span<const idx_t> users,
                                std::span<const float> values) {
  const KnownUsers all = known_users(stored, users, values, 1);
  KnownUsers known;
  for (std::size_t k = 0; k < all.users.size(); ++k) {
    if (!(all.values[k] > 0)) continue;
    known.users.push_back(all.users[k]);
    known.values.push_back(all.values[k]);
  }
  return known;
}

}  // namespace akin
