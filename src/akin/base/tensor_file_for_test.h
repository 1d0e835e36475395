// Files of tensors that TensorWriter would not write, for tests of those who read them.
#pragma once

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

#include "akin/base/io.h"

namespace akin {

/// Puts the right checksum into the bytes of a file of akin.
inline void seal(std::string& file) {
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof length);
  const auto header = nlohmann::json::parse(file.substr(sizeof length, length));
  const auto checksum = header.at("__metadata__").at("akin.checksum").get<std::string>();
  const std::size_t digits = file.find("\"" + checksum + "\"") + 1;
  file.replace(digits, checksum.size(), checksum.size(), '0');
  const std::uint64_t hash = XXH3_64bits(file.data() + sizeof length, file.size() - sizeof length);
  file.replace(digits, checksum.size(), fmt::format("{:016x}", hash));
}

/// The bytes of tensor `name` in such a file.
inline char* tensor_bytes(std::string& file, const std::string& name) {
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof length);
  const auto header = nlohmann::json::parse(file.substr(sizeof length, length));
  return file.data() + sizeof length + length + header.at(name).at("data_offsets").at(0).get<std::size_t>();
}

/// Sets number `at` of the float tensor `name` in a file of akin, and the checksum to the right one.
inline void put_number(const std::string& path, const std::string& name, std::size_t at, double value) {
  std::string file = read_file(path);
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof length);
  const auto header = nlohmann::json::parse(file.substr(sizeof length, length));
  char* const tensor = tensor_bytes(file, name);
  if (header.at(name).at("dtype") == "F64") {
    std::memcpy(tensor + at * sizeof value, &value, sizeof value);
  } else {
    const auto single = static_cast<float>(value);
    std::memcpy(tensor + at * sizeof single, &single, sizeof single);
  }
  seal(file);
  write_file(path, file);
}

}  // namespace akin
