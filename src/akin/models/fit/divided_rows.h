// Rows of one matrix that several ranks divide among them in any order.
#pragma once

#include <span>

#include "akin/base/communicator.h"
#include "akin/linalg/csr.h"

namespace akin {

/// This rank's rows: the number of each among `total` rows, each on one rank. Total 0: all rows, on every rank.
struct DividedRows {
  const float* data;
  std::size_t rows;
  std::size_t cols;
  std::size_t stride;  ///< floats from one row to the next
  std::span<const idx_t> numbers;
  std::size_t total;
};

/// Which rows rows_in_order() gives to this rank: those of equal_share(), or all.
Share ordered_share(const DividedRows& own, const Communicator& ranks);

/// Collective. Writes the rows of ordered_share() to `out`, `stride` floats from one to the next. Bytes sent: 4 cols + 4
/// for each row that has to move. Rows go in pieces, so that little memory is needed beside `out`.
void rows_in_order(const Communicator& ranks, const DividedRows& own, float* out, std::size_t stride);

}  // namespace akin
