// akin train MODEL -d DATA -o BUNDLE
#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/text.h"
#include "akin/catalog/fit.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/fit_flags.h"
#include "akin/cli/flags/param_flags.h"
#include "akin/cli/flags/split_flags.h"
#include "akin/cli/flags/vector_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/ranks.h"
#include "akin/cli/session.h"
#include "akin/data/dataset.h"
#include "akin/report/experiment_text.h"
#include "akin/report/json.h"

namespace akin::cli {
namespace {

std::string train_overview() {
  std::string text =
      "Usage: akin train MODEL -d DATA -o BUNDLE [flags]\n\nTrains a model on a data set. The bundle "
      "contains everything that recommend, similar, evaluate\nand export need, including the held-out "
      "events, so evaluate never scores training events.\n\nModels (`akin train MODEL --help` shows the "
      "parameters of "
      "each):\n";
  text += model_listing();
  text +=
      "\nExamples:\n"
      "  akin train als -d events.data -o als.akin\n"
      "  akin train als -d events.data -o als.akin --final        measure, then train on all events, for "
      "use\n"
      "  akin train popularity -d events.data -o popularity.akin --holdout none\n";
  return text;
}

/// `command`: what was typed.
void print_result(const TrainResult& trained, const std::string& out, const std::string& command) {
  const Bundle& bundle = trained.bundle;
  const std::string file = shell_word(out);
  std::string text = trained.history ? curve_text(*trained.history) : "";
  if (bundle.measured) text += measured_summary(bundle);
  text += fmt::format("trained {} on {} events in {}, {} held out ({})\n", bundle.entry->name,
                      format_count(trained.counts.training), format_seconds(bundle.fit_seconds),
                      format_count(trained.counts.held_out), to_string(bundle.split));
  const std::uint64_t validation = trained.counts.validation, history = trained.counts.history;
  if (validation + history > 0) {
    text += fmt::format("not trained on but known: {} validation, {} history events\n",
                        format_count(validation), format_count(history));
  }
  text += split_text(trained.split);
  const std::vector<double>& losses = trained.log.losses;
  if (losses.size() > 1 && std::isfinite(losses.front()))
    text += fmt::format("loss {:.5g} -> {:.5g}\n", losses.front(), losses.back());
  text += fmt::format("wrote {}\n\nNext: ", file);
  if (trained.counts.held_out > 0) {
    text += fmt::format(
        "akin evaluate {}\n      {} --final   # measures, then trains on all events: the model to use\n"
        "      ",
        file, command);
  }
  const std::string user = bundle.dataset.n_users() > 0 ? shell_word(bundle.dataset.users.id(0)) : "ID";
  text += fmt::format("akin recommend {} --user {}\n", file, user);
  if (bundle.model->has_similar()) {
    text += fmt::format("      akin similar {} --item {}\n", file, shell_word(bundle.dataset.items.id(0)));
  }
  print(text);
}

/// Whether --embedding applies.
bool is_net(const ModelEntry& entry) {
  return std::ranges::any_of(entry.params(),
                             [](const auto& info) { return info.param.name == "freeze_items"; });
}

/// The flags of one run.
struct TrainFlags {
  std::string data, out, init_items, embedding, word_vectors;
  bool final = false;
  int fetch_mib = kFetchMib;
  SplitFlags split;
  ParamValues params;
  FitFlags fit;

  void add_to(CommandLine& line, const ModelEntry& entry, const Args& args) {
    line.add({"-d,--data", "DATA", InputPath{&data}, "data set written by `akin import`", Need::kRequired});
    line.add({"-o,--out", "BUNDLE", OutputPath{&out}, "file to write the trained model to", Need::kRequired});
    split.add_to(line);
    line.add({"--final", "", &final,
              "for use: measure the model on the test set, then train it again on all events, with the "
              "epochs that "
              "were best; the bundle keeps the figures for `akin evaluate`"});
    line.section("Parameters of " + std::string(entry.name));
    add_param_flags(line, entry, params);
    if (entry.traits.takes_item_vectors) {
      line.section("Starting point");
      line.add({"--init-items", "FILE", vectors_path(&init_items),
                "initial item vectors instead of random ones: a bundle, or a file of vectors"});
    }
    if (is_net(entry)) {
      line.add(
          {"--embedding", "HOW", Text{&embedding},
           "item vectors: learned, one-hot (through a dense layer, the same result), pretrained=FILE (as "
           "--init-items), or pretrained=FILE,freeze to keep them as they are"});
    }
    if (entry.traits.takes_words) {
      line.add({"--word-vectors", "FILE", vectors_path(&word_vectors),
                "word vectors instead of those learned from the texts: a bundle, or a file of vectors"});
    }
    fit.add_to(line, entry, args);
    if (entry.traits.fetches_users) {
      line.section("Several processes");
      line.add({"--fetch-memory", "MIB", &fetch_mib,
                "memory of each process for the vectors of other processes' users, in MiB; where they do not "
                "all fit, "
                "some are sent several times an epoch",
                Need::kOptional, 1});
    }
  }
};

}  // namespace

int run_train(const Args& args) {
  if (args.empty())
    fail(ErrorCode::kUsage, "name a model: akin train MODEL -d DATA -o BUNDLE; see `akin train --help`");
  if (args[0] == "--help" || args[0] == "-h") {
    print(train_overview());
    return kSuccess;
  }
  if (args[0][0] == '-')
    fail(ErrorCode::kUsage, "name the model before the flags: akin train MODEL {} ...", args[0]);
  const ModelEntry& entry = find_model(args[0]);
  TrainFlags flags;
  CommandLine line("train " + std::string(entry.name), fmt::format("Trains {}.", entry.summary));
  flags.add_to(line, entry, args);
  line.example(fmt::format("akin train {0} -d events.data -o {0}.akin", entry.name));
  if (!line.parse({args.begin() + 1, args.end()})) return kSuccess;
  const ModelSpec model(entry, flags.params);  // wrong values are reported before anything is read
  check_divisible(model, ranks());
  const TrainOptions options{.holdout = flags.split.holdout,
                             .validation = flags.split.validation,
                             .monitor = flags.fit.options(line, entry),
                             .final = flags.final,
                             .init_items = flags.init_items,
                             .embedding = flags.embedding,
                             .word_vectors = flags.word_vectors,
                             .fetch_mib = flags.fetch_mib};
  if (flags.final && options.holdout == "none")
    fail(ErrorCode::kUsage,
         "--final measures on held-out events, and --holdout none has none; leave one out");
  Session session(line.common);
  // Without figures to compute, each of several processes needs no more than its share of the events.
  const bool whole = options.final || options.monitor.patience > 0 || !options.monitor.metric.empty();
  const TrainResult trained =
      train(load_dataset(flags.data, whole ? alone() : ranks()), model, options, session.context());
  session.context().check_stop();
  save_bundle(trained.bundle, flags.out, ranks());
  session.progress().clear();
  if (line.common.json)
    print_json(train_json(trained, flags.out));
  else
    print_result(trained, flags.out, typed_command("train", args));
  return kSuccess;
}

}  // namespace akin::cli
