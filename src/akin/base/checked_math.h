// Numbers from files and flags: read within bounds, multiplied without overflow.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

#include "akin/base/error.h"

namespace akin {

/// The whole of `text` as a decimal number; nothing where it is anything else or does not fit.
template <typename T>
std::optional<T> parse_all(std::string_view text) {
  T number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

/// `value`, if it lies in [min, max]; otherwise throws Error(code) naming it, value and range.
template <std::integral T>
T checked_whole(std::string_view name, std::int64_t value, T min, T max, ErrorCode code = ErrorCode::kUsage) {
  if (value < static_cast<std::int64_t>(min) || value > static_cast<std::int64_t>(max))
    fail(code, "{} = {} is not a whole number from {} to {}", name, value, min, max);
  return static_cast<T>(value);
}

/// a b, or nothing where the type cannot hold it.
template <std::integral T>
std::optional<T> checked_product(T a, T b) {
  T product{};
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

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
