// Files of ids as flags.
#pragma once

#include <string>
#include <vector>

namespace akin::cli {

/// The ids in a file, one per line, each once, in the order in which they first stand; empty lines are left out,
/// and so are blanks around an id; an id may stand in double quotes, "" inside for one.
/// "-" is standard input. Memory is that of the different ids. Throws as LineReader does, also for a line of over
/// LineReader::kLongestId bytes.
std::vector<std::string> read_id_list(const std::string& path);

}  // namespace akin::cli
