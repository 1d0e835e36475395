#include "akin/models/fit/striped_matrix.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <utility>

#include "akin/models/fit/interactions.h"

namespace akin {
namespace {

/// Rows go to the rank of their stripe. Each rank has rows of consecutive users, so that what arrives is in the order
/// of users.
Csr rows_by_owner(const Communicator& ranks, Csr rows, const StripedMatrix& matrix) {
  if (ranks.alone()) return rows;
  const auto size = static_cast<std::size_t>(ranks.size());
  std::vector<std::vector<idx_t>> indices(size);
  std::vector<std::vector<float>> values(size);
  const auto owner = [&](std::size_t user) { return matrix.owners[matrix.user_stripe[user]]; };
  for (std::size_t u = 0; u < rows.rows(); ++u) {
    const auto to = static_cast<std::size_t>(owner(u));
    const auto cols = rows.cols_of(u);
    const auto row_values = rows.values_of(u);
    indices[to].insert(indices[to].end(), cols.begin(), cols.end());
    values[to].insert(values[to].end(), row_values.begin(), row_values.end());
  }
  Csr result;
  result.cols = rows.cols;
  rows = Csr();
  result.indices = exchange_all(ranks, indices);
  result.values = exchange_all(ranks, values);
  for (std::size_t u = 0; u < matrix.n_users(); ++u)
    result.offsets.push_back(result.offsets.back() + (owner(u) == ranks.rank() ? matrix.user_counts[u] : 0));
  return result;
}

}  // namespace

std::vector<std::uint8_t> balanced_stripes(std::span<const std::uint32_t> sizes, std::size_t stripes) {
  std::vector<idx_t> order(sizes.size());
  std::iota(order.begin(), order.end(), idx_t{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](idx_t row) { return sizes[row]; });
  using Load = std::pair<std::uint64_t, std::uint8_t>;
  std::priority_queue<Load, std::vector<Load>, std::greater<>> lightest;
  for (std::size_t s = 0; s < stripes; ++s) lightest.emplace(0, static_cast<std::uint8_t>(s));
  std::vector<std::uint8_t> stripe_of(sizes.size());
  for (const idx_t row : order) {
    const auto [load, stripe] = lightest.top();
    lightest.pop();
    stripe_of[row] = stripe;
    lightest.emplace(load + sizes[row], stripe);
  }
  return stripe_of;
}

std::vector<std::uint32_t> StripedMatrix::row_counts() const {
  if (!own_only) return user_counts;
  std::vector<std::uint32_t> counts;
  for (const idx_t user : own_users) counts.push_back(user_counts[user]);
  return counts;
}

DividedRows StripedMatrix::rows_of(const Matrix& users) const {
  return {users.data(), users.rows(), users.cols(), users.stride(), own_users, own_only ? n_users() : 0};
}

DividedRows StripedMatrix::rows_of(const std::vector<float>& values) const {
  return {values.data(), values.size(), 1, 1, own_users, own_only ? n_users() : 0};
}

StripedMatrix divide_by_stripes(Csr by_user, std::size_t stripes, const FitContext& context,
                                std::size_t together) {
  const Communicator& ranks = context.ranks();
  StripedMatrix matrix;
  matrix.user_counts = row_sizes(by_user);
  matrix.item_counts = column_sizes(by_user, context.threads);
  add_over_ranks(ranks, std::span(matrix.user_counts));
  add_over_ranks(ranks, std::span(matrix.item_counts));
  matrix.entries = std::accumulate(matrix.user_counts.begin(), matrix.user_counts.end(), std::uint64_t{0});
  matrix.user_stripe = balanced_stripes(matrix.user_counts, stripes);
  matrix.together = together;
  matrix.rank = ranks.rank();
  matrix.owners = stripe_owners(stripes, ranks.size(), together);
  matrix.by_user = rows_by_owner(ranks, std::move(by_user), matrix);
  matrix.own_only = context.own_users && !ranks.alone();
  if (!matrix.own_only) return matrix;
  matrix.user_rows.resize(matrix.n_users());
  for (std::size_t u = 0; u < matrix.n_users(); ++u) {
    if (matrix.owners[matrix.user_stripe[u]] != ranks.rank()) continue;
    matrix.user_rows[u] = static_cast<idx_t>(matrix.own_users.size());
    matrix.own_users.push_back(static_cast<idx_t>(u));
  }
  return matrix;
}

FactorModel normal_factors(const StripedMatrix& matrix, std::size_t factors, double sigma,
                           const FitContext& context) {
  FactorModel model =
      normal_factors(matrix.by_user, factors, sigma, context, matrix.own_only ? &matrix.own_users : nullptr);
  clear_rows_without_entries(matrix.row_counts(), model.users);
  return model;
}

FitState state_of(const StripedMatrix& matrix, FactorModel& model, bool user_bias) {
  return matrix.own_only ? state_of(model, matrix.own_users, matrix.n_users(), user_bias) : state_of(model);
}

void gather_users(const Communicator& ranks, const StripedMatrix& matrix, const FitState& rows) {
  if (ranks.alone() || matrix.own_only) return;
  std::vector<std::vector<idx_t>> lists(matrix.stripes());
  for (std::size_t u = 0; u < matrix.n_users(); ++u)
    lists[matrix.user_stripe[u]].push_back(static_cast<idx_t>(u));
  spread_stripes(ranks, Stripes(lists.begin(), lists.end()), matrix.owners, rows);
}

SampledPairs pairs_at(const Communicator& ranks, const StripedMatrix& matrix,
                      std::span<const std::uint64_t> entries) {
  std::vector<std::uint64_t> ends(matrix.n_users());
  std::partial_sum(matrix.user_counts.begin(), matrix.user_counts.end(), ends.begin(),
                   [](std::uint64_t sum, std::uint64_t count) { return sum + count; });
  SampledPairs pairs;
  for (const std::uint64_t entry : entries) {
    const auto user = static_cast<std::size_t>(std::ranges::upper_bound(ends, entry) - ends.begin());
    const std::uint64_t begin = ends[user] - matrix.user_counts[user];
    pairs.users.push_back(static_cast<idx_t>(user));
    const bool here = matrix.by_user.row_size(user) > 0;
    pairs.items.push_back(here ? matrix.by_user.cols_of(user)[entry - begin] : 0);
  }
  add_over_ranks(ranks, std::span(pairs.items));
  return pairs;
}

}  // namespace akin
