// Gram matrices on many threads.
#pragma once

#include "akin/base/communicator.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// rows^T rows, both triangles. Blocks of `block` rows are added in order, so that the bits do not depend on
/// the number of threads and ranks. Collective: each rank multiplies a share of the blocks and sends it to all.
Matrix block_gram(const Matrix& rows, std::size_t block, int threads, const Communicator& ranks = alone());

}  // namespace akin
