// Rows that the ranks of a fit divide among them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "akin/base/communicator.h"
#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"
#include "akin/models/model.h"

namespace akin {

/// A (users, items) matrix as the ranks hold it: the rows of this rank's users and of its items, and what all
/// ranks know of the others. With one rank, the whole matrix.
struct RankMatrix {
  Csr by_user;  ///< (n_users, n_items); rows of other ranks' users are empty
  Csr by_item;  ///< (n_items, n_users); rows of other ranks' items are empty
  RowBounds users;
  RowBounds items;
  std::vector<std::uint32_t> user_counts;  ///< entries of each user, on whatever rank
  std::vector<std::uint32_t> item_counts;
};
/// Collective. `by_user` holds this rank's rows of the matrix, as to_csr() makes them of `data`.
/// Bytes sent: 8 for each entry that another rank's items have here, and 8 rows for the counts.
RankMatrix divide_matrix(Csr by_user, const TrainingData& data, const Context& context);

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
