// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace akin {

/// 1234567 -> "1,234,567".
std::string format_count(std::uint64_t number);
/// "0.045 s", "12.3 s", "4 min 05 s"; "unknown" below 0 and for NaN.
std::string format_seconds(double seconds);
/// "512 bytes", "12.3 MB"; a MB is 10^6 bytes.
std::string format_bytes(double bytes);
/// 0.0731 -> "7.3 %"; small shares keep two significant digits: "0.073 %".
std::string format_percent(double share);

}  // namespace akin
