// A hash of bytes: to recognize data, not to keep secrets.
#pragma once

#include <cstddef>
#include <cstdint>

namespace akin {

/// XXH3-64 of `size` bytes (https://xxhash.com). Chain pieces by giving the last one's hash as the seed.
std::uint64_t hash_bytes(const void* data, std::size_t size, std::uint64_t seed = 0);

}  // namespace akin
