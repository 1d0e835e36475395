#include "akin/report/new_item_report.h"

#include <fmt/format.h>

#include "akin/base/format.h"
#include "akin/base/text.h"
#include "akin/report/json.h"
#include "akin/report/text_table.h"

namespace akin {

std::string new_item_text(const NewItemFacts& facts) {
  std::vector<TableRow> rows;
  std::size_t known = 0;
  for (const SourceShare& source : facts.sources) {
    known += source.known ? 1 : 0;
    rows.push_back({printable(source.source), fmt::format("{:.3f}", source.weight),
                    source.known ? fmt::format("{:+.2f}", source.z) : "-",
                    source.known ? fmt::format("{:+.3f}", source.adds()) : "knows nothing of it"});
  }
  std::string text = text_table({"source", "weight", "mean z", "adds"}, rows);
  text += fmt::format("known to {} of {} sources, with {:.0f} % of their weight\n", known,
                      facts.sources.size(), 100 * facts.known_weight);
  if (facts.cases == 0)
    return text + "how well new items are found was not measured: too little could be held out\n";
  return text +
         fmt::format(
             "measured inside the training set on {} events of items without other events: what the user "
             "took "
             "scored above {:.0f} % of such items, and was in their first tenth in {:.0f} % of the cases\n",
             format_count(facts.cases), 100 * facts.better, 100 * facts.first_tenth);
}

nlohmann::json shares_json(const std::vector<SourceShare>& shares) {
  nlohmann::json list = nlohmann::json::array();
  for (const SourceShare& source : shares) {
    list.push_back({{"source", valid_utf8(source.source)},
                    {"adds", source.adds()},
                    {"weight", source.weight},
                    {"z", source.z},
                    {"known", source.known}});
  }
  return list;
}

nlohmann::json new_item_json(const NewItemFacts& facts) {
  nlohmann::json shown = {{"sources", shares_json(facts.sources)}, {"known_weight", facts.known_weight}};
  if (facts.cases > 0)
    shown["trust"] = {{"cases", facts.cases}, {"better", facts.better}, {"first_tenth", facts.first_tenth}};
  return shown;
}

}  // namespace akin
