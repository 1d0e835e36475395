#include "akin/report/tune_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "akin/report/html.h"
#include "akin/report/report_charts.h"
#include "akin/report/text_table.h"

namespace akin {
namespace {

constexpr std::size_t kCurves = 5;  // of the best trials

using nlohmann::json;

/// Names of the parameters that differ between trials or were given.
std::vector<std::string> shown_params(const TuneReport& report) {
  std::map<std::string, int> names;
  for (const Trial& trial : report.result.trials) {
    for (const auto& [name, value] : trial.params) ++names[name];
  }
  std::vector<std::string> shown;
  for (const auto& [name, count] : names) shown.push_back(name);
  return shown;
}

TableRow headers(const TuneReport& report) {
  TableRow row = {"trial", report.result.metric};
  if (report.entry.traits.iterative) row.insert(row.end(), {"best epoch", "epochs"});
  row.push_back("seconds");
  for (const std::string& name : shown_params(report)) row.push_back(name);
  return row;
}

std::vector<TableRow> rows(const TuneReport& report, std::size_t most) {
  std::vector<TableRow> table;
  const std::vector<std::string> names = shown_params(report);
  for (const Trial& trial : report.result.trials) {
    if (table.size() == most) break;
    std::string value = trial.failed() ? "failed" : fmt::format("{:.4f}", trial.value);
    if (std::isfinite(trial.low)) value += fmt::format(" [{:.4f}, {:.4f}]", trial.low, trial.high);
    TableRow row = {fmt::format("{}{}", trial.number, trial.number == 0 ? " (defaults)" : ""), value};
    if (report.entry.traits.iterative)
      row.insert(row.end(), {std::to_string(trial.best_epoch), std::to_string(trial.epochs)});
    row.push_back(fmt::format("{:.1f}", trial.seconds));
    const ParamValues params = report.entry.complete(trial.failed() ? ParamValues{} : trial.params);
    for (const std::string& name : names) {
      const auto given = trial.params.find(name);
      row.push_back(given != trial.params.end() ? given->second : params.at(name));
    }
    table.push_back(std::move(row));
  }
  return table;
}

/// As TOML writes it: numbers and switches bare, text in quotes.
std::string toml_value(const ModelEntry::ParamInfo& info, const std::string& text) {
  if (info.type != "string") return text;
  return json(text).dump();  // JSON's escapes are TOML's
}

std::string one_line(std::string text) {
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return text;
}

}  // namespace

std::string trials_table(const TuneReport& report, std::size_t most) {
  return text_table(headers(report), rows(report, most));
}

std::string best_toml(const TuneReport& report) {
  const Trial& best = report.result.trials.front();
  const BestConfiguration configuration = best_configuration(report.entry, best);
  std::string text = fmt::format("# {}: the best of {} trials, number {}\n", report.entry.name,
                                 report.result.trials.size(), best.number);
  text += fmt::format("# {} {:.6g} on {}\n", report.result.metric, best.value, one_line(report.protocol));
  text += fmt::format("# made by: {}\n", one_line(report.command));
  text += fmt::format("# use it:  akin train {} --config THIS -d {} -o {}.akin\n", report.entry.name,
                      one_line(report.data), report.entry.name);
  for (const ModelEntry::ParamInfo& info : report.entry.params()) {
    const std::string name(info.param.name);
    text += fmt::format("{} = {}\n", name, toml_value(info, configuration.params.at(name)));
  }
  if (configuration.stop_after > 0) text += fmt::format("stop_after = {}\n", configuration.stop_after);
  return text + fmt::format("seed = {}\n", report.seed);
}

std::string tune_html(const TuneReport& report) {
  HtmlReport page(fmt::format("Parameters of {} on {}", report.entry.name, report.data));
  page.paragraph(fmt::format("{} on {}", report.result.metric, report.protocol));
  const std::string& metric = report.result.metric;
  std::vector<TrialPoint> points;
  std::vector<Trial> drawn = report.result.trials;
  std::ranges::sort(drawn, {}, &Trial::number);
  for (const Trial& trial : drawn) {
    const ParamValues params = report.entry.complete(trial.failed() ? ParamValues{} : trial.params);
    TrialPoint point{.params = {}, .score = trial.value, .note = fmt::format("trial {}", trial.number)};
    for (const std::string& name : shown_params(report)) {
      const auto given = trial.params.find(name);
      point.params.emplace_back(name, given != trial.params.end() ? given->second : params.at(name));
    }
    points.push_back(std::move(point));
  }
  add_trials(page, points, metric, report.result.better);
  std::vector<ModelCurve> curves;
  for (const Trial& trial : report.result.trials) {
    if (curves.size() < kCurves && !trial.curve.empty())
      curves.push_back(model_curve(fmt::format("trial {}", trial.number), trial.curve));
  }
  add_learning_curves(page, curves, metric);
  const bool lower = report.result.better == Better::kLower;
  std::vector<HtmlReport::Column> columns;
  for (const std::string& header : headers(report)) columns.emplace_back(header);
  columns[1].best = lower ? HtmlReport::Best::kLowest : HtmlReport::Best::kHighest;
  page.table("Trials, best first", columns, rows(report, report.result.trials.size()));
  return page.html();
}

}  // namespace akin
