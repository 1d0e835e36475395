// The commands of the program, one cmd_x.cc each.
#pragma once

#include <string_view>
#include <vector>

#include "akin/cli/command_line.h"

namespace akin::cli {

/// Each runs one command and returns the exit code; `args` are the words after the command's name.
/// They throw Error.
int run_import(const Args& args);
int run_describe(const Args& args);
int run_synthetic(const Args& args);
int run_train(const Args& args);
int run_tune(const Args& args);
int run_evaluate(const Args& args);
int run_compare(const Args& args);
int run_fuse(const Args& args);
int run_recommend(const Args& args);
int run_predict(const Args& args);
int run_similar(const Args& args);
int run_encode(const Args& args);
int run_encoder(const Args& args);
int run_cluster(const Args& args);
int run_explain(const Args& args);
int run_update(const Args& args);
int run_export(const Args& args);
int run_forget(const Args& args);
int run_pseudonym(const Args& args);
int run_text(const Args& args);
int run_image(const Args& args);
int run_net(const Args& args);
int run_models(const Args& args);
int run_demo(const Args& args);

struct Command {
  std::string_view name;
  std::string_view summary;  ///< one line
  int (*run)(const Args& args);
  bool on_ranks = false;  ///< does its work together with the other processes that mpirun started
};
/// In the order a newcomer meets them.
const std::vector<Command>& commands();

/// Exit codes of the program.
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;
inline constexpr int kWrongUsage = 2;
inline constexpr int kSignalBase = 128;  ///< + the signal that stopped it: 130 for Ctrl-C

/// The whole program: runs the command that `args` name, prints errors as one line, returns the exit code.
int run(const Args& args);

}  // namespace akin::cli
