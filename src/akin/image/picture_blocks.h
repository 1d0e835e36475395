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

/// Reads the pictures of `paths` (PictureReader) on all threads and hands them to `use` in blocks of some hundred, in order;
/// while it works on one the next is read. Both sides keep `enough` pixels (DecodeOptions). Those that cannot be read are left
/// out and counted in a remark. Reports progress as `phase`. Throws what `use` throws, Error(kCancelled).
void for_picture_blocks(std::span<const std::string_view> paths, int enough, std::string_view phase,
                        const Context& context, const std::function<void(const PictureBlock& block)>& use);

}  // namespace akin
