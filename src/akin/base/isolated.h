// Work that may crash, in a process of its own.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace akin {

/// Runs `work` in a child process and returns its bytes: a fault in a library of others then ends the child, not
/// this program. Nullopt if the child ended before it was done, as by a signal. An Error of `work` is thrown here.
/// The child sees the memory of the caller as it is and changes none of it. Throws Error(kIo) if the system gives no
/// process.
std::optional<std::string> run_isolated(const std::function<std::string()>& work);

}  // namespace akin
