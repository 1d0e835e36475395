// What every long-running operation gets from its caller besides its data.
#pragma once

#include <cstdint>
#include <stop_token>

#include "akin/base/error.h"
#include "akin/base/progress.h"

namespace akin {

/// Seed, threads, and the two lines of communication: progress out, a wish to stop in.
struct Context {
  std::uint64_t seed = 42;
  int threads = 0;  ///< 0 = all processors
  ProgressFn on_progress = {};
  std::stop_token stop = {};

  void report(const Progress& progress) const {
    if (on_progress) on_progress(progress);
  }
  /// Throws Error(kCancelled) if the caller asked to stop. Call it once per block of work, not per event.
  void check_stop() const {
    if (stop.stop_requested()) fail(ErrorCode::kCancelled, "stopped on request");
  }
};

}  // namespace akin
