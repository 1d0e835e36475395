#include "akin/experiment/tune/trial.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"

namespace akin {
namespace {

using nlohmann::json;

json number(double value) { return std::isfinite(value) ? json(value) : json(); }
double real(const json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

}  // namespace

bool ranks_before(const Trial& a, const Trial& b, Better better) {
  if (a.failed() != b.failed()) return b.failed();
  if (!a.failed() && a.value != b.value)
    return better == Better::kLower ? a.value < b.value : a.value > b.value;
  return a.number < b.number;
}

std::string trial_text(const Trial& trial) {
  const json line = {{"trial", trial.number},
                     {"budget", trial.budget},
                     {"params", trial.params},
                     {"value", number(trial.value)},
                     {"low", number(trial.low)},
                     {"high", number(trial.high)},
                     {"best_epoch", trial.best_epoch},
                     {"epochs", trial.epochs},
                     {"seconds", trial.seconds},
                     {"failure", trial.failure},
                     {"curve", json::parse(curve_text(trial.curve))}};
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

Trial parse_trial(const std::string& text, const std::string& where) {
  try {
    const json line = json::parse(text);
    const bool old = line.contains("passes");  // of akin 0.1
    Trial trial{.number = line.at("trial").get<int>(),
                .budget = line.at("budget").get<int>(),
                .params = line.at("params").get<ParamValues>(),
                .value = real(line.at("value")),
                .low = real(line.at("low")),
                .high = real(line.at("high")),
                .best_epoch = line.at(old ? "best_pass" : "best_epoch").get<int>(),
                .epochs = line.at(old ? "passes" : "epochs").get<int>(),
                .seconds = line.at("seconds").get<double>(),
                .curve = parse_curve(line.at("curve").dump(), where),
                .failure = line.at("failure").get<std::string>()};
    if (trial.number < 0 || (std::isnan(trial.value) && !trial.failed()))
      fail(ErrorCode::kBadData, "{}: not a trial", where);
    return trial;
  } catch (const json::exception&) {
    fail(ErrorCode::kBadData, "{}: not a trial", where);
  }
}

}  // namespace akin
