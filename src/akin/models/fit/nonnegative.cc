#include "akin/models/fit/nonnegative.h"

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/models/fit/warm_start.h"

namespace akin {

void descend(const Matrix& gram, std::size_t bounded, const SweepLimit& limit, float* b, float* x) {
  const std::size_t d = gram.rows(), stride = gram.stride();
  for (std::size_t k = 0; k < d; ++k) {
    if (x[k] != 0) axpy(-x[k], gram.row(k), b, stride);
  }
  float change = INFINITY, largest = 0;
  for (int sweep = 0; sweep < limit.sweeps && change > limit.tolerance * largest; ++sweep) {
    change = largest = 0;
    for (std::size_t k = 0; k < d; ++k) {
      const float curvature = gram[k][k];
      if (!(curvature > 0)) continue;
      float wanted = x[k] + b[k] / curvature;
      if (k < bounded && wanted < 0) wanted = 0;
      const float step = wanted - x[k];
      largest = std::max(largest, std::abs(wanted));
      if (step == 0) continue;
      x[k] = wanted;
      change = std::max(change, std::abs(step));
      axpy(-step, gram.row(k), b, stride);
    }
  }
}

Matrix ridge_gram(const Matrix& rows, float ridge, int threads, const RowOwners& owners) {
  constexpr std::size_t kBlock = 4096;
  Matrix sum = block_gram(rows, kBlock, threads, owners);
  for (std::size_t k = 0; k < sum.rows(); ++k) {
    std::fill(sum.row(k) + sum.cols(), sum.row(k) + sum.stride(), 0.0f);
    sum[k][k] += ridge;
  }
  return sum;
}

Matrix uniform_matrix(std::size_t rows, std::size_t cols, float scale, std::uint64_t seed,
                      std::size_t first) {
  Matrix result(rows, cols);
  for (std::size_t r = 0; r < rows; ++r) {
    Rng rng(seed, first + r);
    for (float& value : result[r]) value = scale * rng.uniform_float();
  }
  return result;
}

void take_nonnegative_item_vectors(const FitContext& context, std::string_view model, Matrix& items) {
  take_item_vectors(context, model, items);
  for (std::size_t i = 0; i < items.rows(); ++i) {
    if (std::ranges::all_of(items[i], [](float value) { return value >= 0; })) continue;
    fail(ErrorCode::kUsage,
         "{}: {} has negative numbers, but the model's vectors must not; start from vectors of nmf, or "
         "without --init-items",
         model, context.start->items->source);
  }
}

}  // namespace akin
