// What a net of pairs reads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "akin/linalg/csr.h"
#include "akin/nn/array.h"

namespace akin::nets {

/// An array (n, 1) for each input layer: the indices of `users` where `takes_users` is 1, else those of `items`, each idx
/// + 1. Both spans have n elements.
std::vector<nn::Array> pair_inputs(std::span<const std::uint8_t> takes_users, std::span<const idx_t> users,
                                   std::span<const idx_t> items);

}  // namespace akin::nets
