// akin similar BUNDLE --item ID | --all-items -o FILE
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/cli/batch.h"
#include "akin/cli/commands.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/cli/shop_text.h"
#include "akin/eval/text_table.h"
#include "akin/serve/service.h"

namespace akin::cli {
namespace {

using nlohmann::json;

struct SimilarCommand {
  std::string bundle;
  std::optional<std::string> item;
  int k = 10;
  std::vector<std::string> filters;
  bool all_items = false;
  std::string out;
};

void declare(CommandLine& line, SimilarCommand& command) {
  line.add({"BUNDLE", "", &command.bundle, "file written by `akin train`", Need::kRequired});
  line.add({"--item", "ID", &command.item, "the item to find others like"});
  line.add({"-k,--top", "N", &command.k, "how many items", Need::kOptional, 1});
  line.add({"--filter", "NAME=VALUE", &command.filters,
            "only items with this attribute, such as category=Toys; may be repeated"});
  line.add({"--all-items", "", &command.all_items, "a list for every item, to the file of -o"});
  line.add(
      {"-o,--out", "FILE", &command.out,
       "with --all-items: tab-separated item, similar, rank, score; with --json a JSON object per item; - = "
       "standard output"});
  line.example("akin similar als.akin --item B0002E1G5C -k 5");
  line.example("akin similar als.akin --all-items -o similar.tsv");
}

void check(const SimilarCommand& command) {
  if (command.all_items == command.item.has_value()) {
    fail(ErrorCode::kUsage, "say of which: either --item ID or --all-items; see `akin similar --help`");
  }
  if (command.all_items && command.out.empty()) fail(ErrorCode::kUsage, "--all-items needs -o FILE");
  if (!command.all_items && !command.out.empty()) fail(ErrorCode::kUsage, "-o is for --all-items");
}

int similar_all(const Service& service, const SimilarCommand& command, Session& session) {
  const Dataset& shop = service.bundle().shop;
  const std::vector<AttributeFilter> filters = parse_filters(command.filters);
  const auto k = static_cast<std::size_t>(command.k);
  const Batch batch{"item", shop.items, shop, [&](idx_t item) {
                      return BatchList{service.similar(std::string(shop.items.id(item)), k, filters)};
                    }};
  const BatchCounts counts = write_batch(batch, command.out, session);
  if (command.out != "-") {
    session.remark(fmt::format("wrote {}: {} similar items of {} items", command.out,
                               format_count(counts.lines), format_count(counts.lists)));
  }
  return kSuccess;
}

}  // namespace

int run_similar(const Args& args) {
  SimilarCommand command;
  CommandLine line("similar", "Items like an item, most similar first.");
  declare(line, command);
  if (!line.parse(args)) return kSuccess;
  check(command);
  Session session(line.common);
  const Service service(load_bundle(command.bundle));
  if (command.all_items) return similar_all(service, command, session);
  const Dataset& shop = service.bundle().shop;
  const std::vector<Scored> ranked =
      service.similar(*command.item, static_cast<std::size_t>(command.k), parse_filters(command.filters));
  const idx_t item = shop.items.at(*command.item, "item");
  if (line.common.json) {
    json result = items_json(shop, std::span(&item, 1))[0];
    result["similar"] = ranked_json(shop, ranked);
    print_json(result);
    return kSuccess;
  }
  const std::string title = item_title(shop, item);
  print(fmt::format("similar to {}{}{}:\n", *command.item, title.empty() ? "" : "  ", title));
  print(ranked.empty() ? "nothing: the model has learned nothing about this item\n"
                       : ranked_text(shop, ranked));
  return kSuccess;
}

}  // namespace akin::cli
