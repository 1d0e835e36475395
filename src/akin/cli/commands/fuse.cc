// akin fuse -d DATA --source "..." -o BUNDLE
#include "akin/experiment/fuse.h"

#include <fmt/ranges.h>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/io.h"
#include "akin/base/text.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/evaluation_flags.h"
#include "akin/cli/flags/param_flags.h"
#include "akin/cli/flags/split_flags.h"
#include "akin/cli/flags/vector_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/data/dataset.h"
#include "akin/report/fusion_report.h"

namespace akin::cli {
namespace {

struct FuseCommand {
  std::string data, out, html, word_vectors;
  std::vector<std::string> sources;
  SplitFlags split;
  ParamValues params;
  std::vector<std::string> ablation;
  int splits = 1;
  EvaluationFlags evaluation;
};

void declare(CommandLine& line, FuseCommand& command) {
  line.add(
      {"-d,--data", "DATA", InputPath{&command.data}, "data set written by `akin import`", Need::kRequired});
  line.add(
      {"-o,--out", "BUNDLE", OutputPath{&command.out}, "file to write the fused model to", Need::kRequired});
  line.add({"--source", "SOURCE", Text{&command.sources},
            "[NAME:] KIND [PARAMETER=VALUE ...]; repeatable. KIND is an encoder (`akin encode --help`), a "
            "model with "
            "vectors of items, map (from content to events), vectors file=FILE, or bundle file=FILE"});
  command.split.add_to(line);
  line.section("Weights");
  for (const ModelEntry::ParamInfo& info : find_model(Fused::kName).params()) {
    if (info.param.name != "sources") add_param_flag(line, info, command.params);
  }
  line.add({"--word-vectors", "FILE", vectors_path(&command.word_vectors),
            "word vectors of the encoder word-vectors: a bundle, or a file of vectors"});
  line.section("What each source is worth");
  line.add({"--ablation", "A,B", Text{&command.ablation},
            "also measure sources on the held-out events: single, pairs, leave-one-out, several separated by "
            "commas, or "
            "full for all of them; then all with equal weights, all, and the one vector"});
  line.add({"--splits", "N", &command.splits,
            "pool the ablation over N splits, with seeds from --seed on; the bundle is that of the first",
            Need::kOptional, 1});
  line.add(
      {"--html", "FILE", OutputPath{&command.html}, "also write the ablation as a web page with charts"});
  command.evaluation.add_to(line);
  line.explain(
      "A user's score of an item is a weighted sum over the sources, each user's scores standardized per "
      "source. A "
      "source that knows nothing of an item says that user's mean. The weights depend on how many training "
      "events an "
      "item has; they are learned on a second split inside the training set. Without --source: all that suit "
      "the data.");
  line.example(
      "akin fuse -d events.data --holdout cold-items:0.2 --candidates cold --ablation full -o fused.akin");
  line.example(
      "akin fuse -d events.data --source tfidf --source \"attributes fields=brand\" "
      "--source map "
      "-o fused.akin");
}

std::vector<std::string> sets_of(const std::vector<std::string>& names) {
  const std::vector<std::string> listed = split_lists(names);
  return listed == std::vector<std::string>{"full"}
             ? std::vector<std::string>{"single", "pairs", "leave-one-out"}
             : listed;
}

}  // namespace

int run_fuse(const Args& args) {
  FuseCommand command;
  CommandLine line("fuse", "Makes one model of several sources: content, events, vectors of other programs.");
  declare(line, command);
  if (!line.parse(args)) return kSuccess;
  if (!command.html.empty() && command.ablation.empty())
    fail(ErrorCode::kUsage, "--html shows an ablation: give --ablation too");
  Fused::Config config;
  set_params(config.params(), command.params, Fused::kName);
  config.sources = fmt::format("{}", fmt::join(command.sources, "; "));
  Session session(line.common);
  const FuseOptions options{.holdout = command.split.holdout,
                            .ablation = sets_of(command.ablation),
                            .splits = command.splits,
                            .word_vectors = command.word_vectors,
                            .evaluation = command.evaluation.options(line.common.seed)};
  const FuseResult result = train_fused(load_dataset(command.data), config, options, session.context());
  session.context().check_stop();
  save_bundle(result.bundle, command.out);
  session.progress().clear();
  if (!command.html.empty()) write_file(command.html, fusion_html(result));
  if (line.common.json)
    print_json(fusion_json(result, command.out));
  else
    print(fusion_text(result) + fmt::format("wrote {}\n", command.out));
  return kSuccess;
}

}  // namespace akin::cli
