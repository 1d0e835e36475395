// Pictures read a block at a time, the next one ahead.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "akin/base/context.h"
#include "akin/image/picture.h"

namespace akin {

/// The pictures of a block that can be read.
struct PictureBlock {
  std::vector<Picture> pictures;
  std::vector<std::size_t> places;  ///< of each, in the list of paths
};

struct PictureBlockOptions {
  int enough = 0;                   ///< as DecodeOptions::enough
  std::size_t most_pictures = 128;  ///< of a block
  std::size_t most_bytes =
      256 << 20;  ///< a block ends where it has as many, and up to four more pictures a thread
};

/// Reads the pictures of `paths` (PictureReader) on all threads and hands them to `use` in blocks, in order; while it works on one
/// the next is read. Those that cannot be read are left out and counted in a remark. Reports progress as `phase`. Throws what
/// `use` throws, Error(kCancelled).
void for_picture_blocks(std::span<const std::string_view> paths, const PictureBlockOptions& options,
                        std::string_view phase, const Context& context,
                        const std::function<void(const PictureBlock& block)>& use);

}  // namespace akin
