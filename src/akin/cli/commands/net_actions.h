// The actions of `akin net`.
#pragma once

#include "akin/cli/command_line.h"

namespace akin::cli {

/// Each takes the words behind its name and returns the exit code.
int run_net_describe(const Args& args);
int run_net_train(const Args& args);
int run_net_evaluate(const Args& args);
int run_net_predict(const Args& args);
int run_net_export(const Args& args);

}  // namespace akin::cli
