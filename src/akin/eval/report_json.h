// What describe, evaluate and compare show, as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "akin/eval/report.h"

namespace akin {

/// Unknown times are null; ids and names that are not UTF-8 have their bad bytes replaced by U+FFFD.
nlohmann::json describe_json(const Description& description);
nlohmann::json evaluation_json(const Evaluation& evaluation);
/// An array with one object per model: model, params, fit_seconds, evaluation.
nlohmann::json compare_json(const std::vector<ModelResult>& results);

}  // namespace akin
