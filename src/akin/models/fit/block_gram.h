// Gram matrices on many threads.
#pragma once

#include "akin/linalg/matrix.h"

namespace akin {

/// rows^T rows, both triangles. Blocks of `block` rows are added in order, so that the bits do not depend on
/// the number of threads.
Matrix block_gram(const Matrix& rows, std::size_t block, int threads);

}  // namespace akin
