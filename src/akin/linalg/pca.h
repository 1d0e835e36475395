// Principal components: the plane that shows most of a cloud of vectors.
#pragma once

#include <cstddef>
#include <vector>

#include "akin/linalg/matrix.h"

namespace akin {

/// The first principal components of a set of points.
struct Pca {
  Matrix points;                  ///< (n, k) coordinates: (x - mean) . component
  Matrix components;              ///< (k, d) of length 1; the entry largest in size is positive
  std::vector<float> mean;        ///< (d)
  std::vector<double> variances;  ///< (k) variance along each component, descending, divided by n
  double total_variance = 0;      ///< over all d directions
};

/// Exact principal components of the rows of `points` (n, d), d up to about 1,000:
/// the eigenvectors of the covariance
///
///   C = 1/n sum_i (x_i - mean) (x_i - mean)^T                (Pearson 1901)
///
/// summed in double precision over blocks of rows. Components beyond d are zero. Cost: n d^2 + d^3. Throws
/// Error(kBadData) if a value is not finite.
Pca pca(const Matrix& points, std::size_t k);

}  // namespace akin
