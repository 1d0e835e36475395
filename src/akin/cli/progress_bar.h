// Progress as a person or a program likes to see it, on standard error.
#pragma once

#include <chrono>
#include <limits>
#include <mutex>
#include <string>

#include "akin/base/context.h"

namespace akin::cli {

/// Shows reports of one job. Safe from many threads.
class ProgressBar {
 public:
  enum class Style {
    kNone,
    kBar,        ///< one line redrawn in place: phase, bar, percent, rate, time left, loss
    kJsonLines,  ///< one JSON object per line, at most one a second and phase, plus the last of each phase
  };
  explicit ProgressBar(Style style) : style_(style) {}
  ~ProgressBar() { clear(); }

  void report(const Progress& progress);
  /// Removes the bar, so that other lines can be written.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void draw(const Progress& progress, double seconds);
  void write_json(const Progress& progress, double seconds) const;

  Style style_;
  mutable std::mutex mutex_;
  std::string phase_;
  std::uint64_t total_ = 0;
  std::uint64_t last_done_ = 0;
  std::uint64_t phase_began_at_ = 0;  // `done` of the phase's first report
  Clock::time_point phase_start_{};
  Clock::time_point last_shown_{};
  bool drawn_ = false;
  double last_loss_ = std::numeric_limits<double>::quiet_NaN();  // of the phase
};

/// The line a bar shows, `width` columns at most. `fresh` = units done in the last `seconds`.
std::string progress_line(const Progress& progress, std::uint64_t fresh, double seconds, int width);

}  // namespace akin::cli
