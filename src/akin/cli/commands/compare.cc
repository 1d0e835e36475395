// akin compare -d DATA --models a,b
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/cli/commands.h"
#include "akin/cli/flags/evaluation_flags.h"
#include "akin/cli/output.h"
#include "akin/cli/session.h"
#include "akin/cli/shop_text.h"
#include "akin/cli/training.h"
#include "akin/data/dataset_io.h"
#include "akin/report/report_json.h"

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

/// One way to cut one data set in two.
struct Round {
  std::string path;
  SplitSpec split;
};

/// The outcomes of the contenders so far, one evaluation per round, pooled at the end.
class Contest {
 public:
  Contest(std::vector<Contender> list, CompeteOptions options, Session& session)
      : options_(std::move(options)), session_(session) {
    for (Contender& contender : list) outcomes_.push_back({.contender = std::move(contender)});
    evaluations_.resize(outcomes_.size());
  }

  void run(const Arena& arena, const std::string& name) {
    best_.reset();
    CompeteOptions options = options_;
    options.evaluation.resamples = 0;  // pooling makes the intervals
    for (std::size_t c = 0; c < outcomes_.size(); ++c) {
      Outcome& outcome = outcomes_[c];
      if (!outcome.failure.empty()) continue;
      session_.remark(
          fmt::format("{} ({} of {}){}", outcome.contender.entry->name, c + 1, outcomes_.size(), name));
      Outcome round = compete(outcome.contender, arena, options, session_);
      outcome.result.model = round.result.model;
      outcome.result.params = std::move(round.result.params);
      outcome.result.fit_seconds += round.result.fit_seconds;
      if (evaluations_[c].empty()) {
        outcome.result.curve = std::move(round.result.curve);
        outcome.result.watched = std::move(round.result.watched);
      }
      keep_if_best(std::move(round.model), round.result);
      outcome.failure = std::move(round.failure);
      evaluations_[c].push_back(std::move(round.result.evaluation));
    }
  }

  /// From here on the best model of a round is kept for draw_map().
  void want_map() { wants_map_ = true; }
  /// The embeddings of the model that did best in the round just run, if any model has some.
  void draw_map(const Arena& arena, ModelComparison& comparison) const {
    if (best_) add_map(best_name_, *best_, arena, session_.context(), comparison);
  }

  std::vector<Outcome> finish() {
    for (std::size_t c = 0; c < outcomes_.size(); ++c) {
      Outcome& outcome = outcomes_[c];
      if (!outcome.failure.empty()) continue;
      outcome.result.evaluation = pool(evaluations_[c], options_.evaluation, session_.context());
    }
    return std::move(outcomes_);
  }

 private:
  /// At most two models are in memory at a time.
  void keep_if_best(std::unique_ptr<Model> model, const ModelResult& result) {
    if (!wants_map_ || !model || model->embedding_dim() == 0) return;
    const double ndcg = result.evaluation.value(fmt::format("NDCG@{}", result.evaluation.bins_cutoff));
    if (best_ && !(ndcg > best_ndcg_)) return;
    best_ = std::move(model);
    best_name_ = result.model;
    best_ndcg_ = ndcg;
  }

  CompeteOptions options_;
  Session& session_;
  bool wants_map_ = false;
  std::unique_ptr<Model> best_;
  std::string best_name_;
  double best_ndcg_ = 0;
  std::vector<Outcome> outcomes_;
  std::vector<std::vector<Evaluation>> evaluations_;
};

/// Every split of every data set, and the data of the first, which had to be read to know its splits.
struct Plan {
  std::vector<Round> rounds;
  Dataset first;
};

Plan plan(const std::vector<std::string>& paths, const SplitFlags& flags, bool validation,
          std::uint64_t seed) {
  Plan result;
  std::vector<Round>& rounds = result.rounds;
  for (const std::string& path : paths) {
    Dataset data = load_dataset(path);
    const bool is_first = rounds.empty();
    for (SplitSpec split : flags.specs(data, seed)) {
      split.validation = split.validation || validation;
      rounds.push_back({path, split});
    }
    if (is_first) result.first = std::move(data);
  }
  if (rounds.front().split.holdout == Holdout::kNone)
    fail(ErrorCode::kUsage, "--holdout none leaves nothing to compare on");
  return result;
}

}  // namespace

int run_compare(const Args& args) {
  std::vector<std::string> paths;
  SplitFlags split_flags;
  std::string html;
  int patience = 0;
  std::vector<std::string> names = {"all"};
  std::vector<std::string> settings;
  EvaluationFlags flags;
  CommandLine line(
      "compare",
      "Trains several models on the same part of a data set and scores them on the same held-out part, in "
      "one table.");
  line.add({"-d,--data", "DATA", &paths,
            "data set written by `akin import`; give several, such as the published folds of one, and the "
            "results are pooled",
            Need::kRequired});
  line.add({"--models", "A,B", &names, "models to compare (`akin models` lists them), or all",
            Need::kOptional, 0, "all"});
  line.add(
      {"--set", "MODEL.P=V", &settings, "a parameter of one model, such as als.factors=32; may be repeated"});
  split_flags.add_to(line);
  line.add({"--patience", "N", &patience,
            "cut a validation part too, and end the training of a model fitted in passes after N passes that "
            "were no better on it; 0 = never"});
  line.add({"--html", "FILE", &html, "also write a web page with charts, complete in itself"});
  flags.add_to(line);
  line.explain(
      "Figures come with 95 % bootstrap intervals over users. A star marks a model only if it is "
      "significantly better than every other one. --holdout folds:K cross-validates: K splits, "
      "results pooled.");
  line.example("akin compare -d shop.data --models popularity,item-knn,als");
  line.example("akin compare -d shop.data --models all --set als.factors=32 --html models.html");
  if (!line.parse(args)) return kSuccess;
  std::vector<Contender> list = contenders(names);
  for (const std::string& setting : settings) apply_setting(setting, list);
  flags.options({}, 0);  // wrong flags are told before anything is read
  Session session(line.common);
  Plan planned = plan(paths, split_flags, patience > 0, line.common.seed);
  const std::vector<Round>& rounds = planned.rounds;
  Contest contest(std::move(list), {flags.options(rounds.front().split, line.common.seed), patience},
                  session);
  if (!html.empty()) contest.want_map();
  ModelComparison drawn;
  std::string shop_name;
  for (std::size_t r = 0; r < rounds.size(); ++r) {
    const Arena arena =
        make_arena(r == 0 ? std::move(planned.first) : load_dataset(rounds[r].path), rounds[r].split);
    shop_name = arena.shop.name;
    contest.run(arena, rounds.size() > 1 ? fmt::format(", split {} of {}", r + 1, rounds.size()) : "");
    if (!html.empty() && r + 1 == rounds.size()) contest.draw_map(arena, drawn);
  }
  const std::vector<Outcome> outcomes = contest.finish();
  ModelComparison comparison = test_models(succeeded(outcomes), session.context());
  session.progress().clear();
  if (!html.empty()) {
    comparison.map_model = drawn.map_model;
    comparison.map = std::move(drawn.map);
    HtmlReport page("Models on " + shop_name);
    add_outcomes(page, outcomes, comparison);
    write_file(html, page.html());
  }
  const std::string failures = failure_lines(outcomes);
  if (line.common.json) {
    json result = outcomes_json(outcomes, comparison);
    result["holdout"] = json::array();
    for (const Round& round : rounds) result["holdout"].push_back(to_string(round.split));
    print_json(result);
  } else {
    if (!comparison.results.empty()) print(compare_text(comparison));
    print(failures);
    if (!html.empty()) print(fmt::format("\nwrote {}\n", html));
  }
  return failures.empty() ? kSuccess : kFailure;
}

}  // namespace akin::cli
