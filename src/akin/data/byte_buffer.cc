#include <algorithm>
#include <new>

#include "akin/base/huge_pages.h"
#include "akin/data/string_column.h"

namespace akin {

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
  advise_huge_pages(block, capacity);
}

}  // namespace akin
