#include "akin/base/threads.h"

#include <system_error>

#include "akin/base/error.h"

namespace akin {

std::jthread start_thread(std::function<void()> work) {
  try {
    return std::jthread(std::move(work));
  } catch (const std::system_error& error) {
    fail(ErrorCode::kIo, "the system cannot start another thread: {}; use fewer threads (--threads N)",
         error.code().message());
  }
}

}  // namespace akin
