// akin evaluate BUNDLE
#include <fmt/core.h>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/evaluation_flags.h"
#include "akin/cli/output.h"
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
  if (bundle.test.empty()) {
    fail(ErrorCode::kBadData,
         "{}: nothing was held out when it was trained (--holdout {}); train it again with --holdout last",
         path, to_string(bundle.split));
  }
  const ModelResult result = evaluate_bundle(bundle, options, session.context());
  session.progress().clear();
  if (!html.empty()) write_file(html, evaluation_html(result));
  if (line.common.json) {
    print_json(evaluated_json(result, bundle.split));
  } else {
    print(fmt::format("model: {}, held out: {}\n{}", result.model, to_string(bundle.split),
                      evaluation_text(result.evaluation)));
  }
  return kSuccess;
}

}  // namespace akin::cli
