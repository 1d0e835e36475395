// Sparse and dense rows: times a dense matrix, side by side.
#pragma once

#include <span>

#include "akin/base/context.h"
#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// rows W, (n, d) times (d, k): the columns of a row are added up in their order, so that a row has the same bits
/// whatever stands beside it and at any number of threads. Throws Error(kCancelled).
Matrix multiply_rows(const Csr& rows, const Matrix& weights, const Context& context);
Matrix multiply_rows(const Matrix& rows, const Matrix& weights, const Context& context);

/// The entries that are not zero.
Csr sparse_rows(const Matrix& rows);
/// Row r holds row r of each part, whose columns follow those of the parts before. All have as many rows.
Csr side_by_side(std::span<const Csr> parts);

}  // namespace akin
