// Commands that have actions, such as `akin net train`.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "akin/cli/commands.h"

namespace akin::cli {

struct Action {
  std::string_view name;
  std::string_view summary;
  int (*run)(const Args& args);
};

/// The actions with their summaries, for the command's help.
std::string action_listing(std::span<const Action> actions);

/// Runs the action that the first argument names; prints `overview` where help is asked for. Throws Error(kUsage) where
/// no action or an unknown one is named.
int run_action(std::string_view command, std::span<const Action> actions,
               const std::function<std::string()>& overview, const Args& args);

}  // namespace akin::cli
