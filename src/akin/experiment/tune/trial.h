// Trials in order, and as text.
#pragma once

#include <string>
#include <string_view>

#include "akin/eval/metric.h"
#include "akin/experiment/tune.h"

namespace akin {

/// Whether `a` stands before `b`: better value, then lower number; failed trials last.
bool ranks_before(const Trial& a, const Trial& b, Better better);

/// One line of JSON without a newline, and back. Throws Error(kBadData) with `where` if it is not a trial.
std::string trial_text(const Trial& trial);
Trial parse_trial(const std::string& text, const std::string& where);

}  // namespace akin
