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

const TableRow kRecordHeaders = {"training events", "held-out events", "scored above", "in first tenth"};

/// How well the held-out events were found, by the training events of their items.
std::vector<TableRow> record_rows(const FuseResult& result) {
  std::vector<TableRow> rows;
  for (std::size_t k = 0; k < result.records.size(); ++k) {
    const StratumRecord& record = result.records.at(k);
    if (record.queries == 0) continue;
    rows.push_back({std::string(SourceGate::kStrata.at(k)), format_count(record.queries),
                    fmt::format("{:.1f} %", 100 * record.better),
                    fmt::format("{:.1f} %", 100 * record.first_tenth)});
  }
  return rows;
}

/// Recall of each set of sources by the training events of the items; none where all have as many.
std::string bins_text(const ModelComparison& ablation) {
  const Evaluation& first = ablation.results.front().evaluation;
  if (first.bins.size() < 2) return "";
  TableRow headers = {fmt::format("Recall@{} by training events", first.bins_cutoff)};
  for (const PopularityBin& bin : first.bins)
    headers.push_back(bin.min_events == bin.max_events
                          ? format_count(bin.min_events)
                          : fmt::format("{}-{}", bin.min_events, bin.max_events));
  std::vector<TableRow> rows;
  for (const ModelResult& result : ablation.results) {
    TableRow& row = rows.emplace_back(TableRow{result.model});
    for (const PopularityBin& bin : result.evaluation.bins)
      row.push_back(fmt::format("{:.4f}", static_cast<double>(bin.hits) / static_cast<double>(bin.held_out)));
  }
  return text_table(headers, rows) + "\n";
}

}  // namespace

std::string fusion_text(const FuseResult& result) {
  std::string text = text_table(source_headers(), source_rows(result)) + weights_note(result) + "\n\n";
  if (const std::vector<TableRow> rows = record_rows(result); !rows.empty()) {
    text += text_table(kRecordHeaders, rows) +
            "shares of the items with as many events that scored less than the one that the user took; and "
            "how often at most "
            "a tenth scored as much\n\n";
  }
  text += fmt::format("fused {} sources on {} events in {}, {} held out ({})\n", result.sources.size(),
                      format_count(result.counts.training), format_seconds(result.bundle.fit_seconds),
                      format_count(result.counts.held_out), to_string(result.bundle.split));
  text += split_text(result.split);
  if (result.ablation) text += "\n" + compare_text(*result.ablation) + "\n" + bins_text(*result.ablation);
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
  nlohmann::json found = nlohmann::json::object();
  for (std::size_t k = 0; k < result.records.size(); ++k) {
    const StratumRecord& record = result.records.at(k);
    if (record.queries > 0)
      found[std::string(SourceGate::kStrata.at(k))] = {{"better", record.better},
                                                       {"first_tenth", record.first_tenth}};
  }
  nlohmann::json shown = {{"sources", std::move(sources)},
                          {"items", result.items},
                          {"queries", std::move(queries)},
                          {"found", std::move(found)},
                          {"split", split_json(result.split)},
                          {"events", result.counts.training},
                          {"fit_seconds", result.bundle.fit_seconds},
                          {"file", valid_utf8(path)}};
  if (result.ablation) shown["ablation"] = comparison_json(*result.ablation);
  return shown;
}

std::string fusion_html(const FuseResult& result) {
  HtmlReport page("Sources of " + result.bundle.dataset.name);
  const TableRow headers = source_headers();
  page.table("Sources", {headers.begin(), headers.end()}, source_rows(result));
  page.paragraph(weights_note(result) + ".");
  if (const std::vector<TableRow> rows = record_rows(result); !rows.empty())
    page.table("How well these events were found", {kRecordHeaders.begin(), kRecordHeaders.end()}, rows);
  if (result.ablation) add_comparison(page, *result.ablation);
  return page.html();
}

}  // namespace akin
