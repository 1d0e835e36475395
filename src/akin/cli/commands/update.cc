// akin update BUNDLE -d DATA -o BUNDLE
#include "akin/experiment/update.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/param_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/cli/shop_text.h"
#include "akin/data/dataset_io.h"
#include "akin/report/text_table.h"

namespace akin::cli {
namespace {

struct UpdateCommand {
  std::string bundle;
  std::string data;
  std::string out;
  int passes = -1;  // -1 = not given
  std::vector<std::string> settings;
};

void declare(CommandLine& line, UpdateCommand& command) {
  line.explain(
      "Events of the new data that the bundle knows already, by their time, are left out, so that a whole "
      "export may come again. What the bundle holds out stays held out; all new events are trained on. Users "
      "and items may be new.");
  line.explain(
      "A model fitted in passes begins with what it has learned, new items and then users with new events "
      "folded in, and makes --passes passes over all events; with 0, nothing else changes. Other models are "
      "fitted to all events anew.");
  line.add({"BUNDLE", "", &command.bundle, "file written by `akin train`", Need::kRequired});
  line.add({"-d,--data", "DATA", &command.data, "new events: a data set written by `akin import`",
            Need::kRequired});
  line.add({"-o,--out", "BUNDLE", &command.out, "file to write the updated model to", Need::kRequired});
  line.add({"--passes", "N", &command.passes, "passes over all events; 0 = fold in new users and items only",
            Need::kOptional, 0, "a fifth of the model's"});
  line.add({"--set", "P=V", &command.settings,
            "another value for a parameter, such as learning_rate=0.01; may be repeated"});
  line.example("akin update als.akin -d monday.data -o als-monday.akin");
  line.example("akin update als.akin -d monday.data -o als-monday.akin --passes 0");
}

/// The passes to make: what was asked for, or a fifth of the model's own.
int choose_passes(const UpdateCommand& command, const Update& update) {
  if (command.passes >= 0) return command.passes;
  const int planned = std::stoi(update.params.at(std::string(update.entry->traits.passes)));
  return std::max(1, planned / 5);
}

void print_result(const Bundle& bundle, const MergeCounts& counts, const std::string& out,
                  const std::string& how) {
  std::string text = fmt::format("updated {}: {} new events, {} new users, {} new items, {} in {}\n",
                                 bundle.entry->name, format_count(counts.events), format_count(counts.users),
                                 format_count(counts.items), how, format_seconds(bundle.fit_seconds));
  if (counts.known > 0) {
    text += fmt::format("{} events were known already (training or held out) and left out\n",
                        format_count(counts.known));
  }
  print(text + fmt::format("wrote {}\n", shell_word(out)));
}

}  // namespace

int run_update(const Args& args) {
  UpdateCommand command;
  CommandLine line("update", "Goes on from a trained model with new events, users and items.");
  declare(line, command);
  if (!line.parse(args)) return kSuccess;
  const ParamValues settings = parse_settings(command.settings);
  Session session(line.common);
  Update update = prepare_update(load_bundle(command.bundle), load_dataset(command.data));
  const ModelEntry& entry = *update.entry;
  if (command.passes >= 0 && !entry.traits.warm_start) {
    fail(ErrorCode::kUsage, "--passes: {} does not go on from what it has learned, it is fitted anew",
         entry.name);
  }
  for (const auto& [name, value] : settings) update.params[name] = value;
  const ParamValues params = entry.complete(update.params);
  ParamValues fit_params = params;
  Context context = session.context();
  context.seed = line.given("seed") ? line.common.seed : update.seed;
  std::string how = "fitted anew";
  if (entry.traits.warm_start) {
    const int passes = choose_passes(command, update);
    fit_params[std::string(entry.traits.passes)] = std::to_string(passes);
    how = passes == 0 ? "folded in" : fmt::format("{} passes", passes);
    context.start = &update.start;
  }
  Fitted fitted = fit_in(update.arena, entry, fit_params, context);
  context.check_stop();
  Bundle bundle = make_bundle(std::move(update.arena), entry, params, context.seed, std::move(fitted));
  bundle.updates = update.updates + 1;
  save_bundle(bundle, command.out);
  session.progress().clear();
  if (!line.common.json) {
    print_result(bundle, update.counts, command.out, how);
    return kSuccess;
  }
  print_json({{"model", entry.name},
              {"params", bundle.params},
              {"how", how},
              {"new_events", update.counts.events},
              {"new_users", update.counts.users},
              {"new_items", update.counts.items},
              {"known_events", update.counts.known},
              {"updates", bundle.updates},
              {"seconds", bundle.fit_seconds},
              {"bundle", command.out}});
  return kSuccess;
}

}  // namespace akin::cli
