#include "akin/models/fit/start.h"

#include "akin/base/error.h"

namespace akin {

void check_start_columns(const Matrix& old, std::size_t expected, std::string_view model) {
  if (old.cols() == expected) return;
  fail(ErrorCode::kUsage, "{}: the vectors to go on from have {} columns instead of {}; keep their length",
       model, old.cols(), expected);
}

}  // namespace akin
