#include "akin/image/picture_blocks.h"

#include <algorithm>
#include <future>
#include <string>

#include "akin/base/error.h"
#include "akin/base/parallel.h"
#include "akin/image/item_pictures.h"

namespace akin {
namespace {

PictureBlock read_block(std::span<const std::string_view> paths, std::size_t first,
                        const PictureReader& reader, int enough, BrokenPictures& broken,
                        const Context& context) {
  std::vector<Picture> read(paths.size());
  parallel_for(
      paths.size(), context.threads,
      [&](std::size_t begin, std::size_t end, int) {
        context.check_stop();
        for (std::size_t p = begin; p < end; ++p) {
          try {
            read[p] = reader.read(paths[p], {.enough = enough});
          } catch (const Error& error) {
            if (error.code() != ErrorCode::kIo && error.code() != ErrorCode::kBadData) throw;
            broken.add(error.what());
          }
        }
      },
      4);
  PictureBlock block;
  for (std::size_t p = 0; p < paths.size(); ++p) {
    if (read[p].empty()) continue;
    block.pictures.push_back(std::move(read[p]));
    block.places.push_back(first + p);
  }
  return block;
}

}  // namespace

void for_picture_blocks(std::span<const std::string_view> paths, int enough, std::string_view phase,
                        const Context& context, const std::function<void(const PictureBlock& block)>& use) {
  constexpr std::size_t kBlock = 128;
  const PictureReader reader(context);
  BrokenPictures broken;
  const auto read = [&](std::size_t begin) {
    const std::size_t at = std::min(begin, paths.size());
    return read_block(paths.subspan(at, std::min(kBlock, paths.size() - at)), at, reader, enough, broken,
                      context);
  };
  std::future<PictureBlock> next = std::async(std::launch::async, read, 0);
  for (std::size_t begin = 0; begin < paths.size(); begin += kBlock) {
    const PictureBlock block = next.get();
    next = std::async(std::launch::async, read, begin + kBlock);
    use(block);
    context.report({.phase = phase,
                    .done = std::min(begin + kBlock, paths.size()),
                    .total = paths.size(),
                    .unit = "pictures"});
  }
  next.get();
  if (broken.count() > 0) context.remark(broken.remark());
}

}  // namespace akin
