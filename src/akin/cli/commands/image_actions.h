// The actions of `akin image`.
#pragma once

#include "akin/cli/command_line.h"

namespace akin::cli {

/// Each takes the words behind its name and returns the exit code.
int run_image_train(const Args& args);
int run_image_evaluate(const Args& args);
int run_image_predict(const Args& args);
int run_image_filter(const Args& args);

}  // namespace akin::cli
