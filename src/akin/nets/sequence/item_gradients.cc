#include "akin/nets/sequence/item_gradients.h"

#include <algorithm>
#include <numeric>

namespace akin::attention {

void ItemGradients::reserve(std::size_t more) {
  const std::size_t needed = std::min(place_.size(), touched_.size() + more);
  if (sums_.rows() >= needed) return;
  sums_ = sums_.empty() ? Matrix(std::min(place_.size(), 2 * needed), cols_)
                        : sums_.resized(std::min(place_.size(), 2 * needed), cols_);
}

void ItemGradients::take(idx_t item) {
  reserve(1);
  place_[item] = static_cast<std::uint32_t>(touched_.size());
  touched_.push_back(item);
}

Matrix& ItemGradients::all() {
  if (touched_.size() < place_.size()) {
    reserve(place_.size());
    touched_.resize(place_.size());
    std::iota(touched_.begin(), touched_.end(), idx_t{0});
    std::iota(place_.begin(), place_.end(), std::uint32_t{0});
  }
  return sums_;
}

void ItemGradients::clear() {
  std::fill_n(sums_.data(), touched_.size() * sums_.stride(), 0.0f);
  for (const idx_t item : touched_) place_[item] = kNone;
  touched_.clear();
}

}  // namespace akin::attention
