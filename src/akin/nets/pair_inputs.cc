#include "akin/nets/pair_inputs.h"

namespace akin::nets {

std::vector<nn::Array> pair_inputs(std::span<const std::uint8_t> takes_users, std::span<const idx_t> users,
                                   std::span<const idx_t> items) {
  std::vector<nn::Array> inputs;
  for (const std::uint8_t of_users : takes_users) {
    std::vector<std::int32_t> indices;
    indices.reserve(items.size());
    for (const idx_t idx : of_users != 0 ? users : items)
      indices.push_back(static_cast<std::int32_t>(idx) + 1);
    inputs.push_back(nn::make_ids({static_cast<std::int64_t>(items.size()), 1}, std::move(indices)));
  }
  return inputs;
}

}  // namespace akin::nets
