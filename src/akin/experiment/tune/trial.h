// Trials in order, and as text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "akin/eval/metric.h"
#include "akin/experiment/tune.h"

namespace akin {

class Communicator;  // base/communicator.h

/// Whether `a` stands before `b`: better value, then lower number; failed trials last.
bool ranks_before(const Trial& a, const Trial& b, Better better);

/// One line of JSON without a newline, and back. Throws Error(kBadData) with `where` if it is not a trial.
std::string trial_text(const Trial& trial);
Trial parse_trial(const std::string& text, const std::string& where);

/// Collective. Each rank's trials, one after the other in the order of ranks, on every rank.
std::vector<Trial> gather_trials(const Communicator& ranks, std::span<const Trial> own);

}  // namespace akin
