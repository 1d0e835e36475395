#include "akin/models/fit/alias_table.h"

#include <cmath>
#include <numeric>

#include "akin/base/error.h"

namespace akin {

AliasTable::AliasTable(std::span<const double> weights) : slots_(weights.size()) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  AKIN_ASSERT(!weights.empty() && std::isfinite(sum) && sum > 0);
  const double factor = static_cast<double>(weights.size()) / sum;
  std::vector<double> share(weights.size());  // 1 = exactly one slot's worth
  std::vector<idx_t> poor, rich;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    AKIN_ASSERT(weights[i] >= 0);
    share[i] = weights[i] * factor;
    (share[i] < 1 ? poor : rich).push_back(static_cast<idx_t>(i));
  }
  while (!poor.empty() && !rich.empty()) {  // a rich index fills up the slot of a poor one
    const idx_t small = poor.back(), large = rich.back();
    poor.pop_back();
    slots_[small] = {static_cast<std::uint32_t>(share[small] * 0x1.0p32), large};
    share[large] -= 1 - share[small];
    if (share[large] < 1) {
      rich.pop_back();
      poor.push_back(large);
    }
  }
  for (const idx_t i : poor) slots_[i] = {0xFFFFFFFF, i};  // 1 but for rounding
  for (const idx_t i : rich) slots_[i] = {0xFFFFFFFF, i};
}

}  // namespace akin
