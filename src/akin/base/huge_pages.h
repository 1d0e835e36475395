// Large blocks of memory in huge pages.
#pragma once

#include <cstddef>

namespace akin {

/// Asks the system for huge pages (2 MB) in the whole ones of a block of at least 4 MB that has not been written yet, since
/// reading large tables otherwise waits for the addresses of their pages (madvise(2), MADV_HUGEPAGE). Only a wish: without it,
/// and in smaller blocks, everything works the same.
void advise_huge_pages(void* block, std::size_t size);

}  // namespace akin
