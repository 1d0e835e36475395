// Gram matrices on many threads.
#pragma once

#include <span>

#include "akin/base/communicator.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// Who has which rows of a matrix: every rank all of them, or rank r rows [bounds[r], bounds[r + 1]), which are rows 0
/// and on of its own matrix. Does not own the bounds.
struct RowOwners {
  // NOLINTNEXTLINE(google-explicit-constructor): all rows on all ranks is the usual case
  RowOwners(const Communicator& among = alone(), std::span<const std::size_t> rows = {})
      : ranks(among), bounds(rows) {}
  const Communicator& ranks;
  std::span<const std::size_t> bounds;
  /// Rows on all ranks together, `rows` being what this one has.
  std::size_t total(const Matrix& rows) const { return bounds.empty() ? rows.rows() : bounds.back(); }
};

/// rows^T rows, both triangles. Blocks of `block` rows are added in order, so that the bits do not depend on
/// the number of threads and ranks. Collective: each rank multiplies a share of the blocks and sends it to all; of
/// divided rows its own, going on from the rank before where both have rows of a block.
Matrix block_gram(const Matrix& rows, std::size_t block, int threads, const RowOwners& owners = {});

}  // namespace akin
