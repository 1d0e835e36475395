// Rows of a state that go from rank to rank, a stripe at a time.
#pragma once

#include <span>
#include <vector>

#include "akin/base/communicator.h"
#include "akin/linalg/csr.h"
#include "akin/models/fit/observer.h"

namespace akin {

/// The rows of each stripe, such as the items that share a block of the matrix.
using Stripes = std::vector<std::span<const idx_t>>;

/// The rank that works on each of `stripes` stripes: neighbouring ones have the same or the next one, and each
/// `together` that follow each other, a divisor of `stripes`, the same.
std::vector<int> stripe_owners(std::size_t stripes, int ranks, std::size_t together = 1);

/// Collective. The rows of stripe s, of all tensors of `rows`, go from rank from[s] to rank to[s].
/// Bytes sent: 4 for each float of a row that has to move.
void move_stripes(const Communicator& ranks, const Stripes& stripes, std::span<const int> from,
                  std::span<const int> to, const FitState& rows);

/// Collective. The rows of stripe s go from rank owners[s] to all.
void spread_stripes(const Communicator& ranks, const Stripes& stripes, std::span<const int> owners,
                    const FitState& rows);

}  // namespace akin
