// Loops over threads.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

namespace akin {

/// The number of threads meant by `requested`: itself, or the number of processors for 0. Throws Error(kUsage)
/// if it is negative or above kMostThreads (base/threads.h).
int resolve_threads(int requested);

/// Calls body(begin, end, worker) for disjoint ranges that cover [0, n), on up to `threads` threads (0 = all
/// processors). Ranges hold at most `grain` elements (0 = n / (8 threads)) and are handed out in order to
/// whichever worker is free; worker is in [0, threads). Results must not depend on which worker gets a range.
/// The first exception of a body is rethrown here after all workers have stopped. With one thread, runs in
/// the caller.
void parallel_for(std::size_t n, int threads,
                  const std::function<void(std::size_t begin, std::size_t end, int worker)>& body,
                  std::size_t grain = 0);

}  // namespace akin
