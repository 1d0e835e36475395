// Chunks made on many threads, consumed in their order.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "akin/base/context.h"
#include "akin/base/parallel.h"

namespace akin::synthetic {

/// Calls consume(produce(chunk, worker)) for chunk = 0 .. n - 1: produce on context.threads threads at once,
/// consume one call at a time in order of chunk. A worker starts its next chunk only when its last one is
/// consumed, so produce may return a reference to what the worker owns. The first exception of either is
/// rethrown; Error(kCancelled) when asked to stop.
template <typename Produce, typename Consume>
void in_order(std::size_t n, const Context& context, const Produce& produce, const Consume& consume) {
  std::mutex mutex;
  std::condition_variable turn;
  std::size_t next = 0;
  bool failed = false;
  const auto make = [&](std::size_t chunk, int worker) {
    context.check_stop();
    {
      const std::scoped_lock lock(mutex);
      if (failed) return;
    }
    auto&& made = produce(chunk, worker);
    std::unique_lock lock(mutex);
    // Chunks are handed out in order: the next one is in work.
    turn.wait(lock, [&] { return failed || next == chunk; });
    if (failed) return;
    consume(made);
    ++next;
    turn.notify_all();
  };
  parallel_for(
      n, context.threads,
      [&](std::size_t begin, std::size_t end, int worker) {
        try {
          for (std::size_t chunk = begin; chunk < end; ++chunk) make(chunk, worker);
        } catch (...) {
          const std::scoped_lock lock(mutex);
          failed = true;
          turn.notify_all();
          throw;
        }
      },
      1);
}

}  // namespace akin::synthetic
