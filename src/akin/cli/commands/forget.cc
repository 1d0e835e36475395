// akin forget USER... --from FILE
#include "akin/experiment/forget.h"

#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/safetensors.h"
#include "akin/cli/commands.h"
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
      "Data sets: ids, events of every part, reviews, attributes and candidates of the users go; items and "
      "the order of what is left stay. Bundles: the same, and the users' vectors, rows and ratings in the "
      "model; the other users get the same recommendations, unless the users were their neighbours "
      "(user-knn, user-knn-rating). Nets: ids and rows. Checkpoints are deleted: they hold a row of every "
      "user but no ids. Logs of trials hold nothing of users and stay.");
  line.explain(
      "What the users have taken part in, such as the vectors of items, stays until the model is trained "
      "again. All files are read before the first is written, and each is written whole or not at all. Give "
      "all files that hold the users at once; make exports, lists and pages again (docs/privacy.md).");
  line.add({"USER...", "", &command.users, "ids of the users"});
  line.add(
      {"--users-file", "LIST", &command.users_file,
       "file with more ids, one a line; - = standard input. Ids typed here may stay in the shell's history"});
  line.add({"--from", "FILE", &command.files,
            "file to remove them from, rewritten in its place; may be repeated", Need::kRequired});
  line.add({"-o,--out", "FILE", &command.options.out, "write the only file here instead"});
  line.add({"--dry-run", "", &command.options.dry_run, "say what would be removed, and write nothing"});
  line.add(
      {"--missing-ok", "", &command.options.missing_ok, "ids that are in none of the files are no error"});
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
  LineReader lines(command.users_file);
  while (const auto line = lines.next()) {
    if (!line->empty()) command.users.emplace_back(*line);
  }
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
