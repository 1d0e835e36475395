// How evaluate and compare score: the flags they share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "akin/cli/command_line.h"
#include "akin/eval/evaluate.h"

namespace akin::cli {

/// --cutoffs, --candidates and their kind.
class EvaluationFlags {
 public:
  void add_to(CommandLine& line);
  /// What was asked for, cutoffs ascending, without repeats; `seed` is that of sampled candidates. Throws
  /// Error(kUsage).
  EvaluateOptions options(std::uint64_t seed) const;
  /// Those of these flags that were given, "--cutoffs".
  static std::vector<std::string> given(const CommandLine& line);

 private:
  std::vector<std::string> cutoffs_ = {"5,10,20"};
  std::string candidates_;
  std::string ties_ = "against";
  bool include_seen_ = false;
  bool accuracy_only_ = false;
  bool auc_ = false;
  std::optional<float> liked_;
  int resamples_ = 1000;
};

}  // namespace akin::cli
