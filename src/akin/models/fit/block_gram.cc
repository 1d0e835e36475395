#include "akin/models/fit/block_gram.h"

#include <algorithm>
#include <vector>

#include "akin/base/parallel.h"
#include "akin/linalg/kernels.h"
#include "akin/linalg/panel.h"

namespace akin {
namespace {

/// parts[b] comes from the rank that has the block's last row.
void gather_parts(const Communicator& ranks, const RowBounds& bounds, std::size_t block,
                  std::vector<Matrix>& parts) {
  if (ranks.alone() || parts.empty()) return;
  const std::size_t floats = parts[0].rows() * parts[0].stride();
  std::vector<float> all(parts.size() * floats);
  std::vector<std::size_t> offsets;
  for (const std::size_t bound : bounds)
    offsets.push_back((bound == bounds.back() ? parts.size() : bound / block) * floats * sizeof(float));
  for (std::size_t b = 0; b < parts.size(); ++b)
    std::copy_n(parts[b].data(), floats, all.data() + b * floats);
  ranks.all_gather(std::as_writable_bytes(std::span(all)), offsets);
  for (std::size_t b = 0; b < parts.size(); ++b)
    std::copy_n(all.data() + b * floats, floats, parts[b].data());
}

/// Where every rank has all rows: as many whole blocks for each.
RowBounds bounds_of_blocks(std::size_t n, std::size_t blocks, std::size_t block, int ranks) {
  RowBounds bounds;
  for (int r = 0; r <= ranks; ++r) bounds.push_back(std::min(n, equal_share(blocks, r, ranks).begin * block));
  return bounds;
}

}  // namespace

Matrix block_gram(const Matrix& rows, std::size_t block, int threads, const RowOwners& owners) {
  const Communicator& ranks = owners.ranks;
  const std::size_t n = owners.total(rows), blocks = (n + block - 1) / block;
  const RowBounds bounds = owners.bounds.empty() ? bounds_of_blocks(n, blocks, block, ranks.size())
                                                 : RowBounds(owners.bounds.begin(), owners.bounds.end());
  const auto rank = static_cast<std::size_t>(ranks.rank());
  const std::size_t begin = bounds[rank], end = bounds[rank + 1], first = owners.bounds.empty() ? 0 : begin;
  std::vector<Matrix> parts(blocks);
  for (Matrix& part : parts) part = Matrix(rows.cols(), rows.cols());
  const auto add_rows_of = [&](std::size_t b) {
    const std::size_t from = std::max(begin, b * block), until = std::min(end, (b + 1) * block);
    if (from < until) add_gram(Panel(rows, from - first, until - first), parts[b]);
  };
  // First the blocks that begin here.
  const std::size_t own = (begin + block - 1) / block, own_end = std::max(own, (end + block - 1) / block);
  parallel_for(
      own_end - own, threads,
      [&](std::size_t from, std::size_t until, int) {
        for (std::size_t b = own + from; b < own + until; ++b) add_rows_of(b);
      },
      1);
  for (std::size_t r = 1; r + 1 < bounds.size(); ++r) {
    if (bounds[r] % block == 0 || bounds[r] == n) continue;
    Matrix& part = parts[bounds[r] / block];
    ranks.broadcast(std::as_writable_bytes(std::span(part.data(), part.rows() * part.stride())),
                    static_cast<int>(r) - 1);
    if (r == rank) add_rows_of(bounds[r] / block);
  }
  gather_parts(ranks, bounds, block, parts);
  Matrix sum(rows.cols(), rows.cols());
  for (const Matrix& part : parts) axpy(1, part.data(), sum.data(), sum.rows() * sum.stride());
  for (std::size_t i = 0; i < sum.rows(); ++i) {  // that was the upper triangle
    for (std::size_t j = 0; j < i; ++j) sum[i][j] = sum[j][i];
  }
  return sum;
}

}  // namespace akin
