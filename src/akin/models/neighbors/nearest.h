// The most similar rows of every row of a weighted matrix.
#pragma once

#include <cstddef>

#include "akin/base/context.h"
#include "akin/models/neighbors/similarity.h"

namespace akin {

/// Which of the two rows is the one whose list is made, in similarities that are not symmetric.
enum class ListOf { kLeft, kRight };

/// For each row x of `rows` the `k` others y with the highest positive similarity s_xy (kLeft) or s_yx
/// (kRight), best first. The same bits at any number of threads and ranks, which all have all of `rows`. Collective.
///
/// If all entries of the unweighted matrix were 1, sums are integers in cells of 2 to 8 bytes, and most pairs
/// are dropped by one comparison. Cost: O(sum over columns of size^2); memory beside the result: n_rows x 8
/// bytes at most a thread, and one more copy of the indices.
Csr nearest_rows(const SimilarityRows& rows, std::size_t k, ListOf side, const Context& context);

namespace reference {
/// The same by the general product, whatever the entries.
Csr nearest_rows(const SimilarityRows& rows, std::size_t k, ListOf side, const Context& context);
}  // namespace reference

}  // namespace akin
