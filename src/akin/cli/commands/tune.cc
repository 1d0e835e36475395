// akin tune MODEL -d DATA -o BEST.toml
#include "akin/experiment/tune.h"

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/io.h"
#include "akin/base/text.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/param_flags.h"
#include "akin/cli/flags/split_flags.h"
#include "akin/cli/flags/vector_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/ranks.h"
#include "akin/cli/session.h"
#include "akin/data/dataset.h"
#include "akin/experiment/watched_metric.h"
#include "akin/models/fit/old_names.h"
#include "akin/report/experiment_text.h"
#include "akin/report/json.h"

namespace akin::cli {
namespace {

constexpr std::size_t kShown = 10;  // trials in the table on the screen

struct TuneFlags {
  std::string data;
  std::string out;
  std::string html;
  std::string search = "random";
  std::vector<std::string> settings;
  TuneOptions options;
};

std::string tune_overview() {
  std::string text =
      "Usage: akin tune MODEL -d DATA -o BEST.toml [flags]\n\nTries configurations of a model on a "
      "validation set and writes the best one to a file for\n`akin train MODEL --config BEST.toml`. The test "
      "set for `akin evaluate` is never used.\n\nModels (`akin models MODEL` shows what is tuned):\n";
  text += model_listing();
  text +=
      "\nExamples:\n"
      "  akin tune als -d events.data -o als.toml\n"
      "  akin tune bpr -d events.data -o bpr.toml --search halving --trials 81\n";
  return text;
}

std::string default_log(const std::string& out) { return out + ".trials.jsonl"; }

void add_flags(CommandLine& line, const ModelEntry& entry, TuneFlags& flags) {
  TuneOptions& options = flags.options;
  const auto also_states = [&flags](const std::string& log) {
    std::vector<OutputPath::More> folder;
    if (flags.search == "halving") folder.push_back({trial_states_folder(log), true});
    return folder;
  };
  const auto also_log = [&flags, also_states](const std::string& out) {
    std::vector<OutputPath::More> more;
    if (!flags.options.log.empty()) return more;
    more = also_states(default_log(out));
    more.push_back({default_log(out)});
    return more;
  };
  line.add(
      {"-d,--data", "DATA", InputPath{&flags.data}, "data set written by `akin import`", Need::kRequired});
  line.add({"-o,--out", "BEST.toml", OutputPath{.where = &flags.out, .also = also_log},
            "file to write the best configuration to", Need::kRequired});
  line.add({"--holdout", "HOW", Text{&options.holdout}, holdout_help()});
  if (entry.traits.takes_words) {
    line.add({"--word-vectors", "FILE", vectors_path(&options.word_vectors),
              "word vectors instead of those learned from the texts: a bundle, or a file of vectors"});
  }
  line.section("Search");
  line.add({"--search", "HOW", Text{&flags.search},
            "random (all trials run in full) or halving (successive halving: many short trials, the best "
            "continue)"});
  line.add({"--trials", "N", &options.trials, "number of configurations to try; trial 0 uses the defaults",
            Need::kOptional, 1});
  line.add({"--eta", "N", &options.eta, "halving: one trial in N continues, with N times the epochs",
            Need::kOptional, 2});
  line.add({"--set", "P=V", Text{&flags.settings}, "fix a parameter at a value; repeatable"});
  line.add({"--range", "P=LOW:HIGH", Text{&options.ranges},
            "search a parameter in this range, or P=A,B for choices; repeatable"});
  line.add({"--metric", "NAME", Text{&options.metric}, "metric to optimize on the validation set",
            Need::kOptional, 0, std::string(WatchedMetric::default_for(entry.traits))});
  line.add(
      {"--candidates", "WHICH", Text{&options.candidates},
       "what held-out items are ranked against, as in `akin evaluate`: all, catalogue, cold, uniform:N or "
       "popularity:N"});
  if (entry.traits.iterative) {
    line.add({"--patience", "N", &options.patience,
              "stop a trial after N evaluations without improvement; 0 = never"});
    line.add({"--eval-every", "N", &options.every, "epochs between evaluations", Need::kOptional, 1});
  }
  line.add({"--parallel",
            "N",
            &options.parallel,
            "trials that run at once and share the threads",
            Need::kOptional,
            1,
            "",
            {},
            kMostThreads});
  line.section("Output");
  line.add({"--trials-file", "FILE", OutputPath{.where = &options.log, .also = also_states},
            "file of finished trials; run the same command again to continue after an interruption",
            Need::kOptional, 0, "BEST.toml.trials.jsonl"});
  line.add({"--html", "FILE", OutputPath{&flags.html}, "also write a self-contained web page"});
  line.explain(
      "Trials are scored on a validation set, taken from the training set in the same way as the test set. "
      "The test set for `akin evaluate` is never used.");
  line.example(fmt::format("akin tune {0} -d events.data -o {0}.toml", entry.name));
  line.example(fmt::format("akin train {0} -d events.data -o {0}.akin --config {0}.toml", entry.name));
}

void print_outcome(const TuneReport& report, const TuneFlags& flags) {
  const TuneResult& result = report.result;
  std::string text =
      fmt::format("{} trials of {} on {}\n", result.trials.size(), report.entry.name, report.protocol);
  text += split_text(result.summary, "validation") + "\n";
  text += trials_table(report, kShown);
  if (result.trials.size() > kShown)
    text += fmt::format("... and {} more in {}\n", result.trials.size() - kShown, flags.options.log);
  if (result.failures() > 0) text += fmt::format("{} trials failed\n", result.failures());
  text += fmt::format("\nwrote {}\n\nNext: akin train {} -d {} --config {} -o {}.akin --final\n",
                      shell_word(flags.out), report.entry.name, shell_word(flags.data), shell_word(flags.out),
                      report.entry.name);
  print(text);
}

}  // namespace

int run_tune(const Args& args) {
  if (args.empty())
    fail(ErrorCode::kUsage, "name a model: akin tune MODEL -d DATA -o BEST.toml; see `akin tune --help`");
  if (args[0] == "--help" || args[0] == "-h") {
    print(tune_overview());
    return kSuccess;
  }
  if (args[0][0] == '-')
    fail(ErrorCode::kUsage, "name the model before the flags: akin tune MODEL {} ...", args[0]);
  const ModelEntry& entry = find_model(args[0]);
  TuneFlags flags;
  CommandLine line("tune " + std::string(entry.name),
                   fmt::format("Searches for good parameters of {}.", entry.name));
  add_flags(line, entry, flags);
  if (!line.parse({args.begin() + 1, args.end()})) return kSuccess;
  if (flags.search != "random" && flags.search != "halving")
    fail(ErrorCode::kUsage, "--search: '{}' is neither random nor halving", flags.search);
  flags.options.halving = flags.search == "halving";
  if (flags.options.log.empty()) flags.options.log = default_log(flags.out);
  for (std::string& range : flags.options.ranges) range = current_ranges(entry.name, range);
  const ModelSpec model(entry, parse_settings(flags.settings, entry.name));
  check_search(model, flags.options);  // what is wrong is reported before anything is read
  Session session(line.common);
  TuneResult result = tune(load_dataset(flags.data), model, flags.options, session.context());
  session.progress().clear();
  const std::string protocol = fmt::format("{} validation events (test events, --holdout {}, not used)",
                                           format_count(result.validation_events), to_string(result.split));
  const TuneReport report{.entry = entry,
                          .result = std::move(result),
                          .data = flags.data,
                          .protocol = protocol,
                          .command = typed_command("tune", args),
                          .seed = line.common.seed};
  if (ranks().first()) write_file(flags.out, best_toml(report));
  if (!flags.html.empty() && ranks().first()) write_file(flags.html, tune_html(report));
  if (line.common.json)
    print_json(tune_json(report));
  else
    print_outcome(report, flags);
  return kSuccess;
}

}  // namespace akin::cli
