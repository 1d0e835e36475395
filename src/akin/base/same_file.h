// Whether all ranks see the same file.
#pragma once

#include <string>

#include "akin/base/communicator.h"

namespace akin {

/// Collective. Throws Error(kUsage), on every rank, if the file at `path` is another one at some rank than at rank 0.
/// Of files with the checksum of akin the beginning is read, which has it; others as a whole. What is no file, or
/// cannot be read at some rank, is left to that rank, which fails when it reads it.
void check_same_file(const Communicator& ranks, const std::string& path);

}  // namespace akin
