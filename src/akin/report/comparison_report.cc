// How a comparison of models looks.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "akin/report/experiment_text.h"
#include "akin/report/report.h"
#include "akin/report/report_charts.h"

namespace akin {
namespace {

std::string p_text(double p) { return p < 0.0001 ? "<0.0001" : format_metric(p); }

/// The place of a significantly best model in a column.
std::optional<std::size_t> winner_of(const ModelComparison& comparison, const std::string& metric) {
  const auto test = std::ranges::find(comparison.tests, metric, &Comparison::metric);
  return test != comparison.tests.end() && test->significant ? test->best : std::nullopt;
}

/// A table with a line per model. A significantly best value is marked with a star.
struct ModelTable {
  TableRow headers = {"model"};
  std::vector<TableRow> rows;
  bool starred = false;

  explicit ModelTable(const std::vector<ModelResult>& results) {
    for (const ModelResult& result : results) rows.push_back({result.model});
  }
  /// The column of a metric that at least one model has.
  void add(const ModelComparison& comparison, const std::string& name) {
    const std::vector<ModelResult>& results = comparison.results;
    const bool known = std::ranges::any_of(results, [&](const ModelResult& result) {
      return find_metric(result.evaluation.metrics, name) != nullptr;
    });
    if (!known) return;
    headers.push_back(name);
    const std::optional<std::size_t> winner = winner_of(comparison, name);
    for (std::size_t r = 0; r < results.size(); ++r)
      rows[r].push_back(format_metric(results[r].evaluation.value(name)) + (winner == r ? "*"
                                                                            : winner    ? " "
                                                                                        : ""));
    starred = starred || winner.has_value();
  }
};

ModelTable accuracy_of(const ModelComparison& comparison) {
  const std::vector<ModelResult>& results = comparison.results;
  ModelTable table(results);
  for (const std::string& name : accuracy_names(results.front().evaluation.cutoffs))
    table.add(comparison, name);
  table.headers.insert(table.headers.end(), {"fit", "evaluate"});
  for (std::size_t r = 0; r < results.size(); ++r) {
    table.rows[r].push_back(format_seconds(results[r].fit_seconds));
    table.rows[r].push_back(format_seconds(results[r].evaluation.seconds));
  }
  return table;
}

ModelTable lists_of(const ModelComparison& comparison) {
  ModelTable table(comparison.results);
  const int cutoff = comparison.results.front().evaluation.bins_cutoff;
  for (const std::string_view name : {"coverage", "Gini", "novelty", "diversity", "popularity", "cold"})
    table.add(comparison, fmt::format("{}@{}", name, cutoff));
  return table;
}

/// The best model of a metric against every other: intervals and the p values of three tests.
struct TestTable {
  TableRow headers;
  std::vector<TableRow> rows;
  std::string caption;

  TestTable(const ModelComparison& comparison, const Comparison& test) {
    headers = {"model",  test.metric, "95 % interval", "behind by",
               "t test", "Wilcoxon",  "randomization", "Holm"};
    const ModelResult& best = comparison.results[*test.best];
    caption = fmt::format("{}: {} against the others, p values of paired tests over users", test.metric,
                          best.model);
    rows.push_back(
        {best.model, format_metric(best.evaluation.value(test.metric)), interval(best, test.metric)});
    for (const Rival& rival : test.rivals) {
      const ModelResult& model = comparison.results[rival.model];
      rows.push_back({model.model, format_metric(model.evaluation.value(test.metric)),
                      interval(model, test.metric), format_metric(std::abs(rival.difference))});
      if (!rival.tests) continue;
      for (const double p :
           {rival.tests->student_p, rival.tests->wilcoxon_p, rival.tests->randomization_p, rival.adjusted_p})
        rows.back().push_back(p_text(p));
    }
  }
  static std::string interval(const ModelResult& result, const std::string& name) {
    const Metric* metric = find_metric(result.evaluation.metrics, name);
    return std::isnan(metric->low)
               ? "-"
               : fmt::format("{} to {}", format_metric(metric->low), format_metric(metric->high));
  }
};

/// The metrics whose tests are shown in full: the middle cutoff's NDCG, and RMSE.
std::vector<const Comparison*> main_tests(const ModelComparison& comparison) {
  std::vector<const Comparison*> tests;
  const int cutoff = comparison.results.front().evaluation.bins_cutoff;
  for (const Comparison& test : comparison.tests) {
    const bool main = test.metric == fmt::format("NDCG@{}", cutoff) || test.metric == "RMSE";
    if (main && test.best && !test.rivals.empty()) tests.push_back(&test);
  }
  return tests;
}

constexpr std::string_view kStarNote =
    "* better than every other model: randomization test over users, Holm's correction, p < 0.05";

std::string fallback_lines(const std::vector<ModelResult>& results) {
  std::string text;
  for (const ModelResult& result : results) {
    if (result.evaluation.fallback_users == 0) continue;
    text += fmt::format("\n{}: {} users ranked by popularity\n", result.model,
                        format_count(result.evaluation.fallback_users));
  }
  return text;
}

/// Recall by popularity, a curve per model over the bins of all.
void add_popularity(HtmlReport& page, const std::vector<ModelResult>& results) {
  const Evaluation& first = results.front().evaluation;  // bins depend on the split alone
  std::vector<std::string> bins;
  for (const PopularityBin& bin : first.bins) {
    bins.push_back(bin.min_events == bin.max_events ? format_count(bin.min_events)
                                                    : fmt::format("{}-{}", bin.min_events, bin.max_events));
  }
  std::vector<PopularityCurve> curves;
  for (const ModelResult& result : results) {
    PopularityCurve curve{.model = result.model, .recall = {}};
    for (const PopularityBin& bin : result.evaluation.bins)
      curve.recall.push_back(static_cast<double>(bin.hits) / static_cast<double>(bin.held_out));
    curves.push_back(std::move(curve));
  }
  add_popularity_curves(page, bins, curves, fmt::format("Recall@{}", first.bins_cutoff));
}

void add_charts(HtmlReport& page, const ModelComparison& comparison) {
  const std::vector<ModelResult>& results = comparison.results;
  const int cutoff = results.front().evaluation.bins_cutoff;
  std::vector<ModelMetrics> models;
  std::vector<CatalogUse> uses;
  std::vector<ModelCurve> curves;
  std::string watched;
  for (const ModelResult& result : results) {
    models.push_back({result.model, result.evaluation.metrics});
    uses.push_back({result.model, result.evaluation.value(fmt::format("coverage@{}", cutoff)),
                    result.evaluation.value(fmt::format("Gini@{}", cutoff))});
    if (!result.curve.empty()) curves.push_back(model_curve(result.model, result.curve));
    // Curves of another metric (of ratings) would not fit the axis.
    if (watched.empty()) watched = result.watched;
    if (!result.curve.empty() && result.watched != watched)
      std::ranges::fill(curves.back().metric, std::numeric_limits<double>::quiet_NaN());
  }
  const std::vector<std::string> names = {fmt::format("NDCG@{}", cutoff), fmt::format("HR@{}", cutoff),
                                          fmt::format("Recall@{}", cutoff), "AUC", "RMSE"};
  add_metric_bars(page, models, names);
  add_popularity(page, results);
  add_catalog_use(page, uses, cutoff);
  add_learning_curves(page, curves, watched);
  add_embedding_map(page, comparison.map_model, comparison.map);
}

void add_results(HtmlReport& page, const ModelComparison& comparison) {
  page.paragraph(headline_of(comparison.results.front().evaluation) + ".");
  if (comparison.users_not_ranked > 0) page.paragraph(not_ranked_text(comparison));
  const ModelTable accuracy = accuracy_of(comparison), lists = lists_of(comparison);
  page.table("Models compared", {accuracy.headers.begin(), accuracy.headers.end()}, accuracy.rows);
  if (accuracy.starred) page.paragraph(kStarNote);
  for (const Comparison* test : main_tests(comparison)) {
    const TestTable table(comparison, *test);
    page.table(table.caption, {table.headers.begin(), table.headers.end()}, table.rows);
  }
  add_charts(page, comparison);
  if (lists.headers.size() > 1)
    page.table("Properties of the lists", {lists.headers.begin(), lists.headers.end()}, lists.rows);
  std::vector<TableRow> params;
  for (const ModelResult& result : comparison.results)
    params.push_back({result.model, params_text(result.params)});
  page.table("Parameters", {"model", "parameters"}, params);
}

}  // namespace

std::string compare_text(const ModelComparison& comparison) {
  if (comparison.results.empty()) return "no models\n";
  const ModelTable accuracy = accuracy_of(comparison), lists = lists_of(comparison);
  std::string text = headline_of(comparison.results.front().evaluation) + "\n\n" +
                     text_table(accuracy.headers, accuracy.rows);
  if (accuracy.starred) text += fmt::format("{}\n", kStarNote);
  for (const Comparison* test : main_tests(comparison)) {
    const TestTable table(comparison, *test);
    text += '\n' + table.caption + ":\n" + text_table(table.headers, table.rows);
  }
  if (lists.headers.size() > 1)
    text += "\nproperties of the lists:\n" + text_table(lists.headers, lists.rows);
  return text + fallback_lines(comparison.results);
}

void add_comparison(HtmlReport& page, const ModelComparison& comparison) {
  if (!comparison.results.empty()) add_results(page, comparison);
  for (const ModelFailure& failure : comparison.failures)
    page.paragraph(fmt::format("{} failed: {}", failure.model, failure.message));
}

std::string failures_text(const ModelComparison& comparison) {
  std::string text;
  for (const ModelFailure& failure : comparison.failures)
    text += fmt::format("{}: failed: {}\n", failure.model, failure.message);
  return text;
}

std::string compare_html(const std::string& title, const ModelComparison& comparison) {
  HtmlReport page(title);
  add_comparison(page, comparison);
  return page.html();
}

}  // namespace akin
