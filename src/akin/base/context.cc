#include "akin/base/context.h"

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/parallel.h"

namespace akin {

const Communicator& Context::ranks() const { return communicator ? *communicator : alone(); }

void Context::check_stop() const {
  resolve_threads(threads);
  if (stop.stop_requested()) fail(ErrorCode::kCancelled, "stopped on request");
}

}  // namespace akin
