// Eigenvectors of symmetric matrices.
#pragma once

#include <vector>

#include "akin/linalg/matrix.h"

namespace akin {

struct Eigenbasis {
  Matrix vectors;             ///< (d, d): row k is the k-th eigenvector, of length 1
  std::vector<float> values;  ///< d eigenvalues, descending
};

/// A = sum_k values_k vectors_k^T vectors_k of a symmetric matrix (d, d), computed in double precision. Signs
/// are such that each vector's largest component is positive. Throws Error(kBadData) if an entry is not
/// finite. Cost: some 10 d^3 flops.
Eigenbasis eigenbasis(const Matrix& symmetric);

}  // namespace akin
