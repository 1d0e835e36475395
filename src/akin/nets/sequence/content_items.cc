#include "akin/nets/sequence/content_items.h"

#include <algorithm>
#include <cmath>

#include "akin/linalg/kernels.h"
#include "akin/nets/sequence/attention_kernels.h"

namespace akin::attention {

void place_items(const Matrix& features, const ContentWeights& weights, std::size_t begin, std::size_t end,
                 Matrix& items) {
  for (std::size_t i = begin; i < end; ++i) {
    if (i < weights.deltas.rows()) {
      std::copy_n(weights.deltas.row(i), items.stride(), items.row(i));
    } else {
      std::fill_n(items.row(i), items.stride(), 0.0f);
    }
  }
  multiply({{features.row(begin), features.stride(), 1},
            end - begin,
            features.cols(),
            whole(weights.map),
            weights.map.stride()},
           Write::kAdd, {items.row(begin), items.stride()});
}

void map_gradient(const Matrix& features, const Matrix& slopes, std::size_t begin, std::size_t end,
                  Matrix& gradient) {
  multiply({{features.data() + begin, 1, features.stride()},
            end - begin,
            features.rows(),
            whole(slopes),
            slopes.stride()},
           Write::kStore, {gradient.row(begin), gradient.stride()});
}

void bound_length(float* row, std::size_t n, float most) {
  const float length = std::sqrt(dot(row, row, n));
  if (length > most) scale(most / length, row, n);
}

}  // namespace akin::attention
