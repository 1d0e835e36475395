// What is held out, as flags.
#pragma once

#include <string>

#include "akin/cli/command_line.h"

namespace akin::cli {

/// The help text of --holdout.
std::string holdout_help();

/// --holdout and --validation.
struct SplitFlags {
  std::string holdout;
  bool validation = false;

  void add_to(CommandLine& line);
};

}  // namespace akin::cli
