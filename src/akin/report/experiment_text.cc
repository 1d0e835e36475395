#include "akin/report/experiment_text.h"

#include <fmt/format.h>

#include <cmath>

#include "akin/base/format.h"
#include "akin/base/text.h"
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

std::string split_text(const SplitSummary& split, std::string_view what) {
  if (split.held_out_events == 0) return "";
  std::string text =
      fmt::format("{}: {} of {} events, of {} of {} users ({}", what, format_count(split.held_out_events),
                  format_count(split.events), format_count(split.held_out_users), format_count(split.users),
                  to_string(split.spec));
  text += split.reason.empty() ? ")\n" : fmt::format(", by default: {})\n", split.reason);
  const std::uint64_t others = split.users - split.held_out_users;
  if (others > 0) {
    const std::string why = why_not_held_out(split.spec);
    const bool counted = what == "validation" && why.ends_with(" events");
    text += fmt::format("the other {} users {}{}\n", format_count(others), why,
                        counted ? " besides the test events" : "");
  }
  return text;
}

std::string not_ranked_text(const ModelComparison& comparison) {
  if (comparison.users_not_ranked == 0) return "";
  return fmt::format("{} users are not ranked: they have all of their held-out items already\n",
                     format_count(comparison.users_not_ranked));
}

std::string measured_summary(const Bundle& bundle) {
  const Measured& measured = bundle.measured.value();
  std::string figures;
  for (const Measured::Figure& figure : measured.figures) {
    const bool shown = figure.name == "HR@10" || figure.name == "NDCG@10" || figure.name == "RMSE";
    if (shown) figures += fmt::format(", {} {}", figure.name, format_metric(figure.value));
  }
  return fmt::format("measured first: trained on {} events{}, {} held-out events of {} users ranked ({}){}\n",
                     format_count(measured.training_events),
                     measured.epochs > 0 ? fmt::format(" in {} epochs", measured.epochs) : "",
                     format_count(measured.test_events), format_count(measured.users), measured.holdout,
                     figures);
}

std::string how_text(const UpdateResult& result) {
  if (result.nothing_new) return "nothing new";
  if (!result.epochs) return "trained from scratch";
  return *result.epochs == 0 ? "folded in"
                             : fmt::format("{} epoch{}", *result.epochs, *result.epochs == 1 ? "" : "s");
}

namespace {

std::string kind_text(const ForgottenFile& file) {
  if (file.kind == "dataset") return "data set";
  if (file.kind == "model") return fmt::format("bundle ({})", file.model);
  return file.kind == "trials" ? "log of trials" : file.kind;
}

/// "1 user, 8 events, 2 reviews".
std::string removed_text(const RemovedData& removed) {
  std::string text;
  for (const auto& [count, what] :
       {std::pair(removed.users, "user"), std::pair(removed.events, "event"),
        std::pair(removed.held_out, "held-out event"), std::pair(removed.reviews, "review"),
        std::pair(removed.attributes, "attribute"), std::pair(removed.candidates, "candidate"),
        std::pair(removed.mentions, "mention")}) {
    if (count == 0) continue;
    text +=
        fmt::format("{}{} {}{}", text.empty() ? "" : ", ", format_count(count), what, count == 1 ? "" : "s");
  }
  return text.empty() ? "nobody" : text;
}

std::string action_text(const ForgottenFile& file) {
  if (file.kind == "checkpoint") return "deleted: it holds a row of every user, but no ids";
  if (file.kind == "trials") return "unchanged: it holds no data of single users";
  if (file.action == ForgetAction::kNone) return "unchanged: holds none of the users";
  return fmt::format("removed {}{}", removed_text(file.removed),
                     file.from_model ? ", and their vectors, rows or ratings in the model" : "");
}

}  // namespace

std::string forget_text(const ForgetResult& result, const ForgetOptions& options) {
  std::string text, trained;
  for (const ForgottenFile& file : result.files) {
    text += fmt::format("{}  {}  {}\n", shell_word(file.path), kind_text(file), action_text(file));
    const bool learned = file.kind == "model" || file.kind == "net";
    if (learned && file.removed.users > 0) trained += (trained.empty() ? "" : ", ") + shell_word(file.path);
  }
  if (!result.missing.empty())
    text += fmt::format("{} users are in none of the files\n", format_count(result.missing.size()));
  if (!trained.empty()) {
    text += fmt::format(
        "Item vectors and other parameters learned from these users stay in {} until you train it again on "
        "data without them (docs/privacy.md)\n",
        trained);
  }
  return text + (options.dry_run ? "dry run: nothing was written\n" : "");
}

}  // namespace akin
