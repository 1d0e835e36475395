#include "akin/models/fit/block_gram.h"

#include <algorithm>
#include <vector>

#include "akin/base/parallel.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

void gather_parts(const Communicator& ranks, std::vector<Matrix>& parts) {
  if (ranks.alone() || parts.empty()) return;
  const std::size_t floats = parts[0].rows() * parts[0].stride();
  std::vector<float> all(parts.size() * floats);
  std::vector<std::size_t> offsets;
  for (int r = 0; r <= ranks.size(); ++r)
    offsets.push_back(equal_share(parts.size(), r, ranks.size()).begin * floats * sizeof(float));
  const Share own = equal_share(parts.size(), ranks.rank(), ranks.size());
  for (std::size_t b = own.begin; b < own.end; ++b)
    std::copy_n(parts[b].data(), floats, all.data() + b * floats);
  ranks.all_gather(std::as_writable_bytes(std::span(all)), offsets);
  for (std::size_t b = 0; b < parts.size(); ++b)
    std::copy_n(all.data() + b * floats, floats, parts[b].data());
}

}  // namespace

Matrix block_gram(const Matrix& rows, std::size_t block, int threads, const Communicator& ranks) {
  const std::size_t blocks = (rows.rows() + block - 1) / block;
  const Share own = equal_share(blocks, ranks.rank(), ranks.size());
  std::vector<Matrix> parts(blocks);
  for (Matrix& part : parts) part = Matrix(rows.cols(), rows.cols());
  parallel_for(
      own.size(), threads,
      [&](std::size_t begin, std::size_t end, int) {
        for (std::size_t b = own.begin + begin; b < own.begin + end; ++b)
          gram(rows, b * block, std::min(rows.rows(), (b + 1) * block), parts[b]);
      },
      1);
  gather_parts(ranks, parts);
  Matrix sum(rows.cols(), rows.cols());
  for (const Matrix& part : parts) axpy(1, part.data(), sum.data(), sum.rows() * sum.stride());
  return sum;
}

}  // namespace akin
