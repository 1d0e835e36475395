#include "akin/experiment/tune/trial.h"

#include <cmath>
#include <limits>

#include "akin/base/communicator.h"
#include "akin/base/error.h"
#include "akin/base/json_text.h"
#include "akin/base/text.h"

namespace akin {
namespace {

using nlohmann::json;

json number(double value) { return std::isfinite(value) ? json(value) : json(); }

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
                     {"curve", parse_json(curve_text(trial.curve), "curve")}};
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

Trial parse_trial(const std::string& text, const std::string& where) {
  const json line = parse_json(text, where);
  const JsonFields fields(line, where);
  const auto count = [&](const char* name) {
    return static_cast<int>(fields.whole(name, 0, std::numeric_limits<int>::max()));
  };
  const bool old = fields.has("passes");  // of akin 0.1
  Trial trial{.number = count("trial"),
              .budget = count("budget"),
              .params = fields.text_map("params"),
              .value = fields.number_or_null("value"),
              .low = fields.number_or_null("low"),
              .high = fields.number_or_null("high"),
              .best_epoch = count(old ? "best_pass" : "best_epoch"),
              .epochs = count(old ? "passes" : "epochs"),
              .seconds = fields.number("seconds"),
              .curve = parse_curve(fields.field("curve").dump(), where),
              .failure = fields.text("failure")};
  if (std::isnan(trial.value) && !trial.failed())
    fail(ErrorCode::kBadData, "{}: has neither a value nor a failure", where);
  return trial;
}

std::vector<Trial> gather_trials(const Communicator& ranks, std::span<const Trial> own) {
  if (ranks.alone()) return {own.begin(), own.end()};
  std::string text;
  for (const Trial& trial : own) text += trial_text(trial) + "\n";
  std::vector<Trial> all;
  for (const std::string& lines : gather_texts(ranks, text)) {
    for (const std::string_view line : split(lines, '\n')) {
      if (!line.empty()) all.push_back(parse_trial(std::string(line), "a trial of another process"));
    }
  }
  return all;
}

}  // namespace akin
