// The filters of an import as flags.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "akin/cli/command_line.h"
#include "akin/data/builder.h"

namespace akin::cli {

/// Text of the filter flags. add_to() declares them; filters() reads them after parsing.
struct FilterFlags {
  std::vector<std::string> kind_weights;
  std::optional<float> min_value;
  bool keep_nonpositive = false;
  bool binarize = false;
  std::string since, until;
  std::string repeats = "keep";
  std::uint64_t user_core = 0, item_core = 0, k_core = 0, min_length = 0;

  void add_to(CommandLine& line);
  /// Throws Error(kUsage) naming the flag.
  ImportFilters filters() const;
};

}  // namespace akin::cli
