#include "akin/report/experiment_text.h"

#include <fmt/format.h>

#include <cmath>

#include "akin/report/text_table.h"

namespace akin {

std::string param_help(const ModelEntry::ParamInfo& info) {
  std::string help(info.param.help);
  if (info.type == "int" || info.type == "float") {
    help += fmt::format("; {} to {}", info.param.min, info.param.max);
  } else if (!info.param.choices.empty()) {
    help += fmt::format("; one of {}", fmt::join(info.param.choices, ", "));
  }
  return help;
}

std::string search_text(const ModelEntry::ParamInfo& info) {
  const SearchRange& search = info.param.search;
  if (!search.on()) return "";
  if (info.type != "int" && info.type != "float") return "all choices";
  return fmt::format("{} to {}{}", search.low, search.high, info.param.log_scale ? " (log)" : "");
}

std::string curve_text(const FitHistory& history) {
  const CurvePoint* best = history.best();
  if (!best) return "";
  std::vector<const CurvePoint*> evaluated;
  for (const CurvePoint& point : history.curve) {
    if (point.evaluated()) evaluated.push_back(&point);
  }
  const std::size_t step = (evaluated.size() + 19) / 20;
  std::vector<TableRow> rows;
  for (std::size_t i = 0; i < evaluated.size(); ++i) {
    const CurvePoint& point = *evaluated[i];
    if (i % step != 0 && i + 1 != evaluated.size() && &point != best) continue;
    rows.push_back(
        {std::to_string(point.epoch), std::isfinite(point.loss) ? fmt::format("{:.5g}", point.loss) : "-",
         fmt::format("{:.4f}", point.value), format_seconds(point.seconds), &point == best ? "best" : ""});
  }
  std::string text = text_table({"epoch", "loss", history.metric, "time", ""}, rows);
  if (history.out_of_patience)
    text += fmt::format("stopped after epoch {}: no improvement\n", history.epochs);
  return text + fmt::format("kept epoch {} ({} {:.4f} on the validation events)\n", best->epoch,
                            history.metric, best->value);
}

std::string how_text(const UpdateResult& result) {
  if (!result.epochs) return "trained from scratch";
  return *result.epochs == 0 ? "folded in"
                             : fmt::format("{} epoch{}", *result.epochs, *result.epochs == 1 ? "" : "s");
}

}  // namespace akin
