#include "akin/base/context.h"

#include "akin/base/error.h"
#include "akin/base/parallel.h"

namespace akin {

void Context::check_stop() const {
  resolve_threads(threads);
  if (stop.stop_requested()) fail(ErrorCode::kCancelled, "stopped on request");
}

}  // namespace akin
