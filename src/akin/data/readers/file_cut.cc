#include "akin/data/readers/file_cut.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/file_part.h"
#include "akin/base/rank_talk.h"

namespace akin {
namespace {

/// What a rank finds in its share of the bytes.
struct Found {
  std::uint64_t lines = 0;   // that begin there
  std::uint64_t offset = 0;  // where the first of them does
  std::uint64_t quotes = 0;
};

Found look_through(const std::string& path, const Share& share) {
  Found found;
  if (share.size() == 0) return found;
  if (share.begin == 0) found.lines = 1;
  constexpr std::size_t kBlock = std::size_t{1} << 20;
  std::vector<char> block(kBlock);
  // A line begins after the byte before it: what ends in the share's last byte is the next rank's.
  std::uint64_t at = share.begin == 0 ? 0 : share.begin - 1;
  const auto stream = open_file_part(path, at);
  while (at < share.end) {
    const std::size_t got =
        read_fully(*stream, std::span(block).first(std::min<std::uint64_t>(kBlock, share.end - at)));
    if (got == 0) break;
    const char* const begin = block.data();
    const char* const end = begin + got;
    const char* const last = at + got == share.end ? end - 1 : end;
    if (found.lines == 0) {
      if (const void* const newline = std::memchr(begin, '\n', static_cast<std::size_t>(last - begin)))
        found.offset = at + static_cast<std::uint64_t>(static_cast<const char*>(newline) - begin) + 1;
    }
    found.lines += static_cast<std::uint64_t>(std::count(begin, last, '\n'));
    found.quotes += static_cast<std::uint64_t>(std::count(begin, end, '"'));
    at += got;
  }
  return found;
}

}  // namespace

FileCut cut_file(const Communicator& ranks, const std::string& path) {
  std::uint64_t size = 0;
  together(ranks, [&] {
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error)) size = open_input(path)->size().value_or(0);
  });
  const std::vector<std::uint64_t> sizes = gather_all(ranks, std::span<const std::uint64_t>(&size, 1));
  for (std::size_t r = 1; r < sizes.size(); ++r) {
    if (sizes[r] != sizes[0])
      fail(ErrorCode::kUsage, "{}: has {} bytes at rank {} and {} at rank 0; all must read the same file",
           path, sizes[r], r, sizes[0]);
  }
  FileCut cut;
  if (size == 0) return cut;
  cut.divided = true;
  cut.bytes = size;
  Found own;
  together(ranks, [&] { own = look_through(path, equal_share(size, ranks.rank(), ranks.size())); });
  cut.first_line = {1};
  for (const Found& found : gather_all(ranks, std::span<const Found>(&own, 1))) {
    cut.first_line.push_back(cut.first_line.back() + found.lines);
    cut.offset.push_back(found.offset);
    cut.quotes += found.quotes;
  }
  cut.lines = cut.first_line.back() - 1;
  return cut;
}

}  // namespace akin
