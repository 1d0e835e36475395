// Vectors of items drawn towards those of items with like content.
#pragma once

#include <span>

#include "akin/base/context.h"
#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// The k rows of `among` (a 1 for each that may be one) with the greatest product with each row of `content` (n, d), above 0 and
/// other than itself: a frozen graph of items (Zhou & Shen, "A tale of two graphs: freezing and denoising graph structures for
/// multimodal recommendation", MM 2023). (n, n), all entries 1, columns ascending. The same bits at any number of threads. Cost: the
/// entries of the columns that each row touches. Throws Error(kCancelled).
Csr nearest_by_content(const Csr& content, std::span<const char> among, std::size_t k,
                       const Context& context);

/// `layers` times, with N(i) the columns of row i of `neighbors`,
///
///   v_i <- (1 - share) v_i + share / |N(i)| sum_{j in N(i)} v_j,   then length 1;
///
/// rows of zeros become the mean of their neighbors, rows without neighbors stay.
Matrix smooth_by_neighbors(Matrix vectors, const Csr& neighbors, float share, int layers,
                           const Context& context);

}  // namespace akin
