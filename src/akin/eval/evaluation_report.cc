// How evaluations and comparisons look.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/eval/report.h"

namespace akin {
namespace {

std::string four(double value) { return std::isnan(value) ? "-" : fmt::format("{:.4f}", value); }

/// "0.1234 [0.1100, 0.1370]", without the interval if there is none.
std::string with_interval(const Metric& metric) {
  if (std::isnan(metric.low)) return four(metric.value);
  return fmt::format("{} [{}, {}]", four(metric.value), four(metric.low), four(metric.high));
}

/// What was left out of an evaluation; nothing if nothing was.
std::vector<TableRow> counts_of(const Evaluation& e) {
  std::vector<TableRow> facts;
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) facts.push_back({format_count(count), std::string(what)});
  };
  add(e.repeated_events, "held-out events of items the user already has in training: not ranked");
  add(e.duplicate_events, "held-out events of the same user and item again: counted once");
  add(e.cold_item_events, "held-out items without training events: in the count, hard to find");
  add(e.cold_users, "users without training events");
  add(e.fallback_users, "users the model knows nothing of: ranked by popularity");
  add(e.mean_events, "ratings without a prediction: the training mean stands in");
  return facts;
}

/// The metrics as a table: those with cutoffs have a column for each, the others stand in the first column.
struct MetricTable {
  TableRow headers = {"metric"};
  std::vector<TableRow> rows;

  explicit MetricTable(const Evaluation& e) {
    for (const int cutoff : e.cutoffs) headers.push_back(fmt::format("at {}", cutoff));
    for (const Metric& metric : e.metrics) {
      const std::size_t at = metric.name.find('@');
      const std::string base = metric.name.substr(0, at);
      auto row = std::ranges::find_if(rows, [&](const TableRow& r) { return r[0] == base; });
      if (row == rows.end()) row = rows.insert(rows.end(), TableRow{base});
      row->push_back(with_interval(metric));
    }
  }
};

std::string headline_of(const Evaluation& e) {
  const std::string lists = e.lists == e.users ? "" : fmt::format(", {} lists", format_count(e.lists));
  return fmt::format("{} held-out events, {} users ranked{}: {}", format_count(e.test_events),
                     format_count(e.users), lists, e.protocol);
}

HtmlReport::Best best_of(Better better) {
  if (better == Better::kNeither) return HtmlReport::Best::kNone;
  return better == Better::kHigher ? HtmlReport::Best::kHighest : HtmlReport::Best::kLowest;
}

/// A table with a line per model.
struct Comparison {
  std::vector<HtmlReport::Column> columns = {{"model"}};
  std::vector<TableRow> rows;

  explicit Comparison(const std::vector<ModelResult>& results) {
    for (const ModelResult& result : results) rows.push_back({result.model});
  }
  /// The column of a metric that at least one model has.
  void add(const std::vector<ModelResult>& results, const std::string& name) {
    const Metric* example = nullptr;
    for (const ModelResult& result : results) {
      if (example == nullptr) example = find_metric(result.evaluation.metrics, name);
    }
    if (example == nullptr) return;
    columns.push_back({name, best_of(example->better)});
    for (std::size_t r = 0; r < results.size(); ++r)
      rows[r].push_back(four(results[r].evaluation.value(name)));
  }
  TableRow headers() const {
    TableRow headers;
    for (const auto& column : columns) headers.push_back(column.header);
    return headers;
  }
};

/// Every accuracy metric at the middle cutoff, hit rate, recall and NDCG at the others.
Comparison accuracy_of(const std::vector<ModelResult>& results) {
  Comparison table(results);
  const std::vector<int>& cutoffs = results.front().evaluation.cutoffs;
  for (std::size_t c = 0; c < cutoffs.size(); ++c) {
    const auto add = [&](std::string_view name) {
      table.add(results, fmt::format("{}@{}", name, cutoffs[c]));
    };
    for (const std::string_view name : {"HR", "Recall", "NDCG"}) add(name);
    if (c != cutoffs.size() / 2) continue;
    for (const std::string_view name : {"Precision", "MAP", "MRR"}) add(name);
  }
  for (const char* const name : {"AUC", "RMSE", "MAE", "AUC(liked)", "GAUC", "accuracy", "log loss"})
    table.add(results, name);
  table.columns.emplace_back("fit");
  table.columns.emplace_back("evaluate");
  for (std::size_t r = 0; r < results.size(); ++r) {
    table.rows[r].push_back(format_seconds(results[r].fit_seconds));
    table.rows[r].push_back(format_seconds(results[r].evaluation.seconds));
  }
  return table;
}

Comparison lists_of(const std::vector<ModelResult>& results) {
  Comparison table(results);
  const int cutoff = results.front().evaluation.bins_cutoff;
  for (const std::string_view name : {"coverage", "Gini", "novelty", "diversity", "popularity", "cold"})
    table.add(results, fmt::format("{}@{}", name, cutoff));
  return table;
}

std::string params_text(const ParamValues& params) {
  std::string text;
  for (const auto& [name, value] : params)
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, value);
  return text.empty() ? "-" : text;
}

}  // namespace

std::string evaluation_text(const Evaluation& e) {
  const MetricTable table(e);
  std::string text = headline_of(e) + "\n\n" + text_table(table.headers, table.rows);
  if (const auto counts = counts_of(e); !counts.empty())
    text += '\n' + text_table({"counted apart", ""}, counts);
  return text + fmt::format("\nevaluated in {}\n", format_seconds(e.seconds));
}

std::string compare_text(const std::vector<ModelResult>& results) {
  if (results.empty()) return "no models\n";
  const Comparison accuracy = accuracy_of(results), lists = lists_of(results);
  std::string text =
      headline_of(results.front().evaluation) + "\n\n" + text_table(accuracy.headers(), accuracy.rows);
  if (lists.columns.size() > 1) text += '\n' + text_table(lists.headers(), lists.rows);
  for (const ModelResult& result : results) {
    if (result.evaluation.fallback_users == 0) continue;
    text += fmt::format("\n{}: {} users ranked by popularity\n", result.model,
                        format_count(result.evaluation.fallback_users));
  }
  return text;
}

void add_evaluation(HtmlReport& page, const Evaluation& e) {
  page.paragraph(headline_of(e) + ".");
  const MetricTable table(e);
  page.table("Metrics", {table.headers.begin(), table.headers.end()}, table.rows);
  if (const auto counts = counts_of(e); !counts.empty())
    page.table("Counted apart", {"number", "what"}, counts);
}

void add_comparison(HtmlReport& page, const std::vector<ModelResult>& results) {
  if (results.empty()) return;
  page.paragraph(headline_of(results.front().evaluation) + ". The best of each column is bold.");
  const Comparison accuracy = accuracy_of(results), lists = lists_of(results);
  page.table("Models compared", accuracy.columns, accuracy.rows);
  if (lists.columns.size() > 1) page.table("What the lists are like", lists.columns, lists.rows);
  std::vector<TableRow> params;
  for (const ModelResult& result : results) params.push_back({result.model, params_text(result.params)});
  page.table("Parameters", {"model", "parameters"}, params);
}

std::string evaluation_html(const ModelResult& result) {
  HtmlReport page("Evaluation of " + result.model);
  add_evaluation(page, result.evaluation);
  page.paragraph("Parameters: " + params_text(result.params));
  return page.html();
}

std::string compare_html(const std::vector<ModelResult>& results) {
  HtmlReport page("Models compared");
  add_comparison(page, results);
  return page.html();
}

}  // namespace akin
