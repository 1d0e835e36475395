#include "akin/models/fit/sampling.h"

#include <bit>

#include "akin/base/error.h"
#include "akin/base/rng.h"

namespace akin {

void NegativeSampler::start(std::span<const idx_t> items, std::size_t pairs, std::uint64_t salt) {
  AKIN_ASSERT(!items.empty());
  pool_ = items;
  const std::uint64_t bits = std::bit_ceil(std::max<std::uint64_t>(64, 32 * std::uint64_t{pairs}));
  shift_ = 64 - std::countr_zero(bits);
  bits_.assign(bits / 64, 0);
  multiplier_ = Rng::mix(salt) | 1;  // multiplicative hashing: the high bits of the product
  cumulative_.clear();
  if (weights_.empty()) return;
  double sum = 0;
  for (const idx_t item : items) cumulative_.push_back(sum += weights_[item]);
  if (sum == 0) cumulative_.clear();
}

idx_t NegativeSampler::draw_weighted(Rng& rng) const {
  const auto found = std::ranges::upper_bound(cumulative_, rng.uniform() * cumulative_.back());
  // Rounding may make the product the whole sum.
  return pool_[std::min(static_cast<std::size_t>(found - cumulative_.begin()), pool_.size() - 1)];
}

std::optional<idx_t> NegativeSampler::draw_slowly(idx_t user, Rng& rng) const {
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const idx_t item = draw_any(rng);
    if (!std::ranges::binary_search(positives_->cols_of(user), item)) return item;
  }
  return std::nullopt;
}

RemainingSample remaining_sample(std::span<const idx_t> sample, std::span<const idx_t> kept) {
  RemainingSample result;
  std::vector<std::size_t> places;
  for (std::size_t k = 0; k < sample.size(); ++k) {
    if (std::ranges::binary_search(kept, sample[k])) places.push_back(k);
  }
  result.share = sample.empty() ? 0 : static_cast<double>(places.size()) / static_cast<double>(sample.size());
  std::size_t next = 0;
  for (std::size_t k = 0; k < sample.size(); ++k) {
    const bool stays = next < places.size() && places[next] == k;
    next += stays ? 1 : 0;
    result.drawn.push_back(stays || places.empty() ? k : places[k % places.size()]);
    const auto found = std::ranges::lower_bound(kept, sample[result.drawn.back()]);
    result.users.push_back(places.empty() ? 0 : static_cast<idx_t>(found - kept.begin()));
  }
  return result;
}

}  // namespace akin
