// Changes to a container that leave it one: metadata, shapes and elements instead of any byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace akin::fuzz {

/// A changed copy, or nullopt if `file` is no sound container or has nothing to change. `mutate_bytes` is
/// LLVMFuzzerMutate: changes a buffer in place and returns its new size.
using MutateBytes = std::size_t (*)(std::uint8_t* data, std::size_t size, std::size_t max_size);
std::optional<std::string> mutate_container(std::string_view file, unsigned seed, MutateBytes mutate_bytes);

}  // namespace akin::fuzz
