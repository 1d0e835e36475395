#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <new>

#include "akin/data/string_column.h"

namespace akin {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

/// Asks for huge pages in the whole ones of a block. Only a wish: without it the block works the same.
void advise_huge_pages(char* block, std::size_t size) {
#ifdef MADV_HUGEPAGE
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t begin = (address + kHugePage - 1) / kHugePage * kHugePage;
  const std::uintptr_t end = (address + size) / kHugePage * kHugePage;
  if (begin < end) ::madvise(block + (begin - address), end - begin, MADV_HUGEPAGE);
#endif
}

}  // namespace

void ByteBuffer::grow(std::size_t needed) {
  constexpr std::size_t kSmallest = 64;
  resize_block(std::max({kSmallest, needed, 2 * capacity_}));
}

void ByteBuffer::resize_block(std::size_t capacity) {
  // realloc, not new: the C library moves the pages of large blocks (mremap).
  char* const block = static_cast<char*>(std::realloc(data_.get(), capacity));
  if (block == nullptr) throw std::bad_alloc();
  static_cast<void>(data_.release());
  data_.reset(block);
  capacity_ = capacity;
  if (capacity >= 2 * kHugePage) advise_huge_pages(block, capacity);
}

}  // namespace akin
