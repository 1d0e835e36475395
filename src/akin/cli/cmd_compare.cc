// akin compare -d DATA --models a,b
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/cli/commands.h"
#include "akin/cli/evaluation_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/cli/shop_text.h"
#include "akin/cli/training.h"
#include "akin/data/dataset_io.h"
#include "akin/eval/report_json.h"

namespace akin::cli {
namespace {

using nlohmann::json;

/// "all" or names separated by commas, in the order given, each once.
std::vector<Contender> contenders(const std::vector<std::string>& texts) {
  std::vector<Contender> list;
  const auto add = [&](const ModelEntry& entry) {
    for (const Contender& contender : list) {
      if (contender.entry == &entry) return;
    }
    list.push_back({&entry});
  };
  for (const std::string& name : split_lists(texts)) {
    if (name != "all") {
      add(find_model(name));
      continue;
    }
    for (const ModelEntry& entry : models()) add(entry);
  }
  if (list.empty()) fail(ErrorCode::kUsage, "--models: name some, such as popularity,als, or all");
  return list;
}

/// "als.factors=32" goes to the parameters of als.
void apply_setting(const std::string& text, std::vector<Contender>& list) {
  const std::size_t equals = text.find('=');
  const std::size_t dot = text.substr(0, equals).find('.');
  if (equals == std::string::npos || dot == std::string::npos) {
    fail(ErrorCode::kUsage, "--set: '{}' is not MODEL.PARAMETER=VALUE, such as als.factors=32", text);
  }
  const ModelEntry& entry = find_model(text.substr(0, dot));
  for (Contender& contender : list) {
    if (contender.entry != &entry) continue;
    contender.params[text.substr(dot + 1, equals - dot - 1)] = text.substr(equals + 1);
    entry.complete(contender.params);  // a wrong name or value is told before anything is trained
    return;
  }
  fail(ErrorCode::kUsage, "--set: {} is not among --models", entry.name);
}

std::vector<ModelResult> succeeded(const std::vector<Outcome>& outcomes) {
  std::vector<ModelResult> results;
  for (const Outcome& outcome : outcomes) {
    if (outcome.failure.empty()) results.push_back(outcome.result);
  }
  return results;
}

std::string failure_lines(const std::vector<Outcome>& outcomes) {
  std::string text;
  for (const Outcome& outcome : outcomes) {
    if (!outcome.failure.empty())
      text += fmt::format("{}: failed: {}\n", outcome.result.model, outcome.failure);
  }
  return text;
}

json outcomes_json(const std::vector<Outcome>& outcomes) {
  json list = compare_json(succeeded(outcomes));
  for (const Outcome& outcome : outcomes) {
    if (!outcome.failure.empty())
      list.push_back({{"model", outcome.result.model}, {"error", outcome.failure}});
  }
  return list;
}

void write_page(const std::string& path, const std::string& name, const std::vector<Outcome>& outcomes) {
  HtmlReport page("Models on " + name);
  add_comparison(page, succeeded(outcomes));
  for (const Outcome& outcome : outcomes) {
    if (!outcome.failure.empty())
      page.paragraph(fmt::format("{} failed: {}", outcome.result.model, outcome.failure));
  }
  write_file(path, page.html());
}

}  // namespace

int run_compare(const Args& args) {
  std::string data_path;
  SplitFlags split_flags;
  std::string html;
  std::vector<std::string> names = {"all"};
  std::vector<std::string> settings;
  EvaluationFlags flags;
  CommandLine line(
      "compare",
      "Trains several models on the same part of a data set and scores them on the same held-out part, in "
      "one table.");
  line.add({"-d,--data", "DATA", &data_path, "data set written by `akin import`", Need::kRequired});
  line.add({"--models", "A,B", &names, "models to compare (`akin models` lists them), or all",
            Need::kOptional, 0, "all"});
  line.add(
      {"--set", "MODEL.P=V", &settings, "a parameter of one model, such as als.factors=32; may be repeated"});
  split_flags.add_to(line);
  flags.add_to(line);
  line.add({"--html", "FILE", &html, "also write a web page, complete in itself"});
  line.example("akin compare -d shop.data --models popularity,item-knn,als");
  line.example("akin compare -d shop.data --models all --set als.factors=32 --html models.html");
  if (!line.parse(args)) return kSuccess;
  std::vector<Contender> list = contenders(names);
  for (const std::string& setting : settings) apply_setting(setting, list);
  const EvaluateOptions options = flags.options();
  Session session(line.common);
  Dataset data = load_dataset(data_path);
  const SplitSpec split = split_flags.spec(data, line.common.seed);
  if (split.holdout == Holdout::kNone) fail(ErrorCode::kUsage, "--holdout none leaves nothing to compare on");
  const Arena arena = make_arena(std::move(data), split);
  std::vector<Outcome> outcomes;
  for (const Contender& contender : list) {
    session.remark(fmt::format("{} ({} of {})", contender.entry->name, outcomes.size() + 1, list.size()));
    outcomes.push_back(compete(contender, arena, options, session));
    outcomes.back().model.reset();  // one model in memory at a time
  }
  const std::string failures = failure_lines(outcomes);
  if (!html.empty()) write_page(html, arena.shop.name, outcomes);
  if (line.common.json) {
    print_json({{"holdout", to_string(split)}, {"models", outcomes_json(outcomes)}});
  } else {
    if (const std::vector<ModelResult> results = succeeded(outcomes); !results.empty())
      print(compare_text(results));
    print(failures);
    if (!html.empty()) print(fmt::format("\nwrote {}\n", html));
  }
  return failures.empty() ? kSuccess : kFailure;
}

}  // namespace akin::cli
