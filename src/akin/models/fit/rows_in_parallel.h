// Rows of a result that are made one by one, on all threads of all ranks.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "akin/base/communicator.h"
#include "akin/base/context.h"
#include "akin/base/parallel.h"
#include "akin/linalg/csr.h"

namespace akin {

/// Collective. Blocks of `block` rows are dealt to the ranks in turn, and each has made its own of `rows`: afterwards
/// all have all. Bytes sent: those of the own rows, to each other rank.
template <typename Entry>
void gather_dealt_rows(const Communicator& ranks, std::size_t block, std::vector<std::vector<Entry>>& rows) {
  if (ranks.alone()) return;
  const auto size = static_cast<std::size_t>(ranks.size());
  const auto for_rows_of = [&](std::size_t rank, auto&& body) {
    for (std::size_t begin = rank * block; begin < rows.size(); begin += size * block) {
      for (std::size_t r = begin; r < std::min(begin + block, rows.size()); ++r) body(r);
    }
  };
  std::vector<std::uint32_t> sizes(rows.size(), 0);
  std::vector<Entry> own;
  for_rows_of(static_cast<std::size_t>(ranks.rank()), [&](std::size_t r) {
    sizes[r] = static_cast<std::uint32_t>(rows[r].size());
    own.insert(own.end(), rows[r].begin(), rows[r].end());
  });
  add_over_ranks(ranks, std::span(sizes));
  const std::vector<Entry> all = gather_all(ranks, std::span<const Entry>(own));
  auto from = all.begin();
  for (std::size_t rank = 0; rank < size; ++rank) {
    for_rows_of(rank, [&](std::size_t r) {
      rows[r].assign(from, from + sizes[r]);
      from += sizes[r];
    });
  }
}

/// Makes rows [0, n) in parallel: make_worker() once per thread gives a function from row number to a vector. Rows may
/// differ a lot in cost: `block` of them are handed out at a time. Reports progress as `phase`. Throws
/// Error(kCancelled) on stop.
///
/// Collective: the ranks make some blocks each, and all get all rows.
template <typename Row, typename MakeWorker>
std::vector<Row> rows_in_parallel(std::size_t n, std::string_view phase, const Context& context,
                                  MakeWorker&& make_worker, std::size_t block = 64) {
  using Worker = decltype(make_worker());
  const int threads = resolve_threads(context.threads);
  const auto size = static_cast<std::size_t>(context.ranks().size()),
             rank = static_cast<std::size_t>(context.ranks().rank());
  std::vector<std::unique_ptr<Worker>> workers(static_cast<std::size_t>(threads));
  std::vector<Row> rows(n);
  std::atomic<std::size_t> done{0};
  const std::size_t own_blocks = ((n + block - 1) / block + size - 1 - rank) / size;
  const auto run_block = [&](std::size_t number, int thread) {
    context.check_stop();
    auto& worker = workers[static_cast<std::size_t>(thread)];
    if (!worker) worker = std::make_unique<Worker>(make_worker());
    const std::size_t begin = (number * size + rank) * block, end = std::min(n, begin + block);
    for (std::size_t i = begin; i < end; ++i) rows[i] = (*worker)(static_cast<idx_t>(i));
    const std::size_t finished = done.fetch_add(end - begin) + end - begin;
    if (thread == 0)
      context.report(
          {.phase = phase, .done = finished, .total = std::min(n, own_blocks * block), .unit = "items"});
  };
  parallel_for(
      own_blocks, threads,
      [&](std::size_t begin, std::size_t end, int thread) {
        for (std::size_t number = begin; number < end; ++number) run_block(number, thread);
      },
      1);
  context.check_stop();  // who asked during the last blocks is heard too
  gather_dealt_rows(context.ranks(), block, rows);
  return rows;
}

}  // namespace akin
