// What train, compare and demo share: the split, a model with parameters, its training and evaluation.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "akin/cli/session.h"
#include "akin/data/split.h"
#include "akin/experiment/fit_monitor.h"
#include "akin/report/report.h"
#include "akin/store/bundle.h"

namespace akin::cli {

/// The help text of --holdout.
std::string holdout_help();
/// The split that `text` names; "" = the one that came with the files, else each user's last event.
SplitSpec choose_split(const std::string& text, const Dataset& data, std::uint64_t seed);

/// --holdout and --validation: how a data set is split.
class SplitFlags {
 public:
  void add_to(CommandLine& line);
  /// What was asked for, or what suits the data. Throws Error(kUsage).
  SplitSpec spec(const Dataset& data, std::uint64_t seed) const;
  /// The same where an experiment may have several splits: folds:K gives K of them.
  std::vector<SplitSpec> specs(const Dataset& data, std::uint64_t seed) const;

 private:
  std::string holdout_;
  bool validation_ = false;
};

/// One line: sizes, and about how much memory training takes.
std::string training_note(const Dataset& data, const ModelEntry& entry, const ParamValues& params);

/// A model to compare.
struct Contender {
  const ModelEntry* entry = nullptr;
  ParamValues params = {};
};

/// A monitor of a fit in an arena, and the events it asks the model with.
struct Watch {
  std::vector<Event> known;
  FitMonitor monitor;
};
/// The arena must outlive it. Throws as FitMonitor's constructor.
std::unique_ptr<Watch> make_watch(const Arena& arena, const Contender& contender,
                                  const MonitorOptions& options, const Context& context);

/// How contenders are trained and scored.
struct CompeteOptions {
  EvaluateOptions evaluation = {};
  int patience = 0;  ///< of models fitted in passes, on the validation part; 0 = all passes
};

/// How a contender did: its bundle's model and result, or why it failed.
struct Outcome {
  Contender contender;
  ModelResult result = {};
  std::unique_ptr<Model> model = {};
  std::string failure = {};
};

/// Trains and evaluates one contender. If the arena has a validation part, a model fitted in passes is
/// watched on it and its best pass is kept. A failure of the model is part of the outcome; Error(kCancelled)
/// is thrown on.
Outcome compete(const Contender& contender, const Arena& arena, const CompeteOptions& options,
                Session& session);

/// The embeddings of a model on a map, for a page.
void add_map(const std::string& name, const Model& model, const Arena& arena, const Context& context,
             ModelComparison& comparison);

/// Results of those that did not fail.
std::vector<ModelResult> succeeded(const std::vector<Outcome>& outcomes);
/// "als: failed: ..." for each that did.
std::string failure_lines(const std::vector<Outcome>& outcomes);
/// {"models": [...], "tests": [...]}, failures among the models.
nlohmann::json outcomes_json(const std::vector<Outcome>& outcomes, const ModelComparison& comparison);
/// The comparison and the failures as parts of a page.
void add_outcomes(HtmlReport& page, const std::vector<Outcome>& outcomes, const ModelComparison& comparison);

}  // namespace akin::cli
