// Replicas of a fit as processes of this program.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "akin/base/channel.h"
#include "akin/cli/command_line.h"

namespace akin::cli {

/// `akin ...` as a child process that is killed when this goes: it must write nothing that would be missed.
/// It reads and prints nothing, and Ctrl-C in the terminal does not reach it.
class ReplicaProcess {
 public:
  /// Throws Error(kIo) if it cannot be started.
  explicit ReplicaProcess(const Args& args);
  ReplicaProcess(ReplicaProcess&& other) noexcept;
  ReplicaProcess& operator=(ReplicaProcess&&) = delete;
  ~ReplicaProcess();

  /// Why it has failed, told once; none = it has not.
  std::optional<std::string> failure();

 private:
  pid_t id_ = 0;   // 0 = none, or over
  Socket errors_;  // a file in memory that its standard error goes to
};

}  // namespace akin::cli
