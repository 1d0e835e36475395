// Order where there are no times.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "akin/data/dataset.h"

namespace akin {

/// Numbers the events of each user: 0, 1, 2 ... seconds.
class Ordinals {
 public:
  std::int64_t next(std::string_view user) {
    const idx_t idx = users_.add(user);
    if (idx == next_.size()) next_.push_back(0);
    return next_[idx]++ * kSecond;
  }

 private:
  IdMap users_;
  std::vector<std::uint32_t> next_;
};

}  // namespace akin
