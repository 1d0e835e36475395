#include "akin/linalg/residual_kmeans.h"

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/kmeans.h"

namespace akin {
namespace {

double squares_of(const Matrix& rows) {
  double sum = 0;
  for (std::size_t r = 0; r < rows.rows(); ++r)
    sum += static_cast<double>(dot(rows.row(r), rows.row(r), rows.stride()));
  return sum;
}

/// sum_r |x_r - mean|^2
double spread_of(const Matrix& rows) {
  Matrix mean(1, rows.cols());
  for (std::size_t r = 0; r < rows.rows(); ++r)
    axpy(1 / static_cast<float>(rows.rows()), rows.row(r), mean.row(0), rows.stride());
  Matrix centered = rows.clone();
  for (std::size_t r = 0; r < rows.rows(); ++r) axpy(-1, mean.row(0), centered.row(r), rows.stride());
  return squares_of(centered);
}

}  // namespace

ResidualCodes residual_kmeans(Matrix rows, std::size_t levels, std::size_t clusters, int iterations,
                              const Context& context) {
  AKIN_ASSERT(rows.rows() > 0 && levels > 0 && clusters > 0);
  const double spread = spread_of(rows);
  ResidualCodes result;
  for (std::size_t level = 0; level < levels; ++level) {
    context.report({.phase = "level", .done = level, .total = levels, .unit = "levels"});
    Clustering found = euclidean_kmeans(rows, clusters, iterations, context);
    for (std::size_t r = 0; r < rows.rows(); ++r)
      axpy(-1, found.centers.row(found.cluster[r]), rows.row(r), rows.stride());
    result.centers.push_back(std::move(found.centers));
    result.codes.push_back(std::move(found.cluster));
    result.errors.push_back(spread > 0 ? squares_of(rows) / spread : 0);
  }
  return result;
}

}  // namespace akin
