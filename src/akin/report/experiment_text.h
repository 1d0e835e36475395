// What training, updating and the parameters of a model look like as text.
#pragma once

#include <string>
#include <string_view>

#include "akin/catalog/fit.h"
#include "akin/data/split_facts.h"
#include "akin/eval/evaluate.h"
#include "akin/experiment/fit_monitor.h"
#include "akin/experiment/forget.h"
#include "akin/experiment/model_result.h"
#include "akin/experiment/update.h"

namespace akin {

/// "length of the vectors; 1 to 4096".
std::string param_help(const ModelEntry::ParamInfo& info);
/// Where a tuner looks for it: "16 to 256 (log)", "all choices", or "".
std::string search_text(const ModelEntry::ParamInfo& info);

/// The learning curve as lines for a person, "" if nothing was evaluated; at most about 20 epochs of it.
std::string curve_text(const FitHistory& history);
/// Lines about what was held out, of how many, why so where nobody asked for it, and why others have nothing held out.
/// `what`: "held out" or "validation".
std::string split_text(const SplitSummary& split, std::string_view what = "held out");
/// How many users with held-out events are not ranked; "" if all are.
std::string not_ranked_text(const ModelComparison& comparison);
/// What a bundle keeps of its measurement before the final fit, in a line: protocol, users and the first figures.
std::string measured_summary(const Bundle& bundle);
/// "3 epochs", "folded in" or "trained from scratch".
std::string how_text(const UpdateResult& result);
/// A line for each file: what was, or with dry_run would be, removed from it; and what remains. Names no user.
std::string forget_text(const ForgetResult& result, const ForgetOptions& options);

}  // namespace akin
