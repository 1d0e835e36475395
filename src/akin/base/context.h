// What every long-running operation gets from its caller besides its data.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <stop_token>
#include <string_view>

namespace akin {

class Communicator;  // base/communicator.h

/// One report. `done` of `total` units are finished (total 0 = unknown).
struct Progress {
  std::string_view phase;  ///< such as "reading", "epoch"; valid during the call only
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  std::string_view unit = "";                              ///< what is counted, such as "events", "bytes"
  double loss = std::numeric_limits<double>::quiet_NaN();  ///< training loss so far, NaN = not known
};

/// May be called from any thread, one call at a time per job. Empty = nobody listens.
using ProgressFn = std::function<void(const Progress&)>;

/// A line for a person about something that is not an error, such as a file that is not there yet. May be called
/// from any thread. Empty = nobody listens.
using RemarkFn = std::function<void(std::string_view)>;

/// Seed, threads, other processes, and the lines of communication: progress and remarks out, a wish to stop in.
struct Context {
  std::uint64_t seed = 42;
  int threads = 0;  ///< 0 = all processors, at most kMostThreads (base/threads.h)
  ProgressFn on_progress = {};
  RemarkFn on_remark = {};
  std::stop_token stop = {};
  /// The other processes that do this job too; not owned, nullptr = there are none.
  const Communicator* communicator = nullptr;

  void report(const Progress& progress) const {
    if (on_progress) on_progress(progress);
  }
  void remark(std::string_view text) const {
    if (on_remark) on_remark(text);
  }
  /// `communicator`, or that of a process alone.
  const Communicator& ranks() const;
  /// Throws Error(kCancelled) if the caller asked to stop, Error(kUsage) if `threads` is out of range. Call it
  /// once per block of work, not per event.
  void check_stop() const;
};

}  // namespace akin
