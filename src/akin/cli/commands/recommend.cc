// akin recommend BUNDLE --user ID | --history ID,ID | --all-users -o FILE
#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/text.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/id_list.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/report/item_text.h"
#include "akin/report/json.h"
#include "akin/report/list_file.h"

namespace akin::cli {
namespace {

constexpr std::size_t kLastItems = 5;  // shown of a user, so that a person can judge

struct RecommendCommand {
  std::string bundle;
  std::optional<std::string> user;
  std::vector<std::string> history;
  int k = 10;
  std::vector<std::string> filters;
  std::string exclude;
  bool include_seen = false;
  bool all_users = false;
  std::string out;
};

void declare(CommandLine& line, RecommendCommand& command) {
  line.add({"BUNDLE", "", InputPath{&command.bundle}, "file written by `akin train`", Need::kRequired});
  line.add({"--user", "ID", Text{&command.user}, "a user of the training data"});
  line.add({"--history", "ID,ID", Text{&command.history},
            "items of a new user, oldest first; with --user, the user's items since training"});
  line.add({"-k,--top", "N", &command.k, "number of items", Need::kOptional, 1});
  line.add({"--filter", "NAME=VALUE", Text{&command.filters},
            "only items with this attribute, such as category=Toys; repeatable"});
  line.add({"--exclude", "FILE", InputPath{&command.exclude}, "file of item ids to leave out, one per line"});
  line.add({"--include-seen", "", &command.include_seen, "also recommend items that the user already has"});
  line.add({"--all-users", "", &command.all_users, "write a list for every user of the training data to -o"});
  line.add({"-o,--out", "FILE", OutputPath{&command.out, OutputPath::Form::kPrintable},
            "output of --all-users: tab-separated user, item, rank, score; with --json, one JSON object per "
            "user; - = standard output"});
  line.example("akin recommend als.akin --user A2IBPI20UZIR0U");
  line.example("akin recommend als.akin --history B0002E1G5C,B0002CZVXM -k 5 --filter category=Microphones");
  line.example("akin recommend als.akin --all-users -o lists.tsv");
}

void check(const RecommendCommand& command) {
  const bool asks_for_one = command.user.has_value() || !command.history.empty();
  if (command.all_users && asks_for_one)
    fail(ErrorCode::kUsage, "--all-users goes with neither --user nor --history");
  if (command.all_users && command.out.empty()) fail(ErrorCode::kUsage, "--all-users needs -o FILE");
  if (!command.all_users && !command.out.empty()) fail(ErrorCode::kUsage, "-o is for --all-users");
  if (!command.all_users && !asks_for_one) {
    fail(ErrorCode::kUsage,
         "say for whom: --user ID, --history ID,ID or --all-users; see `akin recommend --help`");
  }
}

RecommendRequest make_request(const RecommendCommand& command) {
  RecommendRequest request{.user = command.user,
                           .history = split_lists(command.history),
                           .k = static_cast<std::size_t>(command.k),
                           .include_seen = command.include_seen,
                           .filters = parse_filters(command.filters)};
  if (!command.exclude.empty()) request.exclude = read_id_list(command.exclude);
  return request;
}

int recommend_all(const Service& service, const RecommendCommand& command, Session& session) {
  const ListFormat format = session.common().json ? ListFormat::kJsonLines : ListFormat::kTsv;
  const ListCounts counts =
      write_recommendations(service, make_request(command), command.out, format, session.context());
  if (command.out != "-") {
    session.remark(fmt::format("wrote {}: {} recommendations for {} users, {} of them by popularity",
                               command.out, format_count(counts.lines), format_count(counts.lists),
                               format_count(counts.fallbacks)));
  }
  return kSuccess;
}

}  // namespace

int run_recommend(const Args& args) {
  RecommendCommand command;
  CommandLine line("recommend",
                   "Recommends items to a user: those that a trained model ranks highest, best first.");
  declare(line, command);
  if (!line.parse(args)) return kSuccess;
  check(command);
  Session session(line.common);
  const Service service(load_bundle(command.bundle));
  if (command.all_users) return recommend_all(service, command, session);
  const RecommendRequest request = make_request(command);
  const Recommendations result = service.recommend(request);
  const Dataset& dataset = service.bundle().dataset;
  std::vector<idx_t> last;
  if (request.user) last = last_items(dataset.events, dataset.users.at(*request.user, "user"), kLastItems);
  if (line.common.json) {
    print_json(recommendations_json(dataset, request, result, last));
    return kSuccess;
  }
  if (!last.empty())
    print(fmt::format("last items of {}, latest first:\n{}\n", printable(*request.user),
                      items_text(dataset, last)));
  if (result.fallback) {
    print(fmt::format("{} knows nothing of this user: these are the most popular items\n\n",
                      service.bundle().entry->name));
  }
  print(result.items.empty() ? "no item is left to recommend\n" : ranked_text(dataset, result.items));
  if (!result.items.empty() && result.items.size() < request.k) {
    session.remark(fmt::format("only {} items are left to recommend", result.items.size()));
  }
  return kSuccess;
}

}  // namespace akin::cli
