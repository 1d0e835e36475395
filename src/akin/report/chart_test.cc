#include "akin/report/chart.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/error_for_test.h"
#include "akin/report/html.h"
#include "akin/report/page_script.h"
#include "akin/report/report_charts.h"
#include "akin/report/text_for_test.h"

namespace akin {
namespace {

using nlohmann::json;

const double kNan = std::nan("");
/// What a product's title could hold to break out of where it stands.
const std::string kHostile = "</script><script>alert(1)</script><!--\xE2\x80\xA8\xE2\x80\xA9\"'&\\ \xE9 \x01";
const std::string kHostileClean =
    "</script><script>alert(1)</script><!--\xE2\x80\xA8\xE2\x80\xA9\"'&\\ \xEF\xBF\xBD \xEF\xBF\xBD";

/// The specifications of a page's charts, read as a browser would: up to the next </script.
std::vector<json> specifications(const std::string& html) {
  constexpr std::string_view kStart = "<script type=\"application/json\">";
  std::vector<json> found;
  for (std::size_t at = html.find(kStart); at != std::string::npos; at = html.find(kStart, at)) {
    at += kStart.size();
    found.push_back(json::parse(html.substr(at, html.find("</script", at) - at)));
  }
  return found;
}

BarChart bars() {
  BarChart chart;
  chart.title = "NDCG@10";
  chart.axis.name = "NDCG";
  chart.categories = {"popularity", "als"};
  chart.series = {{.name = "value", .values = {0.1, 0.25}, .low = {0.08, kNan}, .high = {0.12, kNan}}};
  return chart;
}

TEST(Chart, BarsAsJsonAndTable) {
  const json spec = json::parse(chart_json(bars()));
  EXPECT_EQ(spec["kind"], "bars");
  EXPECT_EQ(spec["categories"], json({"popularity", "als"}));
  EXPECT_EQ(spec["series"][0]["values"], json({0.1, 0.25}));
  EXPECT_EQ(spec["series"][0]["low"], json({0.08, nullptr}));
  const ChartTable table = chart_table(bars());
  EXPECT_EQ(table.headers, (TableRow{"", "NDCG", "low", "high"}));
  EXPECT_EQ(table.rows,
            (std::vector<TableRow>{{"popularity", "0.1", "0.08", "0.12"}, {"als", "0.25", "-", "-"}}));
}

TEST(Chart, LinesShareTheRowsOfTheirTable) {
  LineChart chart;
  chart.title = "loss";
  chart.x.name = "epoch";
  chart.y.log = true;
  chart.series = {{.name = "als", .x = {1, 2}, .y = {10, 4}}, {.name = "bpr", .x = {2, 3}, .y = {7, kNan}}};
  const ChartTable table = chart_table(chart);
  EXPECT_EQ(table.headers, (TableRow{"epoch", "als", "bpr"}));
  EXPECT_EQ(table.rows, (std::vector<TableRow>{{"1", "10", ""}, {"2", "4", "7"}, {"3", "", "-"}}));
  EXPECT_EQ(json::parse(chart_json(chart))["y"]["log"], true);
  chart.series[0].y[0] = 0;  // has no logarithm
  const json spec = json::parse(chart_json(chart));
  EXPECT_EQ(spec["y"]["log"], false);
  EXPECT_EQ(spec["series"][1]["y"], json({7, nullptr}));
}

TEST(Chart, ScatterGroupsBySizeAndOtherLast) {
  ScatterChart chart;
  chart.title = "map";
  chart.x.log = true;
  const std::vector<std::string> groups = {"b", "other", "a", "other", "a", "other", "c"};
  for (std::size_t i = 0; i < 7; ++i)
    chart.points.push_back({static_cast<double>(i + 1), 1, "p" + std::to_string(i), groups[i]});
  chart.points[6].y = kNan;  // left out of the plot
  json spec = json::parse(chart_json(chart));
  EXPECT_EQ(spec["groups"], json({"a", "b", "c", "other"}));
  EXPECT_EQ(spec["points"]["group"], json({1, 3, 0, 3, 0, 3}));
  EXPECT_EQ(spec["x"]["base"], 2);
  for (int i = 0; i < 60; ++i) chart.points.push_back({1e-5, 2, "more", "a"});
  EXPECT_EQ(json::parse(chart_json(chart))["x"]["base"], 10);
  const ChartTable table = chart_table(chart);
  EXPECT_EQ(table.rows.size(), 50U);
  EXPECT_TRUE(contains(table.caption, "first 50 of 67 points"));
  EXPECT_EQ(table.headers, (TableRow{"point", "group", "x", "y"}));
}

TEST(Chart, ListsOfDifferentLengthsAreAnError) {
  BarChart chart = bars();
  chart.series[0].values.push_back(1);
  EXPECT_THROW(chart_json(chart), Error);
  chart = bars();
  chart.series[0].high.clear();
  EXPECT_THROW(chart_json(chart), Error);
  LineChart line;
  line.series = {{.name = "a", .x = {1}, .y = {1, 2}}};
  EXPECT_THROW(chart_json(line), Error);
}

TEST(Chart, HostileTextStaysText) {
  BarChart bar = bars();
  bar.title = bar.note = bar.axis.name = bar.categories[0] = bar.series[0].name = kHostile;
  LineChart line;
  line.title = line.x.name = kHostile;
  line.series = {{.name = kHostile, .x = {1}, .y = {1}}};
  ScatterChart scatter;
  scatter.points = {{1, 1, kHostile, kHostile, kHostile}};
  HtmlReport page(kHostile);
  page.chart(bar).charts({line, scatter});
  const std::string html = page.html();
  const bool drawn = !charts_script().text.empty();
  EXPECT_FALSE(contains(html, "<script>alert"));
  EXPECT_FALSE(contains(html, "<!--"));
  EXPECT_FALSE(contains(html, "\xE9"));
  const std::vector<json> specs = specifications(html);
  ASSERT_EQ(specs.size(), drawn ? 3U : 0U);
  if (!drawn) return;
  EXPECT_EQ(specs[0]["categories"][0], kHostileClean);
  EXPECT_EQ(specs[1]["series"][0]["name"], kHostileClean);
  EXPECT_EQ(specs[2]["points"]["text"][0], kHostileClean);
  for (const Chart& chart : {Chart(bar), Chart(line), Chart(scatter)}) {
    for (const char c : chart_json(chart))
      EXPECT_TRUE(c >= ' ' && c < 0x7F && c != '<' && c != '>' && c != '&');
  }
}

TEST(Page, CarriesOnlyTheScriptItNeedsAndOnce) {
  HtmlReport plain("plain");
  plain.paragraph("text").table("one row", {"a"}, {{"1"}});
  EXPECT_FALSE(contains(plain.html(), "<script"));
  EXPECT_TRUE(contains(plain.html(), "default-src 'none'"));
  EXPECT_TRUE(contains(plain.html(), "script-src 'none'"));

  HtmlReport tables("tables");
  tables.table("t", {"a"}, {{"1"}, {"2"}}).table("u", {"a"}, {{"1"}, {"2"}});
  HtmlReport charts("charts");
  charts.table("t", {"a"}, {{"1"}, {"2"}}).chart(bars()).chart(bars());
  if (charts_script().text.empty()) {
    EXPECT_FALSE(contains(tables.html(), "<script"));
    EXPECT_TRUE(contains(charts.html(), "built without charts"));
    EXPECT_TRUE(contains(charts.html(), "<td class=\"n\">0.25</td>"));
    EXPECT_FALSE(contains(charts.html(), "<details>"));
    return;
  }
  EXPECT_EQ(count(tables.html(), std::string("<script>") + std::string(tables_script().text) + "</script>"),
            1U);
  EXPECT_LT(tables_script().text.size(), 5000U);
  const std::string html = charts.html();
  EXPECT_EQ(count(html, charts_script().text), 1U);
  EXPECT_EQ(count(html, "<script>"), 1U);
  EXPECT_EQ(count(html, "<figure class=\"chart\">"), 2U);
  EXPECT_EQ(count(html, "<noscript>"), 1U);
  EXPECT_TRUE(contains(html, "script-src '" + std::string(charts_script().hash) + "'"));
  EXPECT_TRUE(contains(html, "<td class=\"n\">0.25</td>"));  // the table for those who cannot see the chart
}

TEST(Page, ScriptsAreSafeToEmbedAndCarryTheirLicences) {
  for (const PageScript& script : {charts_script(), tables_script()}) {
    const std::string text(script.text);
    for (const std::string_view bad : {"</script", "<script", "<!--", "\r", "eval("})
      EXPECT_FALSE(contains(text, bad)) << bad;
    EXPECT_EQ(text.empty(), script.hash.empty());
  }
  const std::string text(charts_script().text);
  if (text.empty()) GTEST_SKIP() << "built without charts";
  for (const std::string_view notice : {"The Apache Software Foundation", "Version 2.0, January 2004",
                                        "Baidu Inc.", "Mike Bostock", "Microsoft Corporation"}) {
    EXPECT_TRUE(contains(text.substr(0, 20000), notice)) << notice;
  }
}

/// The charts of a report's part by title; without a script the titles still stand in the page.
std::vector<std::string> titles(const std::string& html) {
  std::vector<std::string> found;
  for (std::size_t at = html.find("<figcaption>"); at != std::string::npos;
       at = html.find("<figcaption>", at + 1))
    found.push_back(html.substr(at + 12, html.find('<', at + 1) - at - 12));
  return found;
}

TEST(ReportCharts, MetricBarsLeaveOutWhatIsNotKnown) {
  const std::vector<ModelMetrics> models = {{"popularity", {{.name = "NDCG@10", .value = 0.1}}},
                                            {"mf-sgd",
                                             {{.name = "NDCG@10", .value = 0.2, .low = 0.18, .high = 0.22},
                                              {.name = "RMSE", .better = Better::kLower, .value = 0.9}}}};
  HtmlReport page("p");
  add_metric_bars(page, models, std::vector<std::string>{"NDCG@10", "RMSE", "MRR"});
  const std::string html = page.html();
  EXPECT_EQ(titles(html), (std::vector<std::string>{"NDCG@10", "RMSE"}));
  EXPECT_EQ(count(html, "lower is better"), 1U);
  EXPECT_EQ(count(html, ">popularity</th>"), 1U);
  EXPECT_EQ(count(html, ">mf-sgd</th>"), 2U);
  EXPECT_TRUE(contains(html, ">0.18</td>"));
}

TEST(ReportCharts, LearningCurvesPopularityAndCatalog) {
  HtmlReport page("p");
  const std::vector<ModelCurve> curves = {{"als", {1, 2, 3}, {9, 7, 5}, {kNan, 0.1, kNan}},
                                          {"bpr", {1, 2}, {kNan, kNan}, {0.1, 0.2}},
                                          {"nothing", {}, {}, {}}};
  add_learning_curves(page, curves, "NDCG@10");
  const std::vector<PopularityCurve> popularity = {{"als", {0.1, kNan}}, {"bpr", {0.2, 0.3}}};
  add_popularity_curves(page, std::vector<std::string>{"1-4", "5+"}, popularity, "Recall@10");
  add_catalog_use(page, std::vector<CatalogUse>{{"als", 0.5, 0.75}, {"bpr", 0.25, kNan}}, 10);
  EXPECT_EQ(titles(page.html()),
            (std::vector<std::string>{"NDCG@10 on validation events after each epoch", "Training loss of als",
                                      "Recall@10 by popularity of the held-out item", "Item coverage@10",
                                      "Gini of recommendations@10"}));
  HtmlReport empty("p");
  add_learning_curves(empty, {}, "x");
  add_popularity_curves(empty, {}, {}, "x");
  add_popularity_curves(empty, std::vector<std::string>{"0"}, popularity, "one bin is no curve");
  add_catalog_use(empty, {}, 10);
  add_trials(empty, {}, "x", Better::kHigher);
  add_embedding_map(empty, "x", {});
  add_metric_bars(empty, {}, {});
  EXPECT_FALSE(contains(empty.html(), "<figure"));
}

TEST(ReportCharts, TrialsOfASearch) {
  std::vector<TrialPoint> trials;
  const double scores[] = {0.9, 0.7, kNan, 0.8, 0.5};
  const char* rates[] = {"0.001", "0.01", "5", "0.1", "0.05"};
  for (std::size_t i = 0; i < 5; ++i)
    trials.push_back({{{"rate", rates[i]}, {"loss", i % 2 == 0 ? "bpr" : "bce"}, {"fixed", "1"}}, scores[i]});
  HtmlReport page("p");
  add_trials(page, trials, "RMSE", Better::kLower);
  const std::string html = page.html();
  EXPECT_EQ(titles(html), (std::vector<std::string>{"Best RMSE so far", "rate", "loss"}));
  EXPECT_EQ(count(html, ">best trial</td>"), 2U);
  const std::vector<json> specs = specifications(html);
  if (charts_script().text.empty()) GTEST_SKIP() << "built without charts";
  EXPECT_EQ(specs[0]["series"][0]["y"], json({0.9, 0.7, 0.7, 0.7, 0.5}));  // best so far; the third failed
  EXPECT_EQ(specs[0]["series"][1]["y"], json({0.9, 0.7, nullptr, 0.8, 0.5}));
  EXPECT_EQ(specs[1]["x"]["log"], true);
  EXPECT_EQ(specs[1]["points"]["x"], json({0.001, 0.01, 0.1, 0.05}));
  EXPECT_EQ(specs[2]["categories"], json({"bpr", "bce"}));
  EXPECT_EQ(specs[2]["points"]["x"], json({0, 1, 1, 0}));
}

}  // namespace
}  // namespace akin
