// Groups of vectors that point the same way.
#pragma once

#include <cstddef>
#include <vector>

#include "akin/base/context.h"
#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// k groups of rows and where their centres lie.
struct Clustering {
  Matrix centers;              ///< (clusters, d); of spherical_kmeans() unit vectors
  std::vector<idx_t> cluster;  ///< of each row
};

/// Spherical k-means (Dhillon & Modha, "Concept decompositions for large sparse text data using clustering",
/// Machine Learning 2001): with c(r) the cluster of row r, looks for the unit vectors m that
///   maximize  sum_r x_r . m_c(r),   m_j = sum of the rows of cluster j / its length,
/// alternately: each row goes to the centre of greatest cosine (the first of equals), each centre to where
/// its rows point. The first centres are drawn as k-means++ does (Arthur & Vassilvitskii, SODA 2007): the
/// first one from all rows, each further one in proportion to 1 - the greatest cosine with those before. A
/// cluster that loses all its rows gets the one that fits its own worst. Ends when no row moves
/// or after `iterations` iterations.
///
/// `rows` (n, d) are unit vectors, n > 0. There are `clusters` clusters, at least 1, or fewer if there are
/// not so many different rows. Depends on context.seed, not on context.threads. Cost: O(n clusters d) an
/// iteration and for the first centres; memory n + clusters x d floats. Throws Error(kCancelled).
Clustering spherical_kmeans(const Matrix& rows, std::size_t clusters, int iterations, const Context& context);

/// k-means (Lloyd, IEEE Transactions on Information Theory 1982): as spherical_kmeans(), but of rows of any length, with the means m of
/// their clusters as centres, to
///   minimize  sum_r |x_r - m_c(r)|^2.
/// Rows are drawn for centres in proportion to the squared distance to the nearest one before.
Clustering euclidean_kmeans(const Matrix& rows, std::size_t clusters, int iterations, const Context& context);

}  // namespace akin
