#include "akin/fusion/neighbor_smoothing.h"

#include <algorithm>

#include "akin/base/parallel.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/topk.h"

namespace akin {

Csr nearest_by_content(const Csr& content, std::span<const char> among, std::size_t k,
                       const Context& context) {
  const Csr by_dimension = transpose(content);
  std::vector<std::vector<idx_t>> found(content.rows());
  parallel_for(
      content.rows(), context.threads,
      [&](std::size_t begin, std::size_t end, int) {
        std::vector<float> products(content.rows(), 0.0F);
        std::vector<idx_t> touched;
        for (std::size_t row = begin; row < end; ++row) {
          context.check_stop();
          touched.clear();
          for (std::size_t e = 0; e < content.row_size(row); ++e) {
            const idx_t column = content.cols_of(row)[e];
            const float value = content.values_of(row)[e];
            for (std::size_t o = 0; o < by_dimension.row_size(column); ++o) {
              const idx_t other = by_dimension.cols_of(column)[o];
              if (products[other] == 0) touched.push_back(other);  // twice if it comes back to 0: harmless
              products[other] += value * by_dimension.values_of(column)[o];
            }
          }
          TopK best(k);
          std::ranges::sort(touched);
          touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
          for (const idx_t other : touched) {
            if (products[other] > 0 && other != row && among[other] != 0) best.push(other, products[other]);
            products[other] = 0;
          }
          for (const Scored& entry : best.take()) found[row].push_back(entry.idx);
          std::ranges::sort(found[row]);
        }
      },
      64);
  Csr graph;
  graph.cols = content.rows();
  for (const std::vector<idx_t>& row : found) {
    graph.indices.insert(graph.indices.end(), row.begin(), row.end());
    graph.offsets.push_back(graph.indices.size());
  }
  graph.values.assign(graph.indices.size(), 1.0F);
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
