// What describe, evaluate and compare show, as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "akin/report/report.h"

namespace akin {

/// Unknown times are null; ids and names that are not UTF-8 have their bad bytes replaced by U+FFFD.
nlohmann::json describe_json(const Description& description);
nlohmann::json evaluation_json(const Evaluation& evaluation);
/// {"models": [{model, params, fit_seconds, evaluation}], "tests": [{metric, best, significant, rivals}]}
nlohmann::json comparison_json(const ModelComparison& comparison);

}  // namespace akin
