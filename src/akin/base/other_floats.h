// Tensors of 16-bit floats, as other programs write them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "akin/base/safetensors.h"

namespace akin {

struct Bfloat16 {
  std::uint16_t bits;
};
struct Float16 {  ///< of IEEE 754
  std::uint16_t bits;
};
template <>
constexpr std::string_view dtype_name<Bfloat16>() {
  return "BF16";
}
template <>
constexpr std::string_view dtype_name<Float16>() {
  return "F16";
}
float to_float(Bfloat16 x);
float to_float(Float16 x);

/// The safetensors header of a file that a TensorReader has found whole.
SafetensorsHeader read_safetensors_header(const std::string& path);
/// The elements of a tensor of type F32, F64, F16 or BF16, which `type` says. Throws Error(kBadData) for another type, and
/// where one is not finite as a float.
std::vector<float> read_floats(const TensorReader& reader, const std::string& name, const std::string& type);

}  // namespace akin
