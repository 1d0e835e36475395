#include "akin/base/other_floats.h"

#include <bit>
#include <cmath>
#include <type_traits>

#include "akin/base/error.h"
#include "akin/base/io.h"

namespace akin {
namespace {

template <typename T>
std::vector<float> converted(const TensorReader& reader, const std::string& name) {
  std::vector<float> values;
  const auto held = reader.tensor<T>(name);
  values.reserve(held.size());
  for (const T x : held) {
    if constexpr (std::is_floating_point_v<T>)
      values.push_back(static_cast<float>(x));
    else
      values.push_back(to_float(x));
    if (!std::isfinite(values.back())) reader.inconsistent(fmt::format("its tensor {} is not finite", name));
  }
  return values;
}

}  // namespace

float to_float(Bfloat16 x) { return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16); }

float to_float(Float16 x) {
  const unsigned exponent = (x.bits >> 10) & 31U, fraction = x.bits & 1023U;
  float size = exponent == 0
                   ? std::ldexp(static_cast<float>(fraction), -24)
                   : std::ldexp(static_cast<float>(fraction + 1024), static_cast<int>(exponent) - 25);
  if (exponent == 31) size = fraction == 0 ? HUGE_VALF : NAN;
  return (x.bits & 0x8000) != 0 ? -size : size;
}

SafetensorsHeader read_safetensors_header(const std::string& path) {
  const auto stream = open_input(path);
  std::uint64_t length = 0;
  read_fully(*stream, {reinterpret_cast<char*>(&length), sizeof length});
  SafetensorsHeader header;
  parse_safetensors_header(read_up_to(*stream, length), header);
  return header;
}

std::vector<float> read_floats(const TensorReader& reader, const std::string& name, const std::string& type) {
  if (type == "F16") return converted<Float16>(reader, name);
  if (type == "BF16") return converted<Bfloat16>(reader, name);
  if (type == "F64") return converted<double>(reader, name);
  return converted<float>(reader, name);
}

}  // namespace akin
