// akin train MODEL -d DATA -o BUNDLE
#include <filesystem>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/fit_flags.h"
#include "akin/cli/flags/param_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/cli/shop_text.h"
#include "akin/cli/training.h"
#include "akin/data/dataset_io.h"
#include "akin/report/text_table.h"
#include "akin/store/embeddings_reader.h"

namespace akin::cli {
namespace {

using nlohmann::json;

std::string overview() {
  std::string text =
      "Usage: akin train MODEL -d DATA -o BUNDLE [flags]\n"
      "\n"
      "Fits a model to a data set. The bundle holds all that recommend, similar, evaluate and export\n"
      "need, and which events were held out, so that evaluate never scores what was trained on.\n"
      "\n"
      "Models (`akin train MODEL --help` shows the parameters of each):\n";
  for (const ModelEntry& entry : models())
    text += fmt::format("  {:<12}{}\n", entry.name, wrap(entry.summary, 86, 14));
  text +=
      "\nExamples:\n"
      "  akin train als -d shop.data -o als.akin\n"
      "  akin train popularity -d shop.data -o popularity.akin --holdout none\n";
  return text;
}

void print_result(const Bundle& bundle, const std::string& out, const std::vector<double>& losses) {
  const std::string file = shell_word(out);
  std::string text = fmt::format("trained {} on {} events in {}, {} held out ({})\n", bundle.entry->name,
                                 format_count(bundle.count(Part::kTrain)), format_seconds(bundle.fit_seconds),
                                 format_count(bundle.test.size()), to_string(bundle.split));
  const std::uint64_t validation = bundle.count(Part::kValidation), history = bundle.count(Part::kHistory);
  if (validation + history > 0) {
    text += fmt::format("not trained on but known: {} validation, {} history events\n",
                        format_count(validation), format_count(history));
  }
  if (losses.size() > 1) text += fmt::format("loss {:.5g} -> {:.5g}\n", losses.front(), losses.back());
  text += fmt::format("wrote {}\n\nNext: ", file);
  if (!bundle.test.empty()) text += fmt::format("akin evaluate {}\n      ", file);
  const std::string user = bundle.shop.n_users() > 0 ? shell_word(bundle.shop.users.id(0)) : "ID";
  text += fmt::format("akin recommend {} --user {}\n", file, user);
  if (bundle.model->has_similar()) {
    text += fmt::format("      akin similar {} --item {}\n", file, shell_word(bundle.shop.items.id(0)));
  }
  print(text);
}

json result_json(const Bundle& bundle, const std::string& out, const std::vector<double>& losses) {
  return {{"model", bundle.entry->name},
          {"params", bundle.params},
          {"seed", bundle.seed},
          {"holdout", to_string(bundle.split)},
          {"training_events", bundle.count(Part::kTrain)},
          {"validation_events", bundle.count(Part::kValidation)},
          {"history_events", bundle.count(Part::kHistory)},
          {"held_out_events", bundle.test.size()},
          {"seconds", bundle.fit_seconds},
          {"losses", losses},
          {"bundle", out}};
}

/// Vectors of --init-items for the items of `shop`, told in a remark.
PretrainedItems read_init_items(const std::string& path, const Dataset& shop, Session& session) {
  MatchedItems match = match_items(read_embeddings(path), shop.items, path);
  session.remark(fmt::format(
      "{}: vectors of {} of {} items{}", path, format_count(match.matched), format_count(shop.n_items()),
      match.unknown == 0
          ? ""
          : fmt::format(", and {} of items that are not in the data", format_count(match.unknown))));
  return std::move(match.items);
}

/// The flags of one run.
struct TrainFlags {
  std::string data, out, init_items;
  SplitFlags split;
  ParamValues params;
  FitFlags fit;

  void add_to(CommandLine& line, const ModelEntry& entry, const Args& args) {
    line.add({"-d,--data", "DATA", &data, "data set written by `akin import`", Need::kRequired});
    line.add({"-o,--out", "BUNDLE", &out, "file to write the trained model to", Need::kRequired});
    split.add_to(line);
    line.section("Parameters of " + std::string(entry.name));
    for (const ModelEntry::ParamInfo& info : entry.params()) add_param_flag(line, info, params);
    if (entry.traits.takes_item_vectors) {
      line.section("Where training begins");
      line.add({"--init-items", "FILE", &init_items,
                "vectors of items to begin with in place of random ones: a bundle, "
                "or what `akin export` writes"});
    }
    fit.add_to(line, entry, args);
  }
};

}  // namespace

int run_train(const Args& args) {
  if (args.empty())
    fail(ErrorCode::kUsage, "name a model: akin train MODEL -d DATA -o BUNDLE; see `akin train --help`");
  if (args[0] == "--help" || args[0] == "-h") {
    print(overview());
    return kSuccess;
  }
  if (args[0][0] == '-')
    fail(ErrorCode::kUsage, "name the model before the flags: akin train MODEL {} ...", args[0]);
  const ModelEntry& entry = find_model(args[0]);
  TrainFlags flags;
  CommandLine line("train " + std::string(entry.name), fmt::format("Trains {}.", entry.summary));
  flags.add_to(line, entry, args);
  line.example(fmt::format("akin train {0} -d shop.data -o {0}.akin", entry.name));
  if (!line.parse({args.begin() + 1, args.end()})) return kSuccess;
  entry.complete(flags.params);  // wrong values are told before anything is read
  const MonitorOptions watch = flags.fit.options(line, entry);
  Session session(line.common);
  Dataset data = load_dataset(flags.data);
  SplitSpec split = flags.split.spec(data, line.common.seed);
  split.validation = split.validation || !watch.metric.empty();
  session.remark(training_note(data, entry, flags.params));
  Arena arena = make_arena(std::move(data), split);
  Context context = session.context();
  if (watch.resume && !std::filesystem::exists(watch.checkpoint))
    session.remark(fmt::format("{}: no such checkpoint yet, starting anew", watch.checkpoint));
  const std::unique_ptr<Watch> watched =
      needs_monitor(watch) ? make_watch(arena, {&entry, flags.params}, watch, session.context()) : nullptr;
  if (watched) context.observer = &watched->monitor;
  PretrainedItems pretrained;
  FitStart start;
  if (!flags.init_items.empty()) {
    pretrained = read_init_items(flags.init_items, arena.shop, session);
    start.items = &pretrained;
    context.start = &start;
  }
  Fitted fitted = fit_in(arena, entry, flags.params, context);
  if (watched && watched->monitor.resumed_at() > 0)
    session.remark(fmt::format("resumed after pass {}", watched->monitor.resumed_at()));
  const Bundle bundle = make_bundle(std::move(arena), entry, flags.params, context.seed, std::move(fitted));
  context.check_stop();
  save_bundle(bundle, flags.out);
  session.progress().clear();
  const std::vector<double> losses = session.progress().losses();
  if (!line.common.json) {
    if (watched) print(curve_lines(watched->monitor));
    print_result(bundle, flags.out, losses);
    return kSuccess;
  }
  json result = result_json(bundle, flags.out, losses);
  if (watched) result["monitor"] = monitor_json(watched->monitor);
  print_json(result);
  return kSuccess;
}

}  // namespace akin::cli
