#include "akin/base/context.h"

#include "akin/base/error.h"

namespace akin {

void Context::check_stop() const {
  if (stop.stop_requested()) fail(ErrorCode::kCancelled, "stopped on request");
}

}  // namespace akin
