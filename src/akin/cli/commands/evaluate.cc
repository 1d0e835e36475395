// akin evaluate BUNDLE
#include <fmt/core.h>

#include "akin/base/error.h"
#include "akin/base/format.h"
#include "akin/base/io.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/evaluation_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/ranks.h"
#include "akin/cli/session.h"
#include "akin/experiment/model_result.h"
#include "akin/report/json.h"
#include "akin/report/report.h"

namespace akin::cli {

int run_evaluate(const Args& args) {
  std::string path;
  std::string html;
  EvaluationFlags flags;
  CommandLine line(
      "evaluate",
      "Scores a trained model on the events that were held out when it was trained, and only on those.");
  line.explain(
      "For each user with held-out events, all items are ranked except those the user already has. HR is the "
      "share of users with a hit in the first K. Recall, Precision, F1, NDCG, MAP and MRR are means over "
      "users, with 95 % bootstrap intervals in brackets. Models that predict ratings also get RMSE, MAE and "
      "MSE. docs/evaluation.md defines all metrics.");
  line.add({"BUNDLE", "", InputPath{&path}, "file written by `akin train`", Need::kRequired});
  line.add({"--html", "FILE", OutputPath{&html}, "also write a self-contained web page"});
  flags.add_to(line);
  line.example("akin evaluate als.akin");
  line.example("akin evaluate als.akin --cutoffs 1,50 --json");
  if (!line.parse(args)) return kSuccess;
  const EvaluateOptions options = flags.options(line.common.seed);
  Session session(line.common);
  const Bundle bundle = load_bundle(path);
  const bool kept = bundle.test.empty() && bundle.measured;
  if (bundle.test.empty() && !kept) {
    fail(ErrorCode::kBadData,
         "{}: nothing was held out when it was trained (--holdout {}); train it again with --holdout last",
         path, to_string(bundle.split));
  }
  if (const std::vector<std::string> given = EvaluationFlags::given(line); kept && !given.empty()) {
    fail(ErrorCode::kUsage,
         "{}: {} cannot be followed: after `akin train --final` nothing is held out, and only the figures of "
         "the "
         "measurement before are kept; leave the flags out, or train without --final",
         path, fmt::join(given, ", "));
  }
  const ModelResult result =
      kept ? measured_result(bundle) : evaluate_bundle(bundle, options, session.context());
  session.progress().clear();
  if (!html.empty() && ranks().first()) write_file(html, evaluation_html(result));
  if (kept) {
    session.remark(
        "figures kept by `akin train --final`; for other cutoffs or candidates train without --final");
  }
  if (line.common.json) {
    nlohmann::json shown = evaluated_json(result, bundle.split);
    if (kept) {
      shown["holdout"] = bundle.measured->holdout;
      shown["final"] = {{"measured_after_training_events", bundle.measured->training_events},
                        {"training_events", bundle.count(Subset::kTrain)}};
    }
    print_json(shown);
  } else if (kept) {
    print(
        fmt::format("model: {}, trained on all {} events; before that it was measured, trained on {} events\n"
                    "held out then: {}\n{}",
                    result.model, format_count(bundle.count(Subset::kTrain)),
                    format_count(bundle.measured->training_events), bundle.measured->holdout,
                    evaluation_text(result.evaluation)));
  } else {
    print(fmt::format("model: {}, held out: {}\n{}", result.model, to_string(bundle.split),
                      evaluation_text(result.evaluation)));
  }
  return kSuccess;
}

}  // namespace akin::cli
