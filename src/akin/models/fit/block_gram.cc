#include "akin/models/fit/block_gram.h"

#include <algorithm>
#include <vector>

#include "akin/base/parallel.h"
#include "akin/linalg/kernels.h"

namespace akin {

Matrix block_gram(const Matrix& rows, std::size_t block, int threads) {
  const std::size_t blocks = (rows.rows() + block - 1) / block;
  std::vector<Matrix> parts(blocks);
  parallel_for(
      blocks, threads,
      [&](std::size_t begin, std::size_t end, int) {
        for (std::size_t b = begin; b < end; ++b) {
          parts[b] = Matrix(rows.cols(), rows.cols());
          gram(rows, b * block, std::min(rows.rows(), (b + 1) * block), parts[b]);
        }
      },
      1);
  Matrix sum(rows.cols(), rows.cols());
  for (const Matrix& part : parts) axpy(1, part.data(), sum.data(), sum.rows() * sum.stride());
  return sum;
}

}  // namespace akin
