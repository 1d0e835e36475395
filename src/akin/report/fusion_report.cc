#include "akin/report/fusion_report.h"

#include <fmt/ranges.h>

#include "akin/report/experiment_text.h"
#include "akin/report/json.h"
#include "akin/report/report.h"

namespace akin {
namespace {

TableRow source_headers() {
  TableRow headers = {"source", "kind", "items", "coverage", "dimensions"};
  for (const std::uint32_t knot : SourceGate::kKnots) headers.push_back(fmt::format("w({})", knot));
  return headers;
}

std::vector<TableRow> source_rows(const FuseResult& result) {
  std::vector<TableRow> rows;
  for (const SourceFacts& source : result.sources) {
    const double share = 100 * static_cast<double>(source.items) / static_cast<double>(result.items);
    TableRow& row =
        rows.emplace_back(TableRow{source.name, source.kind, format_count(source.items),
                                   fmt::format("{:.1f} %", share), format_count(source.dimensions)});
    for (const float weight : source.weights) row.push_back(fmt::format("{:.3f}", weight));
  }
  return rows;
}

std::string weights_note(const FuseResult& result) {
  std::vector<std::string> parts;
  std::size_t all = 0;
  for (std::size_t k = 0; k < result.queries.size(); ++k) {
    all += result.queries.at(k);
    parts.push_back(fmt::format("{} of items with {} events", format_count(result.queries.at(k)),
                                SourceGate::kStrata.at(k)));
  }
  if (all == 0) return "weights are all 1";
  return fmt::format(
      "w(n): weight for an item with n training events, from {} held-out events inside the training set: {}",
      format_count(all), fmt::join(parts, ", "));
}

}  // namespace

std::string fusion_text(const FuseResult& result) {
  std::string text = text_table(source_headers(), source_rows(result)) + weights_note(result) + "\n\n";
  text += fmt::format("fused {} sources on {} events in {}, {} held out ({})\n", result.sources.size(),
                      format_count(result.counts.training), format_seconds(result.bundle.fit_seconds),
                      format_count(result.counts.held_out), to_string(result.bundle.split));
  text += split_text(result.split);
  if (result.ablation) text += "\n" + compare_text(*result.ablation) + "\n";
  return text;
}

nlohmann::json fusion_json(const FuseResult& result, const std::string& path) {
  nlohmann::json sources = nlohmann::json::array();
  for (const SourceFacts& source : result.sources) {
    nlohmann::json weights = nlohmann::json::object();
    for (std::size_t k = 0; k < source.weights.size(); ++k)
      weights[std::to_string(SourceGate::kKnots.at(k))] =
          number_json(static_cast<double>(source.weights.at(k)));
    sources.push_back({{"name", valid_utf8(source.name)},
                       {"kind", source.kind},
                       {"items", source.items},
                       {"dimensions", source.dimensions},
                       {"weights", std::move(weights)}});
  }
  nlohmann::json queries = nlohmann::json::object();
  for (std::size_t k = 0; k < result.queries.size(); ++k)
    queries[std::string(SourceGate::kStrata.at(k))] = result.queries.at(k);
  nlohmann::json shown = {{"sources", std::move(sources)},    {"items", result.items},
                          {"queries", std::move(queries)},    {"split", split_json(result.split)},
                          {"events", result.counts.training}, {"fit_seconds", result.bundle.fit_seconds},
                          {"file", valid_utf8(path)}};
  if (result.ablation) shown["ablation"] = comparison_json(*result.ablation);
  return shown;
}

std::string fusion_html(const FuseResult& result) {
  HtmlReport page("Sources of " + result.bundle.dataset.name);
  const TableRow headers = source_headers();
  page.table("Sources", {headers.begin(), headers.end()}, source_rows(result));
  page.paragraph(weights_note(result) + ".");
  if (result.ablation) add_comparison(page, *result.ablation);
  return page.html();
}

}  // namespace akin
