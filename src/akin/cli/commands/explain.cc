// akin explain BUNDLE --user ID [--item ID]
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/cli/commands.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/cli/shop_text.h"
#include "akin/serve/service.h"

namespace akin::cli {
namespace {

using nlohmann::json;

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
      "A score is a base, which does not come from the history, plus what each item of the history adds. "
      "Items may also take away.");
  line.add({"BUNDLE", "", &command.bundle, "file written by `akin train`", Need::kRequired});
  line.add({"--user", "ID", &command.user, "a user of the training data"});
  line.add({"--history", "ID,ID", &command.history,
            "items of somebody new, oldest first; with --user: what that user did since training"});
  line.add({"--item", "ID", &command.item, "the item to explain; without it the user's recommendations"});
  line.add({"-k,--top", "N", &command.k, "how many recommendations", Need::kOptional, 1});
  line.add({"--causes", "N", &command.causes, "how many items of the history to show of each",
            Need::kOptional, 1});
  line.example("akin explain als.akin --user A2IBPI20UZIR0U");
  line.example("akin explain item-knn.akin --history B0002E1G5C,B0002CZVXM --item B0002GFOMY");
}

/// The causes that are shown, and how much all others add.
struct Shown {
  std::span<const Scored> first;
  std::size_t others = 0;
  float rest = 0;
};
Shown shown(const Explanation& why, int causes) {
  const std::size_t count = std::min(why.causes.size(), static_cast<std::size_t>(causes));
  Shown result{std::span(why.causes).first(count), why.causes.size() - count};
  for (const Scored& cause : std::span(why.causes).subspan(count)) result.rest += cause.score;
  return result;
}

std::string named(const Dataset& shop, idx_t item) {
  const std::string title = item_title(shop, item);
  return fmt::format("{}{}{}", shop.items.id(item), title.empty() ? "" : "  ", title);
}

std::string text_of(const Dataset& shop, const Explained& explained, int causes) {
  std::string text = fmt::format("{}  score {:.4f}\n", named(shop, explained.item.idx), explained.item.score);
  const Shown parts = shown(explained.why, causes);
  for (const Scored& cause : parts.first)
    text += fmt::format("  {:+9.4f}  {}\n", cause.score, named(shop, cause.idx));
  if (parts.others > 0) {
    text +=
        fmt::format("  {:+9.4f}  {} other item{}\n", parts.rest, parts.others, parts.others == 1 ? "" : "s");
  }
  if (explained.why.base != 0) text += fmt::format("  {:+9.4f}  whatever the history\n", explained.why.base);
  return text;
}

json json_of(const Dataset& shop, const Explained& explained, int causes) {
  const auto entry = [&](const Scored& scored, std::string_view value) {
    json row = items_json(shop, std::span(&scored.idx, 1))[0];
    row[std::string(value)] = scored.score;
    return row;
  };
  json row = entry(explained.item, "score");
  const Shown parts = shown(explained.why, causes);
  row["causes"] = json::array();
  for (const Scored& cause : parts.first) row["causes"].push_back(entry(cause, "adds"));
  row["other_causes"] = {{"count", parts.others}, {"adds", parts.rest}};
  row["base"] = explained.why.base;
  return row;
}

}  // namespace

int run_explain(const Args& args) {
  ExplainCommand command;
  CommandLine line("explain", "Which of a user's items led to a recommendation.");
  declare(line, command);
  if (!line.parse(args)) return kSuccess;
  if (!command.user && command.history.empty())
    fail(ErrorCode::kUsage, "say for whom: --user ID or --history ID,ID; see `akin explain --help`");
  Session session(line.common);
  const Service service(load_bundle(command.bundle));
  const RecommendRequest request{.user = command.user,
                                 .history = split_lists(command.history),
                                 .k = static_cast<std::size_t>(command.k)};
  const std::vector<Explained> list = service.explain(request, command.item);
  const Dataset& shop = service.bundle().shop;
  if (line.common.json) {
    json result = json::array();
    for (const Explained& explained : list) result.push_back(json_of(shop, explained, command.causes));
    print_json({{"items", result}});
    return kSuccess;
  }
  std::string text;
  for (const Explained& explained : list) {
    text += (text.empty() ? "" : "\n") + text_of(shop, explained, command.causes);
  }
  print(text);
  return kSuccess;
}

}  // namespace akin::cli
