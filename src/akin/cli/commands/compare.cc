// akin compare -d DATA --models a,b
#include "akin/experiment/compare.h"

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/text.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/evaluation_flags.h"
#include "akin/cli/flags/param_flags.h"
#include "akin/cli/flags/split_flags.h"
#include "akin/cli/flags/vector_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/ranks.h"
#include "akin/cli/session.h"
#include "akin/report/experiment_text.h"
#include "akin/report/json.h"
#include "akin/report/report.h"

namespace akin::cli {
namespace {

/// "als.factors=32" goes to the parameters of als.
void apply_setting(const std::string& text, std::vector<ModelSpec>& list) {
  const std::size_t equals = text.find('=');
  const std::size_t dot = text.substr(0, equals).find('.');
  if (equals == std::string::npos || dot == std::string::npos) {
    fail(ErrorCode::kUsage, "--set: '{}' is not MODEL.PARAMETER=VALUE, such as als.factors=32", text);
  }
  const ModelEntry& entry = find_model(text.substr(0, dot));
  const auto found = std::ranges::find(list, &entry, &ModelSpec::entry);
  if (found == list.end()) fail(ErrorCode::kUsage, "--set: {} is not among --models", entry.name);
  const ParamValues setting = parse_settings({text.substr(dot + 1)}, entry.name);
  for (const auto& [name, value] : setting) found->params[name] = value;
  *found = ModelSpec(entry, found->params);  // a wrong name or value is reported before anything is trained
}

void print_result(const CompareResult& result, const std::string& html) {
  const ModelComparison& comparison = result.comparison;
  std::string text = split_text(result.summaries.front());
  text += not_ranked_text(comparison);
  if (result.summaries.size() > 1)
    text += fmt::format("... and {} more splits\n", result.summaries.size() - 1);
  text += comparison.results.empty() ? "" : compare_text(comparison);
  text += failures_text(comparison);
  if (!html.empty()) text += fmt::format("\nwrote {}\n", html);
  print(text);
}

}  // namespace

int run_compare(const Args& args) {
  std::vector<std::string> paths;
  SplitFlags split_flags;
  std::string html;
  int patience = 0;
  std::vector<std::string> names = {"all"};
  std::vector<std::string> settings;
  std::string word_vectors;
  EvaluationFlags flags;
  CommandLine line("compare",
                   "Trains several models on the same training set, scores them on the same test set, and "
                   "prints one table.");
  line.add({"-d,--data", "DATA", InputPath{&paths},
            "data set written by `akin import`; the results of several, such as published folds, are pooled",
            Need::kRequired});
  line.add({"--models", "A,B", Text{&names},
            "models to compare (`akin models` lists them), or all; -A leaves one out", Need::kOptional, 0,
            "all"});
  line.add({"--set", "MODEL.P=V", Text{&settings},
            "a parameter of one model, such as als.factors=32; repeatable"});
  split_flags.add_to(line);
  line.add({"--patience", "N", &patience,
            "also hold out a validation set, and stop training a model after N epochs without improvement on "
            "it; 0 = never"});
  line.add({"--word-vectors", "FILE", vectors_path(&word_vectors),
            "word vectors for content-word-vectors: a bundle, or a file of vectors"});
  line.add({"--html", "FILE", OutputPath{&html}, "also write a self-contained web page with charts"});
  flags.add_to(line);
  line.explain(
      "Metrics have 95 % bootstrap intervals over users. A star marks a model only if it is significantly "
      "better than every other model. --holdout folds:K cross-validates: K splits, results pooled.");
  line.example("akin compare -d events.data --models popularity,item-knn,als");
  line.example("akin compare -d events.data --models all --set als.factors=32 --html models.html");
  if (!line.parse(args)) return kSuccess;
  const std::vector<std::string> listed = split_lists(names);
  if (listed.empty()) fail(ErrorCode::kUsage, "--models: name some, such as popularity,als, or all");
  std::vector<ModelSpec> list = find_models(listed);
  for (const std::string& setting : settings) apply_setting(setting, list);
  CompareOptions options{.holdout = split_flags.holdout,
                         .validation = split_flags.validation,
                         .patience = patience,
                         .word_vectors = word_vectors,
                         .leave_out_unsuited = std::ranges::find(listed, "all") != listed.end(),
                         .evaluation = flags.options(line.common.seed)};
  if (!html.empty()) {
    options.map = true;
    options.keep_best = [](const ModelEntry&, const Model& model) { return model.embedding_dim() > 0; };
  }
  if (split_flags.holdout == "none") fail(ErrorCode::kUsage, "--holdout none leaves nothing to compare on");
  Session session(line.common);
  const CompareResult result = compare_files(paths, list, options, session.context());
  session.progress().clear();
  if (!html.empty() && ranks().first())
    write_file(html, compare_html("Models on " + result.data_name, result.comparison));
  if (line.common.json) {
    nlohmann::json shown = comparison_json(result.comparison);
    shown["holdout"] = nlohmann::json::array();
    for (const SplitSpec& split : result.splits) shown["holdout"].push_back(to_string(split));
    for (const SplitSummary& split : result.summaries) shown["splits"].push_back(split_json(split));
    print_json(shown);
  } else {
    print_result(result, html);
  }
  return result.comparison.failures.empty() ? kSuccess : kFailure;
}

}  // namespace akin::cli
