// What every long-running operation gets from its caller besides its data.
#pragma once

#include <cstdint>
#include <stop_token>

#include "akin/base/error.h"
#include "akin/base/progress.h"

namespace akin {

struct Cluster;     // models/cluster.h
class FitObserver;  // models/fit_observer.h
struct FitStart;    // models/fit_start.h

/// Seed, threads, and the lines of communication: progress out, a wish to stop in, an observer of the fit,
/// other processes.
struct Context {
  std::uint64_t seed = 42;
  int threads = 0;  ///< 0 = all processors
  ProgressFn on_progress = {};
  std::stop_token stop = {};
  FitObserver* observer = nullptr;  ///< watches an iterative fit; not owned, of one fit at a time
  const FitStart* start = nullptr;  ///< where an iterative fit begins; not owned, none = random vectors
  Cluster* cluster =
      nullptr;  ///< the other processes of a distributed fit; not owned, none = fitted in this one

  void report(const Progress& progress) const {
    if (on_progress) on_progress(progress);
  }
  /// Throws Error(kCancelled) if the caller asked to stop. Call it once per block of work, not per event.
  void check_stop() const {
    if (stop.stop_requested()) fail(ErrorCode::kCancelled, "stopped on request");
  }
};

}  // namespace akin
