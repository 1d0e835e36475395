#include "akin/encode/picture_memo.h"

namespace akin {

void PictureMemo::put(std::string_view path, std::span<const float> row) {
  const std::lock_guard lock(mutex_);
  rows_.try_emplace(std::string(path), row.begin(), row.end());
}

const std::vector<float>* PictureMemo::find(std::string_view path) const {
  const std::lock_guard lock(mutex_);
  const auto found = rows_.find(std::string(path));
  return found == rows_.end() ? nullptr : &found->second;
}

}  // namespace akin
