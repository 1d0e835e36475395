// How long work reports where it stands. Whoever shows it decides how.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string_view>

namespace akin {

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

}  // namespace akin
