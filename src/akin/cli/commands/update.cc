// akin update BUNDLE -d DATA -o BUNDLE
#include "akin/experiment/update.h"

#include <fmt/core.h>

#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/text.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/param_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/data/dataset.h"
#include "akin/report/experiment_text.h"
#include "akin/report/json.h"

namespace akin::cli {
namespace {

struct UpdateCommand {
  std::string bundle;
  std::string data;
  std::string out;
  int epochs = -1;  // -1 = not given
  std::vector<std::string> settings;
};

void declare(CommandLine& line, UpdateCommand& command) {
  line.explain(
      "Events that the bundle already has (same user, item, kind, value and time) are left out, so you can "
      "pass a "
      "complete export again; where nothing is new, -o becomes a copy of BUNDLE. Held-out events stay held "
      "out; all new events are used for training. Users and "
      "items may be new.");
  line.explain(
      "A model trained in epochs continues from its current state: new items and then users with new events "
      "are folded in, and training runs for --epochs more epochs over all events; with 0, nothing else "
      "changes. Other models are trained from scratch on all events.");
  line.add({"BUNDLE", "",
            InputPath{.where = &command.bundle, .may_be_replaced = [] { return true; }},  // read whole before
            "file written by `akin train`", Need::kRequired});
  line.add({"-d,--data", "DATA", InputPath{&command.data}, "new events: a data set written by `akin import`",
            Need::kRequired});
  line.add({"-o,--out", "BUNDLE", OutputPath{&command.out},
            "file to write the updated model to; may be BUNDLE itself", Need::kRequired});
  line.add({"--epochs", "N", &command.epochs, "epochs over all events; 0 = fold in new users and items only",
            Need::kOptional, 0, "a fifth of the model's"});
  line.add({"--set", "P=V", Text{&command.settings},
            "a new value for a parameter, such as learning_rate=0.01; repeatable"});
  line.example("akin update als.akin -d monday.data -o als-monday.akin");
  line.example("akin update als.akin -d monday.data -o als-monday.akin --epochs 0");
}

std::string nothing_new_text(const UpdateResult& result) {
  return fmt::format("nothing new for {}: all {} events are known already (training or held out)\n",
                     result.bundle.entry->name, format_count(result.counts.known));
}

void print_result(const UpdateResult& result, const std::string& out) {
  const MergeCounts& counts = result.counts;
  const auto counted = [](std::uint64_t count, std::string_view what) {
    return fmt::format("{} {}{}", format_count(count), what, count == 1 ? "" : "s");
  };
  std::string text = fmt::format("updated {}: {}, {}, {}, {} in {}\n", result.bundle.entry->name,
                                 counted(counts.events, "new event"), counted(counts.users, "new user"),
                                 counted(counts.items, "new item"), how_text(result),
                                 format_seconds(result.bundle.fit_seconds));
  if (counts.items_without_events > 0)
    text += fmt::format("{} without events\n", counted(counts.items_without_events, "new item"));
  if (counts.known > 0) {
    text += fmt::format("{} {} known already (training or held out) and left out\n",
                        counted(counts.known, "event"), counts.known == 1 ? "was" : "were");
  }
  print(text + fmt::format("wrote {}\n", shell_word(out)));
}

}  // namespace

int run_update(const Args& args) {
  UpdateCommand command;
  CommandLine line("update", "Updates a trained model with new events, users and items.");
  declare(line, command);
  line.rename_config([](auto& flags) {  // of earlier versions
    if (const auto old = flags.find("passes"); old != flags.end()) flags["epochs"] = old->second;
    flags.erase("passes");
  });
  if (!line.parse(args)) return kSuccess;
  UpdateOptions options;
  if (command.epochs >= 0) options.epochs = command.epochs;
  if (line.given("seed")) options.seed = line.common.seed;
  Session session(line.common);
  Bundle bundle = load_bundle(command.bundle);
  options.params = parse_settings(command.settings, bundle.entry->name);
  if (options.epochs && !bundle.entry->traits.warm_start) {
    fail(ErrorCode::kUsage,
         "--epochs: {} cannot continue from what it has learned; it is trained from scratch",
         bundle.entry->name);
  }
  UpdateResult result = update(std::move(bundle), load_dataset(command.data), options, session.context());
  session.context().check_stop();
  bool in_place = false;
  if (result.nothing_new) {
    std::error_code error;
    in_place = std::filesystem::equivalent(command.bundle, command.out, error) && !error;
    result.bundle = load_bundle(command.bundle);  // update() takes what it gets
  }
  if (!in_place) save_bundle(result.bundle, command.out);
  session.progress().clear();
  if (line.common.json)
    print_json(update_json(result, command.out));
  else if (result.nothing_new)
    print(nothing_new_text(result) +
          (in_place ? "" : fmt::format("wrote {}, a copy\n", shell_word(command.out))));
  else
    print_result(result, command.out);
  return kSuccess;
}

}  // namespace akin::cli
