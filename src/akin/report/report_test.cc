#include "akin/report/report.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "akin/base/error_for_test.h"
#include "akin/report/json.h"
#include "akin/report/text_for_test.h"

namespace akin {
namespace {

TEST(TextTable, AlignsNumbersRightAndTextLeft) {
  EXPECT_EQ(
      text_table({"model", "HR", "fit"}, {{"popularity", "0.1234", "0.5 s"}, {"als", "-", "112.0 s"}, {"x"}}),
      "model           HR      fit\n"
      "----------  ------  -------\n"
      "popularity  0.1234    0.5 s\n"
      "als              -  112.0 s\n"
      "x\n");
}

TEST(TextTable, CountsCharactersAndDisarmsControlBytes) {
  EXPECT_EQ(text_table({"a", "b"}, {{"Caf\xC3\xA9", "x"}, {"\x1B[31m", "y"}}),
            "a         b\n"
            "--------  -\n"
            "Caf\xC3\xA9      x\n"
            "\\x1b[31m  y\n");
}

TEST(Format, DatesAndMetrics) {
  EXPECT_EQ(format_date(0), "1970-01-01");
  EXPECT_EQ(format_date(-1), "1969-12-31");
  EXPECT_EQ(format_date(1405987200 * kSecond), "2014-07-22");
  EXPECT_EQ(format_date(kNoTime), "unknown");
  EXPECT_EQ(format_date(kNoTime + 1), "0000-01-01");
  EXPECT_EQ(format_date(std::numeric_limits<std::int64_t>::max()), "9999-12-31");
  EXPECT_EQ(format_metric(0.12345), "0.1235");
  EXPECT_EQ(format_metric(-1e-9), "0.0000");
  EXPECT_EQ(format_metric(std::nan("")), "-");
}

TEST(Html, EscapesEverythingAFileCouldHold) {
  EXPECT_EQ(html_escape("<b>\"A\" & 'B'</b>"), "&lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;");
  EXPECT_EQ(html_escape("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x8E\xB8"),
            "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x8E\xB8");
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(html_escape("a\xE9z"), "a" + bad + "z");        // latin-1
  EXPECT_EQ(html_escape("a\xC3"), "a" + bad);               // cut short
  EXPECT_EQ(html_escape("\xC0\xAF"), bad + bad);            // overlong
  EXPECT_EQ(html_escape("\xED\xA0\x80"), bad + bad + bad);  // surrogate
  EXPECT_EQ(html_escape(std::string_view("a\0b\x1B", 4)), "a" + bad + "b" + bad);
}

TEST(Html, PageIsSelfContainedAndEscaped) {
  HtmlReport page("<title> & co");
  page.heading("<h>").paragraph("<script>alert(1)</script>");
  page.table("<cap>", {"<col>", {"score", HtmlReport::Best::kHighest}, {"error", HtmlReport::Best::kLowest}},
             {{"<a>", "0.50", "2"}, {"b", "0.50", "1,000"}, {"c", "-", "30"}});
  page.bars("<bars>", {{"<x>", 2, "<2>"}, {"y", 1, "1"}, {"z", std::nan(""), "?"}, {"w", -3, "-3"}});
  const std::string html = page.html();
  EXPECT_TRUE(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
  EXPECT_TRUE(contains(html, "<title>&lt;title&gt; &amp; co</title>"));
  for (const std::string_view raw :
       {"<script>alert", "<cap>", "<col>", "<a>", "<x>", "<2>", "<h>", "http:", "https:", "src=", "url("}) {
    EXPECT_FALSE(contains(html, raw)) << raw;
  }
  EXPECT_TRUE(contains(html, "<th scope=\"col\">&lt;col&gt;</th><th scope=\"col\" class=\"n\">score</th>"));
  EXPECT_EQ(count(html, "<td class=\"n b\">0.50</td>"), 2U);  // both best
  EXPECT_EQ(count(html, "<td class=\"n b\">2</td>"), 1U);
  EXPECT_EQ(count(html, "class=\"n b\""), 3U);
  EXPECT_EQ(count(html, "width:100.00%"), 1U);
  EXPECT_EQ(count(html, "width:50.00%"), 1U);
  EXPECT_EQ(count(html, "width:0.00%"), 2U);
}

Description sample_description() {
  Description d;
  d.name = "Musical \x1BInstruments";
  d.users = 1429, d.items = 900, d.events = 10261;
  d.items_without_events = 3;
  d.density = 0.00797838;
  d.first_time = 1095465600 * kSecond, d.last_time = 1405987200 * kSecond;
  d.values = {10261, 4.488743787155248, 0.8946423761647286, 1, 4, 5, 5, 5};
  d.value_counts = {{1, 217}, {5, 6938}};
  d.gini_items = 0.4567;
  d.popularity = {{0.01, 0.1}, {1, 1}};
  d.kinds = {{"rating", 10261}};
  d.review_words = {10261, 90.5, 1, 0, 30, 50, 100, 2000};
  d.empty_reviews = 7;
  d.item_content = {{"title", 0.5}, {"<brand>", 1}};
  d.links = {{"also_bought", 12}};
  d.test_events = 9;
  d.events_by_month = {{"2004-09", 1}, {"2014-07", 10260}};
  return d;
}

TEST(Report, DescriptionAsText) {
  const std::string text = describe_text(sample_description());
  EXPECT_EQ(count(text, "\x1B"), 0U);
  for (const std::string_view part : {"Musical \\x1bInstruments\n",
                                      "1,429\n",
                                      "900 (3 without events)",
                                      "10,261\n",
                                      "0.80 %",
                                      "2004-09-18 to 2014-07-22 (3,594 days)",
                                      "count    10,261",
                                      "mean   4.488744",
                                      "std    0.894642",
                                      "min    1.000000",
                                      "25%    4.000000",
                                      "max    5.000000",
                                      "items 0.4567",
                                      "words per review",
                                      "90.500000",
                                      "reviews without words: 7",
                                      "items with title    50.0 %",
                                      "items with <brand>  100.0 %",
                                      "also_bought links",
                                      "0 validation, 9 test events",
                                      "rating events"}) {
    EXPECT_TRUE(contains(text, part)) << part << "\nin\n" << text;
  }
}

TEST(Report, DescriptionAsPageAndJson) {
  const std::string html = describe_html(sample_description());
  for (const std::string_view part : {"4.488744", "Events by month", "2014-07", "10,260", "The long tail",
                                      "top 1.0 %", "&lt;brand&gt;", "Events by value"}) {
    EXPECT_TRUE(contains(html, part)) << part;
  }
  Description d = sample_description();
  d.name = "latin \xE9";
  const auto json = describe_json(d);
  EXPECT_NO_THROW(json.dump());
  EXPECT_EQ(json["events"], 10261);
  EXPECT_DOUBLE_EQ(json["values"]["std"], 0.8946423761647286);
  EXPECT_EQ(json["item_content"]["title"], 0.5);
  EXPECT_EQ(json["value_counts"][1]["events"], 6938);
  EXPECT_EQ(json["first_time"], 1095465600);
  d.first_time = kNoTime;
  EXPECT_TRUE(describe_json(d)["first_time"].is_null());
  EXPECT_TRUE(contains(describe_text(d), "no event has a time"));
}

ModelResult result(std::string model, double ndcg, double rmse) {
  ModelResult r{.model = std::move(model), .params = {{"rank", "64"}}, .fit_seconds = 1.5, .evaluation = {}};
  r.evaluation.protocol = "all 900 items ranked, training items excluded";
  r.evaluation.users = 1429;
  r.evaluation.test_events = 1430;
  r.evaluation.repeated_events = 1;
  r.evaluation.lists = 1429;
  r.evaluation.cutoffs = {5, 10};
  r.evaluation.bins_cutoff = 10;
  r.evaluation.metrics = {{.name = "HR@5", .value = 0.1},
                          {.name = "NDCG@5", .value = ndcg / 2},
                          {.name = "HR@10", .value = 0.2},
                          {.name = "NDCG@10", .value = ndcg, .low = ndcg - 0.01, .high = ndcg + 0.02}};
  if (rmse > 0) {
    r.evaluation.mean_events = 2;
    r.evaluation.metrics.push_back({.name = "RMSE", .better = Better::kLower, .value = rmse});
    r.evaluation.metrics.push_back({.name = "MAE", .better = Better::kLower, .value = rmse / 2});
  }
  return r;
}

TEST(Report, Evaluation) {
  const std::string one = evaluation_text(result("mf-sgd", 0.25, 0.9).evaluation);
  for (const std::string_view part : {"1,430 held-out events, 1,429 users ranked: all 900 items",
                                      "0.2500 [0.2400, 0.2700]", "RMSE    0.9000", "MAE     0.4500",
                                      "the user already has in training", "replaced by the training mean"}) {
    EXPECT_TRUE(contains(one, part)) << part << "\nin\n" << one;
  }
  EXPECT_TRUE(contains(evaluation_html(result("mf-sgd", 0.25, 0.9)), "mf-sgd"));
}

/// Two models over 29 users: `better` has NDCG@10 of .5 for all, the other 0 for `misses` of them.
ModelComparison compared(int misses) {
  ModelComparison comparison{{result("better", 0.5, 0.9), result("worse", 0.4, 0)}, {}};
  for (ModelResult& model : comparison.results) {
    Metric& ndcg = model.evaluation.metrics[3];
    ndcg.values.assign(29, 0.5F);
    if (model.model == "worse") std::fill_n(ndcg.values.begin(), misses, 0.0F);
    ndcg.value = mean_of(ndcg);
  }
  comparison.tests = test_models(comparison.results, {});
  return comparison;
}

TEST(Report, ComparisonMarksAWinnerOnlyIfItIsSignificant) {
  const std::string clear = compare_text(compared(20));
  EXPECT_TRUE(contains(clear, " 0.5000*")) << clear;
  EXPECT_TRUE(contains(clear, "\n* better than every other model"));
  EXPECT_TRUE(contains(clear, "NDCG@10: better against the others"));
  EXPECT_TRUE(contains(clear, "<0.0001"));
  const std::string unclear = compare_text(compared(1));
  EXPECT_FALSE(contains(unclear, "*")) << unclear;
  EXPECT_TRUE(contains(unclear, "NDCG@10: better against the others")) << "p values are shown all the same";
  EXPECT_TRUE(contains(compare_html("Models", compared(20)), "0.5000*"));
  EXPECT_FALSE(contains(compare_html("Models", compared(1)), "0.5000*"));
}

TEST(Report, ComparisonSaysHowManyUsersAreNotRanked) {
  ModelComparison comparison = compared(20);
  EXPECT_FALSE(contains(compare_html("Models", comparison), "not ranked"));
  EXPECT_EQ(comparison_json(comparison)["users_not_ranked"], 0);
  comparison.users_not_ranked = 7;
  EXPECT_TRUE(contains(compare_html("Models", comparison), "7 users are not ranked: they have all"));
  EXPECT_EQ(comparison_json(comparison)["users_not_ranked"], 7);
}

TEST(Report, ComparisonAsTextPageAndJson) {
  const ModelComparison comparison = compared(20);
  const std::string text = compare_text(comparison);
  EXPECT_TRUE(contains(text, "RMSE")) << text;
  EXPECT_TRUE(contains(text, "\nbetter  0.1000")) << text;
  EXPECT_TRUE(contains(compare_html("Models", comparison), "rank = 64"));
  const auto json = comparison_json(comparison);
  const auto& metrics = json["models"][0]["evaluation"]["metrics"];
  EXPECT_EQ(metrics["NDCG@10"]["value"], 0.5);
  EXPECT_EQ(metrics["NDCG@10"]["interval"][0], 0.49);
  EXPECT_FALSE(metrics["HR@10"].contains("interval"));
  EXPECT_EQ(metrics["RMSE"]["value"], 0.9);
  EXPECT_FALSE(json["models"][1]["evaluation"]["metrics"].contains("RMSE"));
  EXPECT_EQ(json["models"][0]["params"]["rank"], "64");
  const auto test = std::ranges::find(json["tests"], "NDCG@10", [](const auto& t) { return t["metric"]; });
  ASSERT_NE(test, json["tests"].end());
  EXPECT_EQ((*test)["best"], "better");
  EXPECT_EQ((*test)["significant"], true);
  EXPECT_EQ((*test)["rivals"][0]["changed_users"], 20);
  EXPECT_LT((*test)["rivals"][0]["adjusted_p"], 0.001);
  EXPECT_EQ(compare_text({}), "no models\n");
}

}  // namespace
}  // namespace akin
