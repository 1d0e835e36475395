#include "akin/cli/flags/fit_flags.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "akin/base/error.h"
#include "akin/report/text_table.h"

namespace akin::cli {
namespace {

constexpr std::array<std::string_view, 7> kNames = {"--patience",   "--metric",     "--eval-every",
                                                    "--stop-after", "--checkpoint", "--checkpoint-seconds",
                                                    "--resume"};

}  // namespace

void FitFlags::add_to(CommandLine& line, const ModelEntry& entry, const Args& args) {
  if (!entry.traits.iterative) {
    for (const std::string& arg : args) {
      if (std::ranges::count(kNames, std::string_view(arg).substr(0, arg.find('='))) > 0)
        fail(ErrorCode::kUsage, "{} does not apply: {} is not trained in epochs", arg, entry.name);
    }
    return;
  }
  line.section("Early stopping and checkpoints");
  line.add({"--patience", "N", &patience_,
            "stop after N evaluations on the validation set without improvement and keep the best epoch; 0 = "
            "never stop"});
  line.add({"--metric", "NAME", Text{&metric_}, "metric to watch on the validation set", Need::kOptional, 0,
            std::string(WatchedMetric::default_for(entry.traits))});
  line.add({"--eval-every", "N", &every_, "epochs between evaluations", Need::kOptional, 1});
  line.add(
      {"--stop-after", "N", &stop_after_, "stop after this many of the planned epochs; 0 = run all of them"});
  line.add({"--checkpoint", "FILE", OutputPath{&checkpoint_},
            "save the state of training to this file, so that --resume can continue"});
  line.add({"--checkpoint-seconds", "N", &checkpoint_seconds_,
            "minimum number of seconds between two checkpoints; 0 = one after every epoch"});
  line.add(
      {"--resume", "", &resume_, "continue from the checkpoint; start from the beginning if there is none"});
}

MonitorOptions FitFlags::options(const CommandLine& line, const ModelEntry& entry) const {
  MonitorOptions options{.every = every_,
                         .patience = patience_,
                         .stop_after = stop_after_,
                         .checkpoint = checkpoint_,
                         .checkpoint_seconds = static_cast<double>(checkpoint_seconds_),
                         .resume = resume_};
  if (patience_ > 0 || line.given("metric") || line.given("eval-every")) {
    options.metric = metric_.empty() ? std::string(WatchedMetric::default_for(entry.traits)) : metric_;
    WatchedMetric(options.metric, entry.traits);  // a wrong name is reported before anything is read
  }
  if (resume_ && checkpoint_.empty()) fail(ErrorCode::kUsage, "--resume: name the file with --checkpoint");
  return options;
}

}  // namespace akin::cli
