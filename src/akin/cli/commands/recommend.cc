// akin recommend BUNDLE --user ID | --history ID,ID | --users FILE | --all-users | --serve-lines
#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/text.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/id_list.h"
#include "akin/cli/output.h"
#include "akin/cli/ranks.h"
#include "akin/cli/serve_lines.h"
#include "akin/cli/session.h"
#include "akin/data/filters.h"
#include "akin/data/id_list.h"
#include "akin/report/item_text.h"
#include "akin/report/json.h"
#include "akin/report/list_file.h"

namespace akin::cli {
namespace {

struct RecommendCommand {
  std::string bundle;
  std::vector<std::string> users;
  std::string users_file;
  std::vector<std::string> history, history_times, history_attributes;
  std::string at;
  int k = 10;
  std::vector<std::string> filters, at_most, mask_kinds;
  std::string exclude;
  bool include_seen = false, strict = false;
  bool all_users = false, serve_lines = false;
  std::string out;
};

void declare_for_whom(CommandLine& line, RecommendCommand& command) {
  line.section("For whom");
  line.add({"--user", "ID", Text{&command.users},
            "a user of the training data; others get the most popular items; repeatable"});
  line.add(
      {"--history", "ID,ID", Text{&command.history},
       "items of a new user, oldest first; with --user, the user's items since training; repeatable, and ids "
       "that hold commas may stand in double quotes"});
  line.add(
      {"--history-times", "TIME,TIME", Text{&command.history_times},
       "times of the items of --history, to models that look at times: dates (UTC) or seconds since 1970"});
  line.add({"--history-attribute", "NAME=V,V", Text{&command.history_attributes},
            "an attribute of the events of --history, to models that read it (--inputs of `akin train`): one "
            "value "
            "for all items, or one for each; repeatable"});
  line.add(
      {"--at", "TIME", Text{&command.at}, "when the recommendations are for, to models that look at times"});
  line.add({"--users", "FILE", InputPath{&command.users_file}, "file of user ids, one per line"});
  line.add({"--all-users", "", &command.all_users, "every user of the training data; needs -o"});
  line.add(
      {"--serve-lines", "", &command.serve_lines,
       "answer requests from standard input, a JSON object per line with the fields user, history, "
       "history_times, history_attributes, at, k, filters, exclude, at_most, mask_kinds, include_seen and "
       "strict, by a JSON object per line"});
}

void declare_what(CommandLine& line, RecommendCommand& command) {
  line.section("What");
  line.add({"-k,--top", "N", &command.k, "number of items", Need::kOptional, 1});
  line.add({"--filter", "CONDITION", Text{&command.filters},
            "only items that meet this: category=Toys, \"brand in Acme,Bolt\", brand!=Acme, \"price<50\", "
            "\"released>=2020-01-31\"; repeatable"});
  line.add({"--at-most", "N:NAME", Text{&command.at_most},
            "at most N items with the same value of an attribute, such as 2:brand; repeatable"});
  line.add({"--exclude", "FILE", InputPath{&command.exclude}, "file of item ids to leave out, one per line"});
  line.add(
      {"--mask-kinds", "A,B", Text{&command.mask_kinds},
       "leave out only items of the user's events of these kinds, such as purchase; default: of all events"});
  line.add({"--include-seen", "", &command.include_seen, "also recommend items that the user already has"});
  line.add({"--strict", "", &command.strict, "unknown users and items are an error"});
}

void declare(CommandLine& line, RecommendCommand& command) {
  line.explain(
      "Items of all events of the user are left out, those held out for evaluation too. Unknown ids are left "
      "out "
      "of the request with a remark.");
  line.add({"BUNDLE", "", InputPath{&command.bundle}, "file written by `akin train`", Need::kRequired});
  declare_for_whom(line, command);
  declare_what(line, command);
  line.section("Output");
  line.add(
      {"-o,--out", "FILE", OutputPath{&command.out, OutputPath::Form::kPrintable},
       "write user, item, rank, score: comma-separated where the name ends in .csv, else tab-separated; with "
       "--json, or .jsonl, one JSON object per user; - = standard output"});
  line.example("akin recommend als.akin --user A2IBPI20UZIR0U");
  line.example("akin recommend als.akin --history B0002E1G5C,B0002CZVXM -k 5 --filter category=Microphones");
  line.example(
      "akin recommend als.akin --users customers.txt --filter \"price<50\" --at-most 2:brand -o lists.csv");
  line.example("akin recommend als.akin --all-users -o lists.tsv");
}

void check(const RecommendCommand& command, bool json) {
  const bool asks = !command.users.empty() || !command.history.empty();
  const int ways =
      int{asks} + int{command.all_users} + int{!command.users_file.empty()} + int{command.serve_lines};
  if (ways == 0) {
    fail(ErrorCode::kUsage,
         "say for whom: --user ID, --history ID,ID, --users FILE, --all-users or --serve-lines; see `akin "
         "recommend "
         "--help`");
  }
  if (ways > 1) {
    fail(ErrorCode::kUsage,
         "choose one: --user and --history, --users FILE, --all-users, or --serve-lines; they do not go "
         "together");
  }
  if (command.users.size() > 1 && !command.history.empty())
    fail(ErrorCode::kUsage, "--history is of one user; name one --user with it");
  if (!command.history_times.empty() && command.history.empty())
    fail(ErrorCode::kUsage, "--history-times are of the items of --history; name those too");
  if (!command.history_attributes.empty() && command.history.empty())
    fail(ErrorCode::kUsage, "--history-attribute is of the events of --history; name those too");
  if (command.all_users && command.out.empty()) fail(ErrorCode::kUsage, "--all-users needs -o FILE");
  if (command.serve_lines && !command.out.empty())
    fail(ErrorCode::kUsage, "--serve-lines answers on standard output; leave -o out");
  if (command.serve_lines && !ranks().alone())
    fail(ErrorCode::kUsage, "--serve-lines works in one process: start it without mpirun");
  if (json && list_format_of(command.out) == ListFormat::kCsv)
    fail(ErrorCode::kUsage, "-o {}: is CSV by its name; leave --json out or name another file", command.out);
}

RecommendRequest make_request(const RecommendCommand& command, const Dataset& dataset) {
  RecommendRequest request{.k = static_cast<std::size_t>(command.k),
                           .include_seen = command.include_seen,
                           .mask_kinds = parse_event_kinds(split_lists(command.mask_kinds)),
                           .filters = parse_filters(command.filters),
                           .at_most = parse_group_limits(command.at_most),
                           .strict = command.strict};
  if (command.users.size() == 1) request.user = command.users[0];
  for (const std::string& list : command.history) {
    for (std::string& id : ids_in_list(list, dataset.items)) request.history.push_back(std::move(id));
  }
  for (const std::string& time : split_lists(command.history_times))
    request.history_times.push_back(parse_moment(time, "--history-times"));
  for (const std::string& text : command.history_attributes) {
    const std::size_t end = text.find('=');
    if (end == std::string::npos || end == 0)
      fail(ErrorCode::kUsage, "--history-attribute {}: is not NAME=VALUE,VALUE, such as device=phone", text);
    std::vector<std::string>& values =
        request.history_attributes.emplace_back(text.substr(0, end), std::vector<std::string>()).second;
    for (const std::string_view value : split(std::string_view(text).substr(end + 1), ','))
      values.emplace_back(trimmed(value));
  }
  if (!command.at.empty()) request.now = parse_moment(command.at, "--at");
  if (!command.exclude.empty()) request.exclude = read_id_list(command.exclude);
  return request;
}

/// What is unknown of a request is said.
void remark_unknown(const Service& service, const RecommendRequest& request, const UnknownIds& unknown,
                    Session& session) {
  for (const std::string& text : unknown_texts(service.bundle().dataset, request, unknown))
    session.remark(text);
}

std::string answer_text(const Service& service, const RecommendRequest& request,
                        const Recommendations& result, Session& session) {
  const Dataset& dataset = service.bundle().dataset;
  std::string text;
  if (const std::vector<idx_t> last = last_items_of(dataset, request); !last.empty())
    text += fmt::format("last items of {}, latest first:\n{}\n", printable(*request.user),
                        items_text(dataset, last));
  if (result.fallback) {
    text += fmt::format("{} knows nothing of this user: these are the most popular items\n\n",
                        service.bundle().entry->name);
  }
  text += result.items.empty() ? "no item is left to recommend\n" : ranked_text(dataset, result.items);
  if (!result.items.empty() && result.items.size() < request.k)
    session.remark(fmt::format("only {} items are left to recommend", result.items.size()));
  return text;
}

/// One list, or several one after the other.
int show(const Service& service, const RecommendCommand& command, const std::vector<std::string>& users,
         Session& session) {
  RecommendRequest request = make_request(command, service.bundle().dataset);
  const bool many = users.size() > 1 || !command.users_file.empty();
  nlohmann::json lists = nlohmann::json::array();
  for (std::size_t i = 0; i < std::max<std::size_t>(1, users.size()); ++i) {
    session.context().check_stop();
    if (!users.empty()) request.user = users[i];
    const Recommendations result = service.recommend(request);
    UnknownIds news = result.unknown;
    if (i > 0) news.excluded.clear();  // said of the first
    remark_unknown(service, request, news, session);
    if (session.common().json) {
      lists.push_back(recommendations_json(service.bundle().dataset, request, result,
                                           last_items_of(service.bundle().dataset, request)));
      continue;
    }
    const std::string text = answer_text(service, request, result, session);
    if (many) print(fmt::format("{}user {}\n", i > 0 ? "\n" : "", *request.user));
    print(text);
  }
  if (session.common().json) print_json(many ? lists : lists[0]);
  return kSuccess;
}

/// Lists of many, or of one, to a file.
int write(const Service& service, const RecommendCommand& command, const std::vector<std::string>& users,
          Session& session) {
  const RecommendRequest request = make_request(command, service.bundle().dataset);
  const ListFormat format = session.common().json ? ListFormat::kJsonLines : list_format_of(command.out);
  remark_unknown(service, request, service.unknown_ids(request), session);
  ListCounts counts;
  if (command.all_users) {
    counts = write_recommendations(service, request, command.out, format, session.context());
  } else if (users.size() > 1 || request.history.empty()) {
    counts = write_recommendations(service, request, users, command.out, format, session.context());
  } else {
    counts = write_recommendation(service, request, command.out, format, session.context());
  }
  if (counts.unknown > 0) {
    session.remark(fmt::format("{} of {} users are unknown and get the list of a new user",
                               format_count(counts.unknown), format_count(counts.lists)));
  }
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
                   "Recommends items to users: those that a trained model ranks highest, best first.");
  declare(line, command);
  if (!line.parse(args)) return kSuccess;
  check(command, line.common.json);
  if (command.out.empty() && !ranks().first())
    return kSuccess;  // a few lists on the screen: the first makes them
  Session session(line.common);
  std::vector<std::string> users = command.users;
  if (!command.users_file.empty()) users = read_id_list(command.users_file);
  if (!command.users_file.empty() && users.empty())
    fail(ErrorCode::kBadData, "{}: holds no id; write one per line", command.users_file);
  const Service service(load_bundle(command.bundle));
  if (command.serve_lines) {
    serve_lines(service, make_request(command, service.bundle().dataset), session.context());
    return kSuccess;
  }
  return command.out.empty() ? show(service, command, users, session)
                             : write(service, command, users, session);
}

}  // namespace akin::cli
