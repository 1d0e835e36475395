// The processes that mpirun started together with this one.
#pragma once

#include <string>
#include <string_view>

#include "akin/base/communicator.h"
#include "akin/cli/command_line.h"

namespace akin::cli {

/// Joins the other processes, if mpirun started several, and silences the standard output of all but the first.
/// Throws Error(kUsage) unless all run the same command of the same version on processors with the same kernels.
void start_ranks(const Args& args, std::string_view version);

/// This process among them, after start_ranks(); before it, and without mpirun, a process alone.
const Communicator& ranks();

/// Prints the error, once where all have it, and ends all processes with this exit code.
[[noreturn]] void end_ranks(std::string_view message, int exit_code);

}  // namespace akin::cli
