// Starting threads.
#pragma once

#include <functional>
#include <thread>

namespace akin {

/// More threads than this are a mistake: no computer that runs akin has so many processors.
inline constexpr int kMostThreads = 1024;

/// A thread that runs `work`. Throws Error(kIo) if the system does not start another one.
std::jthread start_thread(std::function<void()> work);

}  // namespace akin
