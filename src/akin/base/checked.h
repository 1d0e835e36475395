// Sizes that a file or a caller claims, multiplied without overflow.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>

namespace akin {

/// The product of the factors that are not 0, or 0 if one is; nullopt if the former does not fit: of a shape
/// such as (0, 2^62) the other sizes must be possible too.
inline std::optional<std::size_t> checked_product(std::span<const std::size_t> factors) {
  std::size_t product = 1;
  bool zero = false;
  for (const std::size_t factor : factors) {
    zero = zero || factor == 0;
    if (factor != 0 && __builtin_mul_overflow(product, factor, &product)) return std::nullopt;
  }
  return zero ? 0 : product;
}
inline std::optional<std::size_t> checked_product(std::initializer_list<std::size_t> factors) {
  return checked_product(std::span<const std::size_t>(factors.begin(), factors.size()));
}

}  // namespace akin
