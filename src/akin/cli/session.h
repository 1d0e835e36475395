// What a running command needs around its work: progress, Ctrl-C, remarks.
#pragma once

#include <string>
#include <string_view>

#include "akin/base/context.h"
#include "akin/cli/command_line.h"
#include "akin/cli/interrupt.h"
#include "akin/cli/progress_bar.h"

namespace akin::cli {

/// Lives while a command works.
class Session {
 public:
  explicit Session(const Common& common);

  const Context& context() const { return context_; }
  const Common& common() const { return common_; }
  ProgressBar& progress() { return progress_; }
  /// A line for a person on standard error; nothing with --quiet.
  void remark(std::string_view text);

 private:
  Common common_;
  Interrupt interrupt_;
  ProgressBar progress_;
  Context context_;
};

}  // namespace akin::cli
