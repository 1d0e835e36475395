// Rows that the ranks of a fit divide among them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "akin/base/communicator.h"
#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"
#include "akin/models/fit/block_gram.h"
#include "akin/models/fit/context.h"
#include "akin/models/fit/factor_model.h"
#include "akin/models/fit/row_fetch.h"
#include "akin/models/model.h"

namespace akin {

/// A (users, items) matrix as the ranks hold it: the rows of this rank's users and of its items, and what all
/// ranks know of the others. With one rank, the whole matrix.
///
/// Where a rank holds the vectors of its own users only (FitContext::own_users), `by_user` and `user_counts` have a
/// row for each of these and no others; the items' half of an epoch goes tile by tile.
struct RankMatrix {
  Csr by_user;  ///< (n_users, n_items); rows of other ranks' users are empty
  Csr by_item;  ///< (n_items, n_users); rows of other ranks' items are empty
  RowBounds users;
  RowBounds items;
  std::vector<std::uint32_t> user_counts;  ///< entries of each user, on whatever rank
  std::vector<std::uint32_t> item_counts;
  std::vector<idx_t> own_users = {};   ///< the number of each row of `by_user`; empty: its own
  std::optional<RowFetch> fetch = {};  ///< with own users only

  std::size_t n_users() const { return users.back(); }
  /// Of a matrix with a row for each of `by_user`.
  RowOwners user_owners(const Communicator& ranks) const {
    return fetch ? RowOwners(ranks, users) : RowOwners(ranks);
  }
  /// This rank's users among the rows of `by_user`.
  Share user_rows(const Communicator& ranks) const;
  /// Collective. Calls solve(rows, vectors) for tiles of the rows of `by_item`, whose columns are rows of `vectors`.
  template <typename Solve>
  void for_item_tiles(const Matrix& users_vectors, const Context& context, const Solve& solve) const {
    if (!fetch) return solve(Share{0, by_item.rows()}, users_vectors);
    for (std::size_t t = 0; t < fetch->tiles(); ++t)
      solve(fetch->rows(t), fetch->fetch(t, users_vectors, context.threads));
  }
};
/// Collective. `by_user` holds this rank's rows of the matrix, as to_csr() makes them of `data`; users' vectors will
/// have so many columns.
/// Bytes sent: 8 for each entry that another rank's items have here, and 8 rows for the counts.
RankMatrix divide_matrix(Csr by_user, const TrainingData& data, std::size_t columns,
                         const FitContext& context);

/// Collective. Where all ranks have all users' vectors, each rank's rows come to the others.
void gather_users(const Communicator& ranks, const RankMatrix& matrix, Matrix& users);
/// All of a fit with the vectors of the users of `matrix`.
FitState state_of(const RankMatrix& matrix, Matrix& users, Matrix& items);

/// Collective. Every rank's rows of `matrix` come to all ranks. Bytes sent: those of the own rows, to each other rank.
void gather_rows(const Communicator& ranks, const RowBounds& bounds, Matrix& matrix);
void gather_rows(const Communicator& ranks, const RowBounds& bounds, std::vector<double>& values);

/// Collective. The rows that each rank has of a matrix, those of one rank before those of the next; the others are
/// empty there. Returns all of them. Bytes sent: 8 for each own entry, to each other rank, and 4 a row.
Csr gather_csr(const Communicator& ranks, Csr own);

/// Collective. value <- add(value) on one rank after the other: a sum in the order of the data, which is that of
/// one process to the last bit.
double add_in_order(const Communicator& ranks, double value, const std::function<double(double)>& add);

}  // namespace akin
