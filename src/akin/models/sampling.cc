#include "akin/models/sampling.h"

#include <bit>

#include "akin/base/error.h"

namespace akin {

void NegativeSampler::start(std::span<const idx_t> items, std::size_t pairs) {
  AKIN_ASSERT(!items.empty());
  pool_ = items;
  const std::uint64_t bits = std::bit_ceil(std::max<std::uint64_t>(64, 16 * std::uint64_t{pairs}));
  shift_ = 64 - std::countr_zero(bits);
  bits_.assign(bits / 64, 0);
}

}  // namespace akin
