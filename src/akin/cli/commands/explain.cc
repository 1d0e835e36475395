// akin explain BUNDLE --user ID [--item ID]
#include "akin/base/error.h"
#include "akin/cli/commands.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/data/id_list.h"
#include "akin/report/item_text.h"
#include "akin/report/json.h"

namespace akin::cli {
namespace {

struct ExplainCommand {
  std::string bundle;
  std::optional<std::string> user;
  std::vector<std::string> history;
  std::optional<std::string> item;
  int k = 5;
  int causes = 3;
};

void declare(CommandLine& line, ExplainCommand& command) {
  line.explain(
      "A score is a base plus a contribution of each item in the history. "
      "Contributions may be negative.");
  line.add({"BUNDLE", "", InputPath{&command.bundle}, "file written by `akin train`", Need::kRequired});
  line.add({"--user", "ID", Text{&command.user}, "a user of the training data"});
  line.add({"--history", "ID,ID", Text{&command.history},
            "items of a new user, oldest first; with --user, the user's items since training"});
  line.add({"--item", "ID", Text{&command.item}, "the item to explain; default: the user's recommendations"});
  line.add({"-k,--top", "N", &command.k, "number of recommendations", Need::kOptional, 1});
  line.add({"--causes", "N", &command.causes, "number of items of the history to show for each",
            Need::kOptional, 1});
  line.example("akin explain als.akin --user A2IBPI20UZIR0U");
  line.example("akin explain item-knn.akin --history B0002E1G5C,B0002CZVXM --item B0002GFOMY");
}

}  // namespace

int run_explain(const Args& args) {
  ExplainCommand command;
  CommandLine line("explain", "Shows which items led to a recommendation.");
  declare(line, command);
  if (!line.parse(args)) return kSuccess;
  if (!command.user && command.history.empty())
    fail(ErrorCode::kUsage, "say for whom: --user ID or --history ID,ID; see `akin explain --help`");
  Session session(line.common);
  const Service service(load_bundle(command.bundle));
  RecommendRequest request{.user = command.user, .k = static_cast<std::size_t>(command.k)};
  for (const std::string& list : command.history) {
    for (std::string& id : ids_in_list(list, service.bundle().dataset.items))
      request.history.push_back(std::move(id));
  }
  const std::vector<Explained> list = service.explain(request, command.item);
  const Dataset& dataset = service.bundle().dataset;
  const auto causes = static_cast<std::size_t>(command.causes);
  if (line.common.json) {
    nlohmann::json items = nlohmann::json::array();
    for (const Explained& explained : list) items.push_back(explanation_json(dataset, explained, causes));
    print_json({{"items", std::move(items)}});
    return kSuccess;
  }
  std::string text;
  for (const Explained& explained : list)
    text += (text.empty() ? "" : "\n") + explanation_text(dataset, explained, causes);
  print(text);
  return kSuccess;
}

}  // namespace akin::cli
