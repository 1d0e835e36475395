// Zip archives for tests.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace akin {

inline std::string little_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i, value >>= 8) text += static_cast<char>(value & 0xFF);
  return text;
}

inline std::string deflated(std::string_view content) {
  z_stream state = {};
  deflateInit2(&state, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&state, content.size()), '\0');
  state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  state.avail_in = static_cast<uInt>(content.size());
  state.next_out = reinterpret_cast<Bytef*>(packed.data());
  state.avail_out = static_cast<uInt>(packed.size());
  deflate(&state, Z_FINISH);
  packed.resize(packed.size() - state.avail_out);
  deflateEnd(&state);
  return packed;
}

/// An archive of files by name, stored or deflated.
inline std::string zip_of(const std::vector<std::pair<std::string, std::string>>& files, bool deflate) {
  std::string archive, list;
  for (const auto& [name, content] : files) {
    const std::string packed = deflate ? deflated(content) : content;
    const auto sum =
        ::crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
    const std::string common =
        little_endian(20, 2) + little_endian(0, 2) + little_endian(deflate ? 8 : 0, 2) + little_endian(0, 4) +
        little_endian(sum, 4) + little_endian(packed.size(), 4) + little_endian(content.size(), 4) +
        little_endian(name.size(), 2) + little_endian(0, 2);
    list += "PK\x01\x02" + little_endian(20, 2) + common + little_endian(0, 2 + 2 + 2 + 4) +
            little_endian(archive.size(), 4) + name;
    archive += "PK\x03\x04" + common + name + packed;
  }
  const std::size_t at = archive.size();
  return archive + list + "PK\x05\x06" + little_endian(0, 4) + little_endian(files.size(), 2) +
         little_endian(files.size(), 2) + little_endian(list.size(), 4) + little_endian(at, 4) +
         little_endian(0, 2);
}

}  // namespace akin
