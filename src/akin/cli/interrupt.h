// Ctrl-C as a wish to stop.
#pragma once

#include <stop_token>
#include <thread>

namespace akin::cli {

/// While it lives, the first SIGINT or SIGTERM requests a stop of its token, so that work ends cleanly; a
/// second one ends the program at once. At most one at a time.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  /// The signal that came, 0 = none so far. Stays set after the Interrupt is gone.
  static int received();

 private:
  std::stop_source source_;
  std::jthread watcher_;
};

}  // namespace akin::cli
