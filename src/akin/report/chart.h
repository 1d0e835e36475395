// Charts of an HTML page as plain data: what they show, not how they are drawn. web/src draws them.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "akin/report/text_table.h"

namespace akin {

/// An axis of numbers. Values that are not finite are left out of a chart.
struct ChartAxis {
  std::string name;
  bool log = false;                           ///< ignored unless all values on the axis are positive
  std::optional<double> low = {}, high = {};  ///< ends of the axis; by default those of the data
};

/// Bars from zero, a group of them for each category, with a whisker from low to high where both are known.
struct BarChart {
  struct Series {
    std::string name;
    std::vector<double> values;               ///< one per category
    std::vector<double> low = {}, high = {};  ///< as many, or none
  };
  std::string title;
  std::string note = {};  ///< a sentence under the title, may be empty
  std::vector<std::string> categories;
  std::vector<Series> series;
  ChartAxis axis = {};
  bool horizontal = true;          ///< categories from top to bottom, with the values written beside the bars
  bool colour_categories = false;  ///< a colour for each category (of one series), not for each series
};

/// Lines through (x, y), or through a y for each category.
struct LineChart {
  struct Series {
    std::string name;
    std::vector<double> x = {};  ///< as many as y; none if the chart has categories
    std::vector<double> y;
    bool step = false;  ///< y holds until the next x
    bool line = true;   ///< false: points only
  };
  std::string title;
  std::string note = {};
  ChartAxis x = {}, y = {};
  std::vector<std::string> categories = {};  ///< names of the places on the x axis, in place of numbers
  std::vector<Series> series;
  bool from_zero = false;  ///< the y axis includes 0
};

/// Points with names and groups; a group is a colour and an entry of the legend.
struct ScatterChart {
  struct Point {
    double x = 0, y = 0;     ///< x is the index of a category where the chart has them
    std::string label = {};  ///< what the point is
    std::string group = {};  ///< "other" is grey
    std::string text = {};   ///< more about it, shown when pointed at
  };
  std::string title;
  std::string note = {};
  ChartAxis x = {}, y = {};
  std::vector<std::string> categories = {};
  std::vector<Point> points;
  bool map = false;  ///< no axes, equal scales, can be zoomed: only distances mean something
};

using Chart = std::variant<BarChart, LineChart, ScatterChart>;

/// The chart's figures for those who cannot see it. Of a scatter chart the first 50 points.
struct ChartTable {
  std::vector<std::string> headers;
  std::vector<TableRow> rows;
  std::string caption;
};
ChartTable chart_table(const Chart& chart);

/// The chart for the page's script: JSON in ASCII without < > &, so that it may stand inside <script>. Text
/// may hold any bytes. Throws Error(kInternal) if lists that belong together differ in length.
std::string chart_json(const Chart& chart);

const std::string& chart_title(const Chart& chart);
const std::string& chart_note(const Chart& chart);

}  // namespace akin
