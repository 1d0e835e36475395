// One unknown row of a logistic model against known ones.
#pragma once

#include <span>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin {

/// Known rows with how often each is seen and how often of these as a positive.
struct LogisticTerms {
  std::vector<idx_t> rows;
  std::vector<float> weights;    ///< w_k > 0
  std::vector<float> positives;  ///< c_k in [0, w_k]
  void add(idx_t row, float weight, float positive) {
    rows.push_back(row);
    weights.push_back(weight);
    positives.push_back(positive);
  }
};

/// Moves x (1, matrix.cols()) to the minimum of
///   sum_k (w_k ln(1 + exp(s_k)) - c_k s_k) + ridge/2 |x - x_0|^2,   s_k = row_k . x
/// where x_0 is x as given and entry `fixed` of x stays, by Newton's method with halved steps until the loss
/// falls by less than 1e-6 of itself: a convex problem, so where it begins does not matter. Cost:
/// O(rows d^2 + d^3) a step, some 5 to 10 of them.
void logistic_fold_in(const Matrix& matrix, const LogisticTerms& terms, float ridge, std::size_t fixed,
                      Matrix& x);

/// The objective, in double precision.
double logistic_objective(const Matrix& matrix, const LogisticTerms& terms, float ridge, const Matrix& x0,
                          const Matrix& x);

}  // namespace akin
