// Whole numbers from files and flags: read within bounds, multiplied without overflow.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

#include "akin/base/error.h"

namespace akin {

/// The whole of `text` as a decimal number; nothing where it is anything else or does not fit.
template <std::integral T>
std::optional<T> parse_whole(std::string_view text) {
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

}  // namespace akin
