#include "akin/base/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace akin {

void advise_huge_pages(void* block, std::size_t size) {
#ifdef MADV_HUGEPAGE
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  if (size < 2 * kHugePage) return;
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t begin = (address + kHugePage - 1) / kHugePage * kHugePage;
  const std::uintptr_t end = (address + size) / kHugePage * kHugePage;
  if (begin < end) ::madvise(static_cast<char*>(block) + (begin - address), end - begin, MADV_HUGEPAGE);
#endif
}

}  // namespace akin
