// How one evaluation looks.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/report/report.h"

namespace akin {
namespace {

/// "0.1234 [0.1100, 0.1370]", without the interval if there is none.
std::string with_interval(const Metric& metric) {
  if (std::isnan(metric.low)) return format_metric(metric.value);
  return fmt::format("{} [{}, {}]", format_metric(metric.value), format_metric(metric.low),
                     format_metric(metric.high));
}

/// What was left out of an evaluation; nothing if nothing was.
std::vector<TableRow> counts_of(const Evaluation& e) {
  std::vector<TableRow> facts;
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) facts.push_back({format_count(count), std::string(what)});
  };
  add(e.repeated_events, "held-out events of items the user already has in training: not ranked");
  add(e.warm_item_events, "held-out events of items with training events: not among cold items, not ranked");
  add(e.duplicate_events, "held-out events of the same user and item again: counted once");
  add(e.cold_item_events, "held-out items without training events: included in the metrics");
  add(e.cold_users, "users without training events");
  add(e.fallback_users, "users unknown to the model: ranked by popularity");
  add(e.mean_events, "ratings without a prediction: replaced by the training mean");
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

}  // namespace

std::string headline_of(const Evaluation& e) {
  const std::string lists = e.lists == e.users ? "" : fmt::format(", {} lists", format_count(e.lists));
  return fmt::format("{} held-out events, {} users ranked{}: {}", format_count(e.test_events),
                     format_count(e.users), lists, e.protocol);
}

std::string params_text(const ParamValues& params) {
  std::string text;
  for (const auto& [name, value] : params)
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, value);
  return text.empty() ? "-" : text;
}

std::string evaluation_text(const Evaluation& e) {
  const MetricTable table(e);
  std::string text = headline_of(e) + "\n\n" + text_table(table.headers, table.rows);
  if (const auto counts = counts_of(e); !counts.empty())
    text += '\n' + text_table({"counted apart", ""}, counts);
  if (e.seconds > 0) text += fmt::format("\nevaluated in {}\n", format_seconds(e.seconds));
  return text;
}

void add_evaluation(HtmlReport& page, const Evaluation& e) {
  page.paragraph(headline_of(e) + ".");
  const MetricTable table(e);
  page.table("Metrics", {table.headers.begin(), table.headers.end()}, table.rows);
  if (const auto counts = counts_of(e); !counts.empty())
    page.table("Counted apart", {"number", "what"}, counts);
}

std::string evaluation_html(const ModelResult& result) {
  HtmlReport page("Evaluation of " + result.model);
  add_evaluation(page, result.evaluation);
  page.paragraph("Parameters: " + params_text(result.params));
  return page.html();
}

}  // namespace akin
