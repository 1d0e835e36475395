#include "akin/report/report_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

namespace akin {
namespace {

/// A bar per model; models whose value is not finite are left out.
BarChart model_bars(std::string title) {
  BarChart chart;
  chart.title = std::move(title);
  chart.series = {{.name = "value", .values = {}}};
  chart.colour_categories = true;
  return chart;
}

void add_bar(BarChart& chart, const std::string& model, double value) {
  if (!std::isfinite(value)) return;
  chart.categories.push_back(model);
  chart.series[0].values.push_back(value);
}

bool any_finite(std::span<const double> values) {
  return std::ranges::any_of(values, [](double value) { return std::isfinite(value); });
}

/// The points whose y is known.
LineChart::Series known_points(const std::string& name, std::span<const double> x,
                               std::span<const double> y) {
  LineChart::Series series{.name = name, .x = {}, .y = {}};
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (!std::isfinite(y[i])) continue;
    series.x.push_back(x[i]);
    series.y.push_back(y[i]);
  }
  return series;
}

std::optional<double> number_of(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
  return whole ? std::optional(value) : std::nullopt;
}

/// Index of the best finite score, nullopt if there is none; the first of equals.
std::optional<std::size_t> best_trial(std::span<const TrialPoint> trials, Better better) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (!std::isfinite(trials[i].score)) continue;
    const bool improves = !best || (better == Better::kLower ? trials[i].score < trials[*best].score
                                                             : trials[i].score > trials[*best].score);
    if (improves) best = i;
  }
  return best;
}

std::string params_of(const TrialPoint& trial) {
  std::string text;
  for (const auto& [name, value] : trial.params)
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, value);
  if (!trial.note.empty()) text += fmt::format(" ({})", trial.note);
  return text;
}

LineChart best_so_far(std::span<const TrialPoint> trials, const std::string& metric, Better better) {
  LineChart chart;
  chart.title = fmt::format("Best {} so far", metric);
  chart.x.name = "trial";
  chart.y.name = metric;
  LineChart::Series best{.name = "best so far", .x = {}, .y = {}, .step = true};
  LineChart::Series each{.name = "each trial", .x = {}, .y = {}, .line = false};
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const auto leader = best_trial(trials.first(i + 1), better);
    if (!leader) continue;
    best.x.push_back(static_cast<double>(i + 1));
    best.y.push_back(trials[*leader].score);
    each.x.push_back(static_cast<double>(i + 1));
    each.y.push_back(trials[i].score);
  }
  chart.series = {std::move(best), std::move(each)};
  return chart;
}

/// The values of one parameter over the trials that have it and a score.
struct Varied {
  std::vector<std::string> texts;
  std::vector<std::size_t> trials;

  bool numeric() const {
    return std::ranges::all_of(texts, [](const std::string& text) { return number_of(text).has_value(); });
  }
  bool varies() const {
    return std::ranges::any_of(texts, [&](const std::string& text) { return text != texts.front(); });
  }
};

constexpr double kLogSpan = 10;  // largest / smallest value from which an axis is logarithmic

bool wants_log(std::span<const ScatterChart::Point> points) {
  const auto [least, most] = std::ranges::minmax(points, {}, &ScatterChart::Point::x);
  return least.x > 0 && most.x / least.x >= kLogSpan;
}

ScatterChart parameter_chart(const std::string& name, const Varied& varied,
                             std::span<const TrialPoint> trials, const std::string& metric,
                             std::size_t best) {
  ScatterChart chart;
  chart.title = name;
  chart.y.name = metric;
  const bool numeric = varied.numeric();
  for (std::size_t i = 0; i < varied.texts.size(); ++i) {
    const TrialPoint& trial = trials[varied.trials[i]];
    double x = 0;
    if (numeric) {
      x = *number_of(varied.texts[i]);
    } else {
      auto found = std::ranges::find(chart.categories, varied.texts[i]);
      x = static_cast<double>(found - chart.categories.begin());
      if (found == chart.categories.end()) chart.categories.push_back(varied.texts[i]);
    }
    chart.points.push_back({x, trial.score, fmt::format("trial {}", varied.trials[i] + 1),
                            varied.trials[i] == best ? "best trial" : "other trials", params_of(trial)});
  }
  chart.x.log = numeric && wants_log(chart.points);
  return chart;
}

}  // namespace

void add_metric_bars(HtmlReport& page, std::span<const ModelMetrics> models,
                     std::span<const std::string> names) {
  std::vector<Chart> charts;
  for (const std::string& name : names) {
    BarChart chart = model_bars(name);
    bool intervals = false;
    for (const ModelMetrics& model : models) {
      const Metric* metric = find_metric(model.metrics, name);
      if (metric == nullptr || !std::isfinite(metric->value)) continue;
      add_bar(chart, model.model, metric->value);
      chart.series[0].low.push_back(metric->low);
      chart.series[0].high.push_back(metric->high);
      intervals |= std::isfinite(metric->low) && std::isfinite(metric->high);
      chart.note = metric->better == Better::kLower ? "lower is better" : "";
    }
    if (!intervals) chart.series[0].low.clear(), chart.series[0].high.clear();
    chart.series[0].name = name;
    if (!chart.categories.empty()) charts.emplace_back(std::move(chart));
  }
  page.charts(charts);
}

ModelCurve model_curve(std::string model, const LearningCurve& curve) {
  ModelCurve result{.model = std::move(model), .epoch = {}, .loss = {}, .metric = {}};
  for (const CurvePoint& point : curve) {
    result.epoch.push_back(point.epoch);
    result.loss.push_back(point.loss);
    result.metric.push_back(point.value);
  }
  return result;
}

void add_learning_curves(HtmlReport& page, std::span<const ModelCurve> curves, const std::string& metric) {
  LineChart validation;
  validation.title = fmt::format("{} on validation events after each epoch", metric);
  validation.x.name = "epoch";
  validation.y.name = metric;
  std::vector<Chart> losses;
  for (const ModelCurve& curve : curves) {
    if (any_finite(curve.metric))
      validation.series.push_back(known_points(curve.model, curve.epoch, curve.metric));
    if (!any_finite(curve.loss)) continue;
    LineChart loss;
    loss.title = fmt::format("Training loss of {}", curve.model);
    loss.x.name = "epoch";
    loss.series = {known_points(curve.model, curve.epoch, curve.loss)};
    losses.emplace_back(std::move(loss));
  }
  if (!validation.series.empty()) page.chart(validation);
  page.charts(losses);
}

void add_popularity_curves(HtmlReport& page, std::span<const std::string> bins,
                           std::span<const PopularityCurve> curves, const std::string& metric) {
  if (bins.size() < 2 || curves.empty()) return;  // one bin says what the bars of all items say
  LineChart chart;
  chart.title = fmt::format("{} by popularity of the held-out item", metric);
  chart.note = "From rare items to bestsellers.";
  chart.x.name = "training events of the item";
  chart.y.name = metric;
  chart.categories.assign(bins.begin(), bins.end());
  chart.from_zero = true;
  for (const PopularityCurve& curve : curves)
    chart.series.push_back({.name = curve.model, .x = {}, .y = curve.recall});
  page.chart(chart);
}

void add_catalog_use(HtmlReport& page, std::span<const CatalogUse> models, int cutoff) {
  BarChart coverage = model_bars(fmt::format("Item coverage@{}", cutoff));
  coverage.note = fmt::format("share of the items that are in someone's top {}", cutoff);
  BarChart gini = model_bars(fmt::format("Gini of recommendations@{}", cutoff));
  gini.note = "0 = all items recommended equally often, 1 = always the same";
  for (const CatalogUse& model : models) {
    add_bar(coverage, model.model, model.coverage);
    add_bar(gini, model.model, model.gini);
  }
  std::vector<Chart> charts;
  for (BarChart* chart : {&coverage, &gini}) {
    if (!chart->categories.empty()) charts.emplace_back(std::move(*chart));
  }
  page.charts(charts);
}

void add_trials(HtmlReport& page, std::span<const TrialPoint> trials, const std::string& metric,
                Better better) {
  const auto best = best_trial(trials, better);
  if (!best) return;
  page.chart(best_so_far(trials, metric, better));
  std::vector<std::string> names;  // in the order of the first trial that has them
  std::map<std::string, Varied> by_name;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (!std::isfinite(trials[i].score)) continue;
    for (const auto& [name, value] : trials[i].params) {
      Varied& varied = by_name[name];
      if (varied.texts.empty()) names.push_back(name);
      varied.texts.push_back(value);
      varied.trials.push_back(i);
    }
  }
  std::vector<Chart> charts;
  for (const std::string& name : names) {
    const Varied& varied = by_name.at(name);
    if (varied.varies()) charts.emplace_back(parameter_chart(name, varied, trials, metric, *best));
  }
  page.charts(charts);
}

void add_embedding_map(HtmlReport& page, const std::string& model, std::span<const MapPoint> points) {
  if (points.empty()) return;
  ScatterChart chart;
  chart.title = fmt::format("Items as {} sees them", model);
  chart.note = fmt::format(
      "The {} most popular items; items with similar vectors are close together (t-SNE). Only closeness has "
      "a meaning; the axes and the distances between groups have none.",
      format_count(points.size()));
  chart.map = true;
  for (const MapPoint& point : points)
    chart.points.push_back(
        {static_cast<double>(point.x), static_cast<double>(point.y), point.label, point.group});
  page.chart(chart);
}

}  // namespace akin
