// The scripts that HTML reports carry, bundled from web/ when akin is built.
#pragma once

#include <string_view>

namespace akin {

/// Text of a script, ready to stand inside <script>, and its hash as a Content-Security-Policy names it
/// ("sha256-..."). Both are empty if akin was built with AKIN_CHARTS=OFF.
struct PageScript {
  std::string_view text;
  std::string_view hash;
};

/// Draws the charts of a page (Apache ECharts) and makes its tables sortable: about 600 kB.
PageScript charts_script();
/// Makes the tables of a page sortable, and nothing else: about 2 kB.
PageScript tables_script();

}  // namespace akin
