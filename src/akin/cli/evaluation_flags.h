// How evaluate and compare score: the flags they share.
#pragma once

#include <string>
#include <vector>

#include "akin/cli/command_line.h"
#include "akin/eval/evaluate.h"

namespace akin::cli {

/// --cutoffs and --ties.
class EvaluationFlags {
 public:
  void add_to(CommandLine& line);
  /// What was asked for; cutoffs ascending, without repeats. Throws Error(kUsage).
  EvaluateOptions options() const;

 private:
  std::vector<std::string> cutoffs_ = {"5,10,20"};
  std::string ties_ = "against";
};

}  // namespace akin::cli
