#include "akin/models/fit/rank_rows.h"

#include <algorithm>
#include <numeric>

#include "akin/base/error.h"

namespace akin {
namespace {

/// Bounds of all in one for a process alone.
RowBounds user_bounds(const TrainingData& data, const Communicator& ranks) {
  if (ranks.alone()) return {0, data.n_users()};
  AKIN_ASSERT(data.user_bounds.size() == static_cast<std::size_t>(ranks.size()) + 1);
  return {data.user_bounds.begin(), data.user_bounds.end()};
}

/// The rows [begin, end) of a matrix, for another rank.
struct RowsFor {
  std::vector<std::vector<std::uint32_t>> sizes;
  std::vector<std::vector<idx_t>> indices;
  std::vector<std::vector<float>> values;
};

RowsFor cut(const Csr& matrix, const RowBounds& bounds) {
  RowsFor parts;
  for (std::size_t r = 0; r + 1 < bounds.size(); ++r) {
    std::vector<std::uint32_t>& sizes = parts.sizes.emplace_back();
    for (std::size_t row = bounds[r]; row < bounds[r + 1]; ++row)
      sizes.push_back(static_cast<std::uint32_t>(matrix.row_size(row)));
    const auto begin = static_cast<std::ptrdiff_t>(matrix.offsets[bounds[r]]),
               end = static_cast<std::ptrdiff_t>(matrix.offsets[bounds[r + 1]]);
    parts.indices.emplace_back(matrix.indices.begin() + begin, matrix.indices.begin() + end);
    parts.values.emplace_back(matrix.values.begin() + begin, matrix.values.begin() + end);
  }
  return parts;
}

/// The transpose of the ranks' rows together, of which each rank gets its own ones: the parts of a row come in the
/// order of ranks, and so in the order of the old rows.
Csr transpose_over_ranks(const Communicator& ranks, const Csr& matrix, const RowBounds& bounds) {
  const RowsFor parts = cut(transpose(matrix), bounds);
  const std::vector<std::uint32_t> sizes = exchange_all(ranks, parts.sizes);
  const std::vector<idx_t> indices = exchange_all(ranks, parts.indices);
  const std::vector<float> values = exchange_all(ranks, parts.values);
  const auto own = static_cast<std::size_t>(ranks.rank());
  const std::size_t first = bounds[own], rows = bounds[own + 1] - first;
  Csr result;
  result.cols = matrix.rows();
  result.offsets.assign(matrix.cols + 1, 0);
  for (std::size_t at = 0; at < sizes.size(); ++at) result.offsets[first + at % rows + 1] += sizes[at];
  std::partial_sum(result.offsets.begin(), result.offsets.end(), result.offsets.begin());
  result.indices.resize(indices.size());
  result.values.resize(values.size());
  std::vector<std::uint64_t> next(result.offsets.begin() + static_cast<std::ptrdiff_t>(first),
                                  result.offsets.begin() + static_cast<std::ptrdiff_t>(first + rows));
  for (std::size_t at = 0, from = 0; at < sizes.size(); ++at) {
    std::uint64_t& to = next[at % rows];
    for (std::uint32_t k = 0; k < sizes[at]; ++k, ++from, ++to) {
      result.indices[to] = indices[from];
      result.values[to] = values[from];
    }
  }
  return result;
}

}  // namespace

Share RankMatrix::user_rows(const Communicator& ranks) const {
  const auto rank = static_cast<std::size_t>(ranks.rank());
  return fetch ? Share{0, by_user.rows()} : Share{users[rank], users[rank + 1]};
}

RankMatrix divide_matrix(Csr by_user, const TrainingData& data, std::size_t columns,
                         const FitContext& context) {
  const Communicator& ranks = context.ranks();
  RankMatrix matrix;
  matrix.users = user_bounds(data, ranks);
  matrix.user_counts = row_sizes(by_user);
  matrix.item_counts = column_sizes(by_user, context.threads);
  add_over_ranks(ranks, std::span(matrix.item_counts));
  matrix.items = balanced_bounds(matrix.item_counts, ranks.size());
  matrix.by_item = ranks.alone() ? transpose(by_user) : transpose_over_ranks(ranks, by_user, matrix.items);
  matrix.by_user = std::move(by_user);
  if (!context.own_users || ranks.alone()) {
    add_over_ranks(ranks, std::span(matrix.user_counts));
    return matrix;
  }
  const auto rank = static_cast<std::size_t>(ranks.rank());
  matrix.own_users.resize(matrix.users[rank + 1] - matrix.users[rank]);
  std::iota(matrix.own_users.begin(), matrix.own_users.end(), static_cast<idx_t>(matrix.users[rank]));
  matrix.by_user = select_rows(matrix.by_user, matrix.own_users);
  matrix.user_counts = row_sizes(matrix.by_user);
  const std::size_t most = context.fetch_bytes / (padded(columns) * sizeof(float));
  matrix.fetch.emplace(ranks, matrix.users, most, matrix.by_item);
  return matrix;
}

void gather_users(const Communicator& ranks, const RankMatrix& matrix, Matrix& users) {
  if (!matrix.fetch) gather_rows(ranks, matrix.users, users);
}

FitState state_of(const RankMatrix& matrix, Matrix& users, Matrix& items) {
  if (!matrix.fetch) return state_of(users, items);
  FitState state;
  state.add_divided("users", users, matrix.own_users, matrix.n_users());
  state.add("items", items);
  return state;
}

void gather_rows(const Communicator& ranks, const RowBounds& bounds, Matrix& matrix) {
  std::vector<std::size_t> offsets;
  for (const std::size_t row : bounds) offsets.push_back(row * matrix.stride() * sizeof(float));
  ranks.all_gather(std::as_writable_bytes(std::span(matrix.data(), matrix.rows() * matrix.stride())),
                   offsets);
}

void gather_rows(const Communicator& ranks, const RowBounds& bounds, std::vector<double>& values) {
  std::vector<std::size_t> offsets;
  for (const std::size_t row : bounds) offsets.push_back(row * sizeof(double));
  ranks.all_gather(std::as_writable_bytes(std::span(values)), offsets);
}

Csr gather_csr(const Communicator& ranks, Csr own) {
  if (ranks.alone()) return own;
  std::vector<std::uint32_t> sizes = row_sizes(own);
  add_over_ranks(ranks, std::span(sizes));
  Csr result;
  result.cols = own.cols;
  for (const std::uint32_t size : sizes) result.offsets.push_back(result.offsets.back() + size);
  result.indices = gather_all(ranks, std::span<const idx_t>(own.indices));
  result.values = gather_all(ranks, std::span<const float>(own.values));
  return result;
}

double add_in_order(const Communicator& ranks, double value, const std::function<double(double)>& add) {
  change_in_order(ranks, std::span(&value, 1), [&] { value = add(value); });
  return value;
}

}  // namespace akin
