#include "akin/models/fit/start.h"

#include "akin/base/error.h"

namespace akin {

void check_start_columns(const Matrix& old, std::size_t expected, std::string_view model) {
  if (old.cols() == expected) return;
  fail(ErrorCode::kUsage, "{}: the trained vectors have length {} instead of {}; keep factors", model,
       old.cols(), expected);
}

}  // namespace akin
