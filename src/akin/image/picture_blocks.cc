#include "akin/image/picture_blocks.h"

#include <algorithm>
#include <future>
#include <string>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/image/item_pictures.h"

namespace akin {
namespace {

struct ReadBlock {
  PictureBlock block;
  std::size_t end = 0;  // the first path that was not read
};

/// Reads until there are enough pictures or bytes.
ReadBlock read_block(std::span<const std::string_view> paths, std::size_t first, const PictureReader& reader,
                     const PictureBlockOptions& options, BrokenPictures& broken, const Context& context) {
  ReadBlock result;
  std::size_t bytes = 0, at = first;
  const std::size_t last = std::min(paths.size(), first + options.most_pictures);
  const auto group = 4 * static_cast<std::size_t>(resolve_threads(context.threads));
  for (; at < last && bytes < options.most_bytes; at = std::min(at + group, last)) {
    std::vector<Picture> read(std::min(group, last - at));
    parallel_for(
        read.size(), context.threads,
        [&](std::size_t begin, std::size_t end, int) {
          context.check_stop();
          for (std::size_t p = begin; p < end; ++p) {
            try {
              read[p] = reader.read(paths[at + p], {.enough = options.enough});
            } catch (const Error& error) {
              if (error.code() != ErrorCode::kIo && error.code() != ErrorCode::kBadData) throw;
              broken.add(error.what());
            }
          }
        },
        1);
    for (std::size_t p = 0; p < read.size(); ++p) {
      if (read[p].empty()) continue;
      bytes += read[p].rgb.size();
      result.block.pictures.push_back(std::move(read[p]));
      result.block.places.push_back(at + p);
    }
  }
  result.end = at;
  return result;
}

}  // namespace

void for_picture_blocks(std::span<const std::string_view> paths, const PictureBlockOptions& options,
                        std::string_view phase, const Context& context,
                        const std::function<void(const PictureBlock& block)>& use) {
  const PictureReader reader(context);
  BrokenPictures broken;
  const auto read = [&](std::size_t begin) {
    return read_block(paths, begin, reader, options, broken, context);
  };
  std::future<ReadBlock> next = std::async(std::launch::async, read, 0);
  for (std::size_t begin = 0; begin < paths.size();) {
    const ReadBlock now = next.get();
    begin = now.end;
    next = std::async(std::launch::async, read, begin);
    use(now.block);
    context.report({.phase = phase, .done = begin, .total = paths.size(), .unit = "pictures"});
  }
  next.get();
  if (broken.count() > 0) context.remark(broken.remark());
}

}  // namespace akin
