// A plain file cut into pieces.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "akin/base/io.h"

namespace akin {

/// The bytes of a plain file from `begin` on, as they lie on the disk. Throws Error(kNotFound), Error(kIo).
std::unique_ptr<InputStream> open_file_part(const std::string& path, std::uint64_t begin);

}  // namespace akin
