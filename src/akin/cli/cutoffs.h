// The --cutoffs of evaluate and compare.
#pragma once

#include <string>
#include <vector>

namespace akin::cli {

/// "5,10", "20" -> 5, 10, 20: ascending, without repeats. Throws Error(kUsage).
std::vector<int> parse_cutoffs(const std::vector<std::string>& texts);

}  // namespace akin::cli
