// A file whose lines are divided over ranks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "akin/base/communicator.h"

namespace akin {

/// Which lines each rank reads: those that begin in its share of the file's bytes.
struct FileCut {
  /// False for what cannot be read from the middle: compressed files, pipes, empty files. The first rank reads it then.
  bool divided = false;
  std::vector<std::uint64_t>
      first_line;  ///< of each rank, from 1, and of one rank more: rank r's are [r], [r + 1)
  std::vector<std::uint64_t> offset;   ///< where rank r's first line begins; nothing where it has none
  std::uint64_t lines = 0, bytes = 0;  ///< of the file
  std::uint64_t quotes = 0;            ///< how often '"' stands in it
};

/// Collective: each rank counts the lines of its share. Throws Error(kUsage), on every rank, if the file's size is not
/// the same everywhere; Error(kNotFound), Error(kIo).
FileCut cut_file(const Communicator& ranks, const std::string& path);

}  // namespace akin
