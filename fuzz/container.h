// Safetensors files for the fuzzer: their checksum set right, and their parts.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace akin::fuzz {

/// The file with the checksum of its content, where it has the place for one; else as it is. Without this all
/// but the checksum would stay untested.
std::string sealed(std::string_view file);

/// A container taken apart, to be changed and put together again.
struct Container {
  struct Tensor {
    std::string name;
    std::string dtype;
    nlohmann::json shape;
    std::string bytes;
  };
  nlohmann::json metadata;
  std::vector<Tensor> tensors;
};
/// Nullopt if it is no sound container; the checksum does not matter.
std::optional<Container> parse_container(std::string_view file);
/// Offsets are those of the bytes that are there. Not sealed.
std::string to_bytes(const Container& container);

}  // namespace akin::fuzz
