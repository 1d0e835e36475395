#include "akin/cli/validation.h"

#include "akin/base/error.h"

namespace akin::cli {

std::vector<Event> cut_validation(std::vector<Event>& train) {
  std::vector<Event> kept;
  std::vector<Event> validation;
  for (std::size_t e = 0; e < train.size(); ++e) {
    const bool is_last = e + 1 == train.size() || train[e + 1].user != train[e].user;
    const bool is_first = e == 0 || train[e - 1].user != train[e].user;
    (is_last && !is_first ? validation : kept).push_back(train[e]);
  }
  if (validation.empty()) fail(ErrorCode::kBadData, "no user has two training events: nothing to validate on");
  train = std::move(kept);
  return validation;
}

}  // namespace akin::cli
