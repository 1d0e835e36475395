// What train, compare and demo share: the split, a model with parameters, its training and evaluation.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "akin/cli/session.h"
#include "akin/data/split.h"
#include "akin/eval/report.h"
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

/// How a contender did: its bundle's model and result, or why it failed.
struct Outcome {
  Contender contender;
  ModelResult result = {};
  std::unique_ptr<Model> model = {};
  std::string failure = {};
};

/// Trains and evaluates one contender. A failure of the model is part of the outcome; Error(kCancelled) is
/// thrown on.
Outcome compete(const Contender& contender, const Arena& arena, const EvaluateOptions& options,
                Session& session);

/// Results of those that did not fail.
std::vector<ModelResult> succeeded(const std::vector<Outcome>& outcomes);
/// "als: failed: ..." for each that did.
std::string failure_lines(const std::vector<Outcome>& outcomes);
/// {"models": [...], "tests": [...]}, failures among the models.
nlohmann::json outcomes_json(const std::vector<Outcome>& outcomes, const ModelComparison& comparison);
/// The comparison and the failures as parts of a page.
void add_outcomes(HtmlReport& page, const std::vector<Outcome>& outcomes, const ModelComparison& comparison);

}  // namespace akin::cli
