#include "akin/report/text_report.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "akin/base/format.h"
#include "akin/data/text/escaped_field.h"
#include "akin/report/json.h"
#include "akin/report/text_table.h"

namespace akin {
namespace {

using nlohmann::json;

constexpr std::size_t kMostShown = 20;  // classes of a confusion matrix

struct Spread {
  double mean = 0, deviation = 0;
};

Spread spread_of(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / (n - 1))};
}

TableRow metric_row(const Metric& metric) {
  const bool interval = std::isfinite(metric.low);
  return {metric.name, format_metric(metric.value),
          interval ? fmt::format("{} to {}", format_metric(metric.low), format_metric(metric.high)) : "-"};
}

std::vector<TableRow> metric_rows(const TextEvaluation& result) {
  std::vector<TableRow> rows;
  for (const Metric& metric : result.metrics) rows.push_back(metric_row(metric));
  return rows;
}

/// What was evaluated.
std::string noun_of(const TextEvaluation& result) { return result.of_pictures ? "pictures" : "texts"; }

TableRow metric_headers(const TextEvaluation& result) {
  return {"metric", "value", "95 % interval over " + noun_of(result)};
}
TableRow class_headers(const TextEvaluation& result) {
  return {"class", noun_of(result), "predicted", "correct", "precision", "recall", "F1"};
}

std::vector<TableRow> class_rows(const TextEvaluation& result) {
  std::vector<TableRow> rows;
  for (const ClassScores& scores : result.classes) {
    rows.push_back({scores.name, format_count(scores.texts), format_count(scores.predicted),
                    format_count(scores.correct), format_metric(scores.precision),
                    format_metric(scores.recall), format_metric(scores.f1)});
  }
  return rows;
}

TableRow confusion_headers(const TextEvaluation& result) {
  TableRow headers = {"class \\ predicted"};
  for (const ClassScores& scores : result.classes) headers.push_back(scores.name);
  return headers;
}

std::vector<TableRow> confusion_rows(const TextEvaluation& result) {
  std::vector<TableRow> rows;
  for (std::size_t c = 0; c < result.confusion.size(); ++c) {
    TableRow row = {result.classes[c].name};
    for (const std::uint64_t count : result.confusion[c]) row.push_back(format_count(count));
    rows.push_back(std::move(row));
  }
  return rows;
}

/// "10 folds: mean accuracy 0.7851, standard deviation 0.0123", and what each chose.
std::string folds_line(const TextEvaluation& result) {
  if (result.folds.empty()) return "";
  const Spread spread = spread_of(result.folds);
  std::string line = fmt::format("{} {}: mean {} {:.4f}, standard deviation {:.4f}", result.folds.size(),
                                 result.random_splits ? "random splits" : "folds", result.metrics[0].name,
                                 spread.mean, spread.deviation);
  if (!result.chosen.empty()) line += fmt::format("; chosen: {}", fmt::join(result.chosen, "; "));
  return line;
}

std::string constant_line(const TextEvaluation& result) {
  return result.classes.empty()
             ? fmt::format("always the mean: RMSE {:.4f}", result.constant)
             : fmt::format("always the most frequent class: accuracy {:.4f}", result.constant);
}

}  // namespace

std::string text_evaluation_text(const TextEvaluation& result) {
  std::string text = text_table(metric_headers(result), metric_rows(result));
  text += fmt::format("\n{} {}; {}\n", format_count(result.texts), noun_of(result), constant_line(result));
  if (!result.folds.empty()) text += folds_line(result) + '\n';
  if (result.classes.empty()) return text;
  text += '\n' + text_table(class_headers(result), class_rows(result));
  if (result.classes.size() <= kMostShown)
    text += '\n' + text_table(confusion_headers(result), confusion_rows(result));
  return text;
}

json text_evaluation_json(const TextEvaluation& result) {
  json metrics = json::object();
  for (const Metric& metric : result.metrics) {
    metrics[metric.name] = {{"value", number_json(metric.value)},
                            {"low", number_json(metric.low)},
                            {"high", number_json(metric.high)}};
  }
  json out = {{noun_of(result), result.texts},
              {"metrics", std::move(metrics)},
              {"constant", number_json(result.constant)},
              {"seconds", result.seconds}};
  if (!result.classes.empty()) {
    json classes = json::array();
    for (const ClassScores& scores : result.classes) {
      classes.push_back({{"class", scores.name},
                         {noun_of(result), scores.texts},
                         {"predicted", scores.predicted},
                         {"correct", scores.correct},
                         {"precision", number_json(scores.precision)},
                         {"recall", number_json(scores.recall)},
                         {"f1", number_json(scores.f1)}});
    }
    out["classes"] = std::move(classes);
    out["confusion"] = result.confusion;
  }
  if (!result.folds.empty()) {
    const Spread spread = spread_of(result.folds);
    out.update({{"folds", result.folds}, {"fold_mean", spread.mean}, {"fold_deviation", spread.deviation}});
    if (!result.chosen.empty()) out["chosen"] = result.chosen;
  }
  return out;
}

std::string text_evaluation_html(const TextEvaluation& result, const std::string& title,
                                 const std::function<void(HtmlReport&)>& more) {
  const auto columns = [](const TableRow& headers) {
    return std::vector<HtmlReport::Column>(headers.begin(), headers.end());
  };
  HtmlReport page(title);
  page.paragraph(fmt::format("{} {}; {}. {}", format_count(result.texts), noun_of(result),
                             constant_line(result), folds_line(result)));
  page.table("Metrics", columns(metric_headers(result)), metric_rows(result));
  if (!result.classes.empty()) {
    page.table("Classes", columns(class_headers(result)), class_rows(result));
    if (result.classes.size() <= kMostShown)
      page.table("Confusion matrix: class and predicted class", columns(confusion_headers(result)),
                 confusion_rows(result));
  }
  if (more) more(page);
  return page.html();
}

json text_predictions_json(const TextModel& model, const Matrix& predictions) {
  json list = json::array();
  for (std::size_t i = 0; i < predictions.rows(); ++i) {
    const std::span<const float> row = predictions[i];
    if (model.classes().empty()) {
      list.push_back({{"number", row[0]}});
      continue;
    }
    json probabilities = json::object();
    for (std::size_t c = 0; c < row.size(); ++c) probabilities[valid_utf8(model.classes()[c])] = row[c];
    const auto best = static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
    list.push_back({{"class", model.classes()[best]}, {"probabilities", std::move(probabilities)}});
  }
  return {{"predictions", std::move(list)}};
}

std::string text_predictions_csv(const TextModel& model, const Matrix& predictions,
                                 const std::vector<std::string>& names) {
  const std::vector<std::string>& classes = model.classes();
  std::string csv = names.empty() ? "" : "picture,";
  csv += classes.empty() ? "number" : "class";
  for (const std::string& name : classes) csv += ',' + csv_field("p(" + name + ')');
  csv += '\n';
  for (std::size_t i = 0; i < predictions.rows(); ++i) {
    const std::span<const float> row = predictions[i];
    if (!names.empty()) csv += csv_field(names[i]) + ',';
    if (classes.empty()) {
      csv += fmt::format("{}\n", row[0]);
      continue;
    }
    csv += csv_field(classes[static_cast<std::size_t>(std::ranges::max_element(row) - row.begin())]);
    for (const float p : row) csv += fmt::format(",{:.6g}", p);
    csv += '\n';
  }
  return csv;
}

std::string text_explanation_text(const TextExplanation& explanation, std::string_view about,
                                  std::size_t count) {
  double score = explanation.base, others = 0;
  std::vector<TableRow> rows;
  for (const TextPart& part : explanation.parts) {
    score += part.score;
    if (rows.size() < count) {
      rows.push_back({part.text, fmt::format("{:+.4f}", part.score)});
    } else {
      others += part.score;
    }
  }
  if (explanation.parts.size() > count)
    rows.push_back(
        {fmt::format("{} others", explanation.parts.size() - count), fmt::format("{:+.4f}", others)});
  rows.push_back({"(without words)", fmt::format("{:+.4f}", explanation.base)});
  rows.push_back({"(sum)", fmt::format("{:+.4f}", score)});
  return fmt::format("{}: score {:.4f}\n\n", about, score) + text_table({"words", "adds"}, rows);
}

json text_explanation_json(const TextExplanation& explanation) {
  json parts = json::array();
  double score = explanation.base;
  for (const TextPart& part : explanation.parts) {
    score += part.score;
    parts.push_back({{"text", part.text}, {"adds", part.score}});
  }
  return {{"score", score}, {"base", explanation.base}, {"parts", std::move(parts)}};
}

}  // namespace akin
