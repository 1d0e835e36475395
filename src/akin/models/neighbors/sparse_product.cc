#include "akin/models/neighbors/sparse_product.h"

namespace akin {

Csr to_csr(std::vector<std::vector<Scored>>& rows) {
  Csr result;
  result.cols = rows.size();
  for (const std::vector<Scored>& row : rows) result.offsets.push_back(result.offsets.back() + row.size());
  result.indices.reserve(result.offsets.back());
  result.values.reserve(result.offsets.back());
  for (std::vector<Scored>& row : rows) {
    for (const Scored& neighbor : row) {
      result.indices.push_back(neighbor.idx);
      result.values.push_back(neighbor.score);
    }
    std::vector<Scored>().swap(row);
  }
  return result;
}

}  // namespace akin
