// akin forget USER... --from FILE
#include "akin/experiment/forget.h"

#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/id_list.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/report/experiment_text.h"
#include "akin/report/json.h"

namespace akin::cli {
namespace {

struct ForgetCommand {
  std::vector<std::string> users;
  std::string users_file;
  std::vector<std::string> files;
  ForgetOptions options;
};

void declare(CommandLine& line, ForgetCommand& command) {
  line.explain(
      "From data sets, the ids, events, reviews, attributes and candidates of the users are removed; items "
      "and "
      "all other events stay. From bundles, the same is removed, and the users' vectors, rows and ratings in "
      "the model; recommendations for other users do not change, unless the removed users were their "
      "neighbors (user-knn, user-knn-rating, session-knn). From nets, ids and rows are removed. Checkpoints "
      "are deleted, "
      "because they hold a row per user but no ids. Trial logs hold no user data and stay.");
  line.explain(
      "Item vectors and other parameters learned from the users' events stay until you train the model "
      "again. "
      "All files are read before the first one is written, and each is written completely or not at all. "
      "Give "
      "all files that hold the users in one command. Create exports, lists and reports again "
      "(docs/privacy.md).");
  line.add({"USER...", "", Text{&command.users}, "user ids"});
  line.add({"--users-file", "LIST", InputPath{&command.users_file},
            "file with more ids, one per line; - = standard input (ids typed as arguments may stay in the "
            "shell's history)"});
  const auto in_place = [&command] { return command.options.out.empty() && !command.options.dry_run; };
  line.add(
      {"--from", "FILE",
       InputPath{.where = &command.files, .may_be_replaced = [] { return true; }, .written_too = in_place},
       "file to remove the users from, rewritten in place; repeatable", Need::kRequired});
  line.add({"-o,--out", "FILE", OutputPath{&command.options.out},
            "with a single --from: write the result here instead"});
  line.add({"--dry-run", "", &command.options.dry_run, "report what would be removed, and write nothing"});
  line.add({"--missing-ok", "", &command.options.missing_ok, "ignore ids that are in none of the files"});
  line.example("akin forget C1042 --from events.data --from als.akin --from als.checkpoint");
  line.example("akin forget --users-file erase.txt --from events.data --dry-run");
  line.example("akin forget $(akin pseudonym secret.key C1042) --from events.data");
}

void read_users(ForgetCommand& command) {
  std::error_code error;
  for (const std::string& user : command.users) {
    if (!std::filesystem::is_regular_file(user, error) || file_kind(user).empty()) continue;
    fail(ErrorCode::kUsage, "{}: is a file, not a user; put --from before each file", user);
  }
  if (command.users_file.empty()) return;
  const std::vector<std::string> more = read_id_list(command.users_file);
  command.users.insert(command.users.end(), more.begin(), more.end());
}

}  // namespace

int run_forget(const Args& args) {
  ForgetCommand command;
  CommandLine line("forget", "Removes users from data sets, models and checkpoints.");
  declare(line, command);
  if (!line.parse(args)) return kSuccess;
  read_users(command);
  if (command.users.empty()) fail(ErrorCode::kUsage, "name at least one user, or a --users-file with some");
  Session session(line.common);
  const ForgetResult result = forget(command.users, command.files, command.options, session.context());
  session.progress().clear();
  if (line.common.json)
    print_json(forget_json(result, command.options));
  else
    print(forget_text(result, command.options));
  return kSuccess;
}

}  // namespace akin::cli
