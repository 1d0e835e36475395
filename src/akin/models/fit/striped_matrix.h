// A (users, items) matrix that several ranks divide by stripes of users.
#pragma once

#include <cstdint>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/models/fit/context.h"
#include "akin/models/fit/divided_rows.h"
#include "akin/models/fit/factor_model.h"
#include "akin/models/fit/stripe_exchange.h"

namespace akin {

/// The rows of the users that this rank works on, and what all ranks know of the others. With one rank, all of it.
///
/// Where a rank holds the vectors of its own users only (FitContext::own_users), those have a row each, in order of the
/// users' numbers.
struct StripedMatrix {
  Csr by_user;                             ///< (n_users, n_items); rows of other ranks' users are empty
  std::vector<std::uint32_t> user_counts;  ///< entries of each user, on whatever rank
  std::vector<std::uint32_t> item_counts;
  std::vector<std::uint8_t> user_stripe;
  std::vector<int> owners;    ///< the rank of each stripe of users
  std::size_t together = 1;   ///< so many stripes that follow each other have one rank
  std::uint64_t entries = 0;  ///< on all ranks
  int rank = 0;               ///< this one
  bool own_only = false;
  std::vector<idx_t> own_users = {};  ///< with own users only: the number of each row of vectors
  std::vector<idx_t> user_rows = {};  ///< and the row of each user that has one

  std::size_t n_users() const { return user_counts.size(); }
  std::size_t n_items() const { return item_counts.size(); }
  std::size_t stripes() const { return owners.size(); }
  /// The row of the user's vector.
  idx_t row_of(idx_t user) const { return own_only ? user_rows[user] : user; }
  /// Entries of the user of each row of vectors.
  std::vector<std::uint32_t> row_counts() const;
  /// Rows of vectors as they are now.
  DividedRows rows_of(const Matrix& users) const;
  DividedRows rows_of(const std::vector<float>& values) const;
};

/// Deals rows of these sizes to `stripes` (up to 256) stripes with about equally many entries each: the
/// longest rows first, always to the lightest stripe. Returns the stripe of each row.
std::vector<std::uint8_t> balanced_stripes(std::span<const std::uint32_t> sizes, std::size_t stripes);

/// Collective. The rows that each rank has in `by_user`, those of consecutive users, go to the ranks of their users'
/// stripes, of which each `together` stay together (stripe_owners()). Bytes sent: 8 for each entry that has to move,
/// and 4 for each user and item.
StripedMatrix divide_by_stripes(Csr by_user, std::size_t stripes, const FitContext& context,
                                std::size_t together = 1);

/// normal_factors() with the rows of users that `matrix` says; rows without entries are zero.
FactorModel normal_factors(const StripedMatrix& matrix, std::size_t factors, double sigma,
                           const FitContext& context);
/// All of it. `user_bias`: whether users have biases.
FitState state_of(const StripedMatrix& matrix, FactorModel& model, bool user_bias);

/// Collective. The rows of all users of `rows` come to all ranks, unless each holds those of its own users only.
void gather_users(const Communicator& ranks, const StripedMatrix& matrix, const FitState& rows);

/// Collective. The user and item of entry number `entry`, counted over all ranks by user; each of `entries`.
struct SampledPairs {
  std::vector<idx_t> users;
  std::vector<idx_t> items;
};
SampledPairs pairs_at(const Communicator& ranks, const StripedMatrix& matrix,
                      std::span<const std::uint64_t> entries);

}  // namespace akin
