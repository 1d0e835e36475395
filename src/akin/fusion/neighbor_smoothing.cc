#include "akin/fusion/neighbor_smoothing.h"

#include <algorithm>

#include "akin/base/parallel.h"
#include "akin/linalg/kernels.h"
#include "akin/models/neighbors/sparse_product.h"

namespace akin {

namespace {

struct Product {
  float dot = 0;
  bool met = false;
  void add(float a, float b) {
    dot += a * b;
    met = true;
  }
  bool empty() const { return !met; }
};

}  // namespace

Csr nearest_by_content(const Csr& content, std::span<const char> among, std::size_t k,
                       const Context& context) {
  Csr graph = nearest_rows<Product>(
      content, transpose(content), k, context,
      [&](idx_t, idx_t other, const Product& product) { return among[other] != 0 ? product.dot : 0; });
  for (std::size_t row = 0; row < graph.rows(); ++row) {
    std::sort(graph.indices.begin() + static_cast<std::ptrdiff_t>(graph.offsets[row]),
              graph.indices.begin() + static_cast<std::ptrdiff_t>(graph.offsets[row + 1]));
  }
  std::ranges::fill(graph.values, 1.0F);
  return graph;
}

Matrix smooth_by_neighbors(Matrix vectors, const Csr& neighbors, float share, int layers,
                           const Context& context) {
  for (int layer = 0; layer < layers; ++layer) {
    context.check_stop();
    Matrix next(vectors.rows(), vectors.cols());
    parallel_for(
        vectors.rows(), context.threads,
        [&](std::size_t begin, std::size_t end, int) {
          for (std::size_t i = begin; i < end; ++i) {
            const std::span<const idx_t> near = neighbors.cols_of(i);
            const bool known = !is_zero(std::as_const(vectors)[i]);
            const float weight = near.empty() ? 0.0F : known ? share : 1.0F;
            axpy(1 - weight, vectors.row(i), next.row(i), vectors.stride());
            for (const idx_t j : near)
              axpy(weight / static_cast<float>(near.size()), vectors.row(j), next.row(i), vectors.stride());
          }
        },
        256);
    vectors = std::move(next);
    normalize_rows(vectors);
  }
  return vectors;
}

}  // namespace akin
