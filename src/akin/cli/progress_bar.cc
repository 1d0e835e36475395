#include "akin/cli/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "akin/base/text.h"
#include "akin/cli/output.h"

namespace akin::cli {
namespace {

using nlohmann::json;

/// 1234567 -> "1.23M": three digits that mean something.
std::string short_number(double number) {
  constexpr const char* kUnits[] = {"", "k", "M", "G", "T"};
  std::size_t unit = 0;
  while (number >= 999.5 && unit < 4) {
    number /= 1000;
    ++unit;
  }
  if (unit == 0 && number == std::floor(number)) return fmt::format("{:.0f}", number);
  return fmt::format("{:.{}f}{}", number, number < 9.995 ? 2 : number < 99.95 ? 1 : 0, kUnits[unit]);
}

std::string short_time(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

/// Seconds until done at the rate so far, NaN if unknown.
double time_left(const Progress& progress, std::uint64_t fresh, double seconds) {
  if (progress.total == 0 || fresh == 0 || progress.done > progress.total) return std::nan("");
  return seconds * static_cast<double>(progress.total - progress.done) / static_cast<double>(fresh);
}

}  // namespace

std::string progress_line(const Progress& progress, std::uint64_t fresh, double seconds, int width) {
  const std::string count = progress.total > 0
                                ? fmt::format("{}/{}", short_number(static_cast<double>(progress.done)),
                                              short_number(static_cast<double>(progress.total)))
                                : short_number(static_cast<double>(progress.done));
  std::string line = fmt::format("{} {}", progress.phase, count);
  // "epoch 3 epochs"
  const bool unit_is_phase = progress.unit.substr(0, progress.phase.size()) == progress.phase;
  if (!progress.unit.empty() && !unit_is_phase) line += fmt::format(" {}", progress.unit);
  std::string tail;
  if (fresh > 0 && seconds > 0.05) {
    tail += fmt::format("  {} {}/s", short_number(static_cast<double>(fresh) / seconds), progress.unit);
  }
  const double left = time_left(progress, fresh, seconds);
  if (std::isfinite(left)) tail += fmt::format("  {} left", short_time(left));
  if (!std::isnan(progress.loss)) tail += fmt::format("  loss {:.5g}", progress.loss);
  if (progress.total > 0) {
    const double share =
        std::min(1.0, static_cast<double>(progress.done) / static_cast<double>(progress.total));
    const int room = width - static_cast<int>(line.size() + tail.size()) - 10;
    if (room >= 5) {
      const int cells = std::min(room, std::clamp(width - 70, 5, 30));  // as the tail grows, the bar stays
      const int full = static_cast<int>(share * cells);
      line += fmt::format("  [{}{}]", std::string(static_cast<std::size_t>(full), '#'),
                          std::string(static_cast<std::size_t>(cells - full), '.'));
    }
    line += fmt::format(" {:3.0f}%", 100 * share);
  }
  line += tail;
  if (static_cast<int>(line.size()) >= width) line.resize(static_cast<std::size_t>(std::max(0, width - 1)));
  return line;
}

void ProgressBar::report(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  // The same phase from the start again is another job's, such as the next model's epochs.
  const bool new_phase = phase_ != progress.phase || total_ != progress.total || progress.done < last_done_;
  last_done_ = progress.done;
  if (new_phase) {
    phase_ = progress.phase;
    total_ = progress.total;
    phase_start_ = now;
    phase_began_at_ = progress.done;
    last_shown_ = {};
    last_loss_ = progress.loss;
  }
  if (!std::isnan(progress.loss)) last_loss_ = progress.loss;
  if (style_ == Style::kNone) return;
  const double seconds = std::chrono::duration<double>(now - phase_start_).count();
  const double since_shown = std::chrono::duration<double>(now - last_shown_).count();
  const bool last = progress.total > 0 && progress.done >= progress.total;
  if (!new_phase && !last && since_shown < (style_ == Style::kBar ? 0.1 : 1.0)) return;
  last_shown_ = now;
  if (style_ == Style::kBar) {
    Progress shown = progress;
    if (std::isnan(shown.loss)) shown.loss = last_loss_;  // of the last epoch
    draw(shown, seconds);
  } else {
    write_json(progress, seconds);
  }
}

void ProgressBar::draw(const Progress& progress, double seconds) {
  const std::string line = "\r\x1b[K" + printable(progress_line(progress, progress.done - phase_began_at_,
                                                                seconds, terminal_width()));
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressBar::write_json(const Progress& progress, double seconds) const {
  json line = {{"phase", progress.phase}, {"done", progress.done}, {"seconds", seconds}};
  if (!progress.unit.empty()) line["unit"] = progress.unit;
  if (progress.total > 0) line["total"] = progress.total;
  const std::uint64_t fresh = progress.done - phase_began_at_;
  if (fresh > 0 && seconds > 0) line["per_second"] = static_cast<double>(fresh) / seconds;
  const double left = time_left(progress, fresh, seconds);
  if (std::isfinite(left)) line["seconds_left"] = left;
  if (std::isfinite(progress.loss)) line["loss"] = progress.loss;
  const std::string text = line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void ProgressBar::clear() {
  const std::lock_guard lock(mutex_);
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace akin::cli
