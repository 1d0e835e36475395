// Loops over the rows of one side of a factor model while the other side is fixed.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "akin/base/communicator.h"
#include "akin/base/parallel.h"
#include "akin/linalg/csr.h"
#include "akin/models/fit/context.h"

namespace akin {

/// Calls body(begin, end, scratch) for ranges of up to `most` of the rows [0, n) on the context's threads.
/// Each thread has a scratch of its own, what make() gives when the thread first needs it. A row's result
/// must depend on that row only. Throws Error(kCancelled) between ranges.
template <typename Make, typename Body>
void for_row_ranges(std::size_t n, std::size_t most, const FitContext& context, const Make& make,
                    const Body& body) {
  using Scratch = decltype(make());
  const int threads = resolve_threads(context.threads);
  std::vector<std::unique_ptr<Scratch>> scratch(static_cast<std::size_t>(threads));
  const std::size_t grain = std::clamp<std::size_t>(n / (16 * scratch.size()), 1, most);
  parallel_for(
      n, threads,
      [&](std::size_t begin, std::size_t end, int worker) {
        context.check_stop();
        auto& own = scratch[static_cast<std::size_t>(worker)];
        if (!own) own = std::make_unique<Scratch>(make());
        body(begin, end, *own);
      },
      grain);
}

/// Calls body(row, scratch) for the rows of `matrix` in `range` that have entries, otherwise as for_row_ranges().
template <typename Make, typename Body>
void for_rows(const Csr& matrix, Share range, const FitContext& context, const Make& make, const Body& body) {
  for_row_ranges(range.size(), 64, context, make, [&](std::size_t begin, std::size_t end, auto& scratch) {
    for (std::size_t row = range.begin + begin; row < range.begin + end; ++row) {
      if (matrix.row_size(row) > 0) body(row, scratch);
    }
  });
}
template <typename Make, typename Body>
void for_rows(const Csr& matrix, const FitContext& context, const Make& make, const Body& body) {
  for_rows(matrix, {0, matrix.rows()}, context, make, body);
}

}  // namespace akin
