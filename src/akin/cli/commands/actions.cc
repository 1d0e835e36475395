#include "akin/cli/commands/actions.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "akin/base/error.h"
#include "akin/cli/output.h"

namespace akin::cli {

std::string action_listing(std::span<const Action> actions) {
  std::vector<Listed> entries;
  for (const Action& action : actions) entries.push_back({action.name, action.summary});
  return listing(entries);
}

int run_action(std::string_view command, std::span<const Action> actions,
               const std::function<std::string()>& overview, const Args& args) {
  std::vector<std::string> names;
  for (const Action& action : actions) names.emplace_back(action.name);
  if (args.empty()) {
    fail(ErrorCode::kUsage, "name an action: akin {} {}; see `akin {} --help`", command,
         fmt::join(names, "|"), command);
  }
  if (args[0] == "--help" || args[0] == "-h") {
    print(overview());
    return kSuccess;
  }
  const auto found = std::ranges::find(actions, args[0], &Action::name);
  if (found != actions.end()) return found->run({args.begin() + 1, args.end()});
  fail(ErrorCode::kUsage, "{} has no action '{}'{}; there are {}", command, args[0],
       did_you_mean(args[0], names), fmt::join(names, ", "));
}

}  // namespace akin::cli
