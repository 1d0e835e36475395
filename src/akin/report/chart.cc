#include "akin/report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <span>

#include "akin/base/error.h"
#include "akin/report/html.h"

namespace akin {
namespace {

using nlohmann::json;

constexpr std::size_t kMostRows = 50;  // of a scatter chart's table

void check(bool consistent, const std::string& title) {
  if (!consistent) fail(ErrorCode::kInternal, "chart '{}': lists of different lengths", title);
}

json numbers(std::span<const double> values) {
  json list = json::array();
  for (const double value : values) list.push_back(std::isfinite(value) ? json(value) : json(nullptr));
  return list;
}

json texts(std::span<const std::string> values) {
  json list = json::array();
  for (const std::string& value : values) list.push_back(clean_text(value));
  return list;
}

/// Least and greatest of the finite values, NaN if there are none.
std::pair<double, double> range_of(std::span<const double> values) {
  std::pair<double, double> range(std::nan(""), std::nan(""));
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    range = {std::fmin(range.first, value), std::fmax(range.second, value)};
  }
  return range;
}

/// `log` only where every value has a logarithm; ticks at powers of two where those of ten would be too few.
json axis_json(const ChartAxis& axis, std::span<const double> values) {
  constexpr double kManyTens = 300;
  const auto [least, most] = range_of(values);
  const bool log = axis.log && least > 0;
  json result = {{"name", clean_text(axis.name)}, {"log", log}};
  if (log) result["base"] = most / least < kManyTens ? 2 : 10;
  if (axis.low) result["low"] = *axis.low;
  if (axis.high) result["high"] = *axis.high;
  return result;
}

json to_json(const BarChart& chart) {
  json series = json::array();
  const std::size_t n = chart.categories.size();
  for (const BarChart::Series& s : chart.series) {
    check(s.values.size() == n && s.low.size() == s.high.size() && (s.low.empty() || s.low.size() == n),
          chart.title);
    series.push_back({{"name", clean_text(s.name)}, {"values", numbers(s.values)}});
    if (!s.low.empty()) series.back().update({{"low", numbers(s.low)}, {"high", numbers(s.high)}});
  }
  return {{"kind", "bars"},
          {"horizontal", chart.horizontal},
          {"colour_categories", chart.colour_categories},
          {"axis", axis_json(chart.axis, {})},  // never log: bars begin at 0
          {"categories", texts(chart.categories)},
          {"series", std::move(series)}};
}

json to_json(const LineChart& chart) {
  json series = json::array();
  std::vector<double> x, y;
  if (chart.from_zero) y.push_back(0);
  for (const LineChart::Series& s : chart.series) {
    check(chart.categories.empty() ? s.x.size() == s.y.size() : s.y.size() == chart.categories.size(),
          chart.title);
    x.insert(x.end(), s.x.begin(), s.x.end());
    y.insert(y.end(), s.y.begin(), s.y.end());
    series.push_back({{"name", clean_text(s.name)},
                      {"x", numbers(s.x)},
                      {"y", numbers(s.y)},
                      {"step", s.step},
                      {"line", s.line}});
  }
  return {{"kind", "lines"},
          {"x", axis_json(chart.x, x)},
          {"y", axis_json(chart.y, y)},
          {"categories", texts(chart.categories)},
          {"series", std::move(series)},
          {"from_zero", chart.from_zero}};
}

/// The names of the groups, the largest first, "other" last.
std::vector<std::string> groups_of(const ScatterChart& chart) {
  std::map<std::string, std::size_t> sizes;
  for (const ScatterChart::Point& point : chart.points) ++sizes[point.group];
  std::vector<std::string> groups;
  for (const auto& [name, size] : sizes) groups.push_back(name);
  std::ranges::stable_sort(groups, std::greater<>(),
                           [&](const std::string& name) { return name == "other" ? 0 : sizes[name]; });
  return groups;
}

json to_json(const ScatterChart& chart) {
  const std::vector<std::string> groups = groups_of(chart);
  std::map<std::string, std::size_t> number;
  for (const std::string& group : groups) number.emplace(group, number.size());
  std::vector<double> x, y;
  json group = json::array(), label = json::array(), text = json::array();
  bool texts_known = false;
  for (const ScatterChart::Point& point : chart.points) {
    if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
    x.push_back(point.x), y.push_back(point.y);
    group.push_back(number[point.group]);
    label.push_back(clean_text(point.label));
    text.push_back(clean_text(point.text));
    texts_known |= !point.text.empty();
  }
  json points = {{"x", x}, {"y", y}, {"group", std::move(group)}, {"label", std::move(label)}};
  if (texts_known) points["text"] = std::move(text);
  return {{"kind", "points"},
          {"x", axis_json(chart.x, x)},
          {"y", axis_json(chart.y, y)},
          {"map", chart.map},
          {"categories", texts(chart.categories)},
          {"groups", texts(groups)},
          {"points", std::move(points)}};
}

/// Six significant digits; "-" for what is not known.
std::string shown(double value) { return std::isfinite(value) ? fmt::format("{:.6g}", value) : "-"; }

std::string or_else(const std::string& text, const char* otherwise) {
  return text.empty() ? otherwise : text;
}

ChartTable table_of(const BarChart& chart) {
  ChartTable table{{""}, {}, chart.title};
  for (const std::string& category : chart.categories) table.rows.push_back({category});
  for (const BarChart::Series& series : chart.series) {
    table.headers.push_back(chart.series.size() == 1 ? or_else(chart.axis.name, series.name.c_str())
                                                     : series.name);
    for (std::size_t c = 0; c < table.rows.size(); ++c) table.rows[c].push_back(shown(series.values[c]));
    if (series.low.empty()) continue;
    table.headers.insert(table.headers.end(), {"low", "high"});
    for (std::size_t c = 0; c < table.rows.size(); ++c) {
      table.rows[c].push_back(shown(series.low[c]));
      table.rows[c].push_back(shown(series.high[c]));
    }
  }
  return table;
}

/// One row per place on the x axis, one column per line.
ChartTable table_of(const LineChart& chart) {
  ChartTable table{{or_else(chart.x.name, "x")}, {}, chart.title};
  std::map<double, std::size_t> row_of;
  for (std::size_t c = 0; c < chart.categories.size(); ++c) row_of.emplace(static_cast<double>(c), c);
  for (const LineChart::Series& series : chart.series) {
    for (const double x : series.x) row_of.emplace(x, 0);
  }
  for (auto& [x, row] : row_of) {
    row = table.rows.size();
    table.rows.push_back({chart.categories.empty() ? shown(x) : chart.categories[row]});
  }
  for (const LineChart::Series& series : chart.series) {
    table.headers.push_back(series.name);
    for (TableRow& row : table.rows) row.emplace_back();
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      const std::size_t row = chart.categories.empty() ? row_of.at(series.x[i]) : i;
      table.rows[row].back() = shown(series.y[i]);
    }
  }
  return table;
}

ChartTable table_of(const ScatterChart& chart) {
  ChartTable table{{"point"}, {}, chart.title};
  const std::size_t rows = std::min(kMostRows, chart.points.size());
  if (rows < chart.points.size())
    table.caption += fmt::format(" (the first {} of {} points)", rows, format_count(chart.points.size()));
  const auto add = [&](const std::string& header, const auto& cell) {
    table.headers.push_back(header);
    for (std::size_t r = 0; r < rows; ++r) table.rows[r].push_back(cell(chart.points[r]));
  };
  const auto any = [&](std::string ScatterChart::Point::*field) {
    return std::ranges::any_of(chart.points, [&](const auto& point) { return !(point.*field).empty(); });
  };
  for (std::size_t r = 0; r < rows; ++r) table.rows.push_back({chart.points[r].label});
  if (any(&ScatterChart::Point::group)) add("group", [](const auto& point) { return point.group; });
  const auto category = [&](double x) {
    const auto index = static_cast<std::size_t>(std::max(0.0, x));
    return index < chart.categories.size() ? chart.categories[index] : shown(x);
  };
  add(or_else(chart.x.name, "x"), [&](const auto& point) { return category(point.x); });
  add(or_else(chart.y.name, "y"), [](const auto& point) { return shown(point.y); });
  if (any(&ScatterChart::Point::text)) add("more", [](const auto& point) { return point.text; });
  return table;
}

}  // namespace

ChartTable chart_table(const Chart& chart) {
  return std::visit([](const auto& c) { return table_of(c); }, chart);
}

std::string chart_json(const Chart& chart) {
  const json value = std::visit([](const auto& c) { return to_json(c); }, chart);
  std::string result;
  for (const char c : value.dump(-1, ' ', true)) {  // ASCII only: no U+2028, whatever a title holds
    if (c == '<' || c == '>' || c == '&') {
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result;
}

const std::string& chart_title(const Chart& chart) {
  return std::visit([](const auto& c) -> const std::string& { return c.title; }, chart);
}

const std::string& chart_note(const Chart& chart) {
  return std::visit([](const auto& c) -> const std::string& { return c.note; }, chart);
}

}  // namespace akin
