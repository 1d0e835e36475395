// JSON of answers: lists of items, explanations, vectors of texts.
#include <fmt/format.h>

#include "akin/report/item_text.h"
#include "akin/report/json.h"
#include "akin/report/new_item_report.h"

namespace akin {

using nlohmann::json;

namespace {

/// JSON strings are Unicode, ids are any bytes.
bool fits_json(std::string_view id) {
  try {
    static_cast<void>(json(id).dump());
    return true;
  } catch (const json::type_error&) {
    return false;
  }
}

json item_json(const Dataset& dataset, idx_t item) {
  json entry = json::object();
  set_id(entry, "item", dataset.items.id(item));
  if (const std::string_view title = dataset.item_attributes.get("title", item); !title.empty())
    entry["title"] = title;
  return entry;
}

json section_json(const AnalogySection& section) {
  return {{"name", section.name},
          {"questions", section.questions},
          {"correct", section.correct},
          {"accuracy", section.accuracy()},
          {"skipped", section.skipped}};
}

}  // namespace

void set_id(json& entry, std::string_view name, std::string_view id) {
  entry[std::string(name)] = id;
  if (fits_json(id)) return;
  std::string hex;
  for (const char c : id) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  entry[fmt::format("{}_hex", name)] = hex;
}

json ranked_json(const Dataset& dataset, std::span<const Scored> ranked) {
  json list = json::array();
  for (const Scored& entry : ranked) {
    json row = item_json(dataset, entry.idx);
    row["rank"] = list.size() + 1;
    row["score"] = entry.score;
    list.push_back(std::move(row));
  }
  return list;
}

json items_json(const Dataset& dataset, std::span<const idx_t> items) {
  json list = json::array();
  for (const idx_t item : items) list.push_back(item_json(dataset, item));
  return list;
}

json unknown_json(const UnknownIds& unknown) {
  json ids = {{"user", unknown.user}, {"history", unknown.history}, {"exclude", unknown.excluded}};
  if (!unknown.attributes.empty()) ids["history_attributes"] = unknown.attributes;
  return ids;
}

json recommendations_json(const Dataset& dataset, const RecommendRequest& request,
                          const Recommendations& answer, std::span<const idx_t> last) {
  json output = {{"items", ranked_json(dataset, answer.items)}, {"fallback", nullptr}};
  if (answer.fallback) output["fallback"] = "popularity";
  if (request.user) {
    set_id(output, "user", *request.user);
    output["last_items"] = items_json(dataset, last);
  }
  if (!request.history.empty()) output["history"] = request.history;
  if (answer.unknown.any()) output["unknown"] = unknown_json(answer.unknown);
  return output;
}

json explanation_json(const Dataset& dataset, const Explained& explained, std::size_t causes) {
  const auto entry = [&](const Scored& scored, const char* value) {
    json row = item_json(dataset, scored.idx);
    row[value] = scored.score;
    return row;
  };
  json row = entry(explained.item, "score");
  const ShownCauses parts = shown_causes(explained.why, causes);
  row["causes"] = json::array();
  for (const Scored& cause : parts.first) row["causes"].push_back(entry(cause, "adds"));
  row["other_causes"] = {{"count", parts.others}, {"adds", parts.rest}};
  row["base"] = explained.why.base;
  if (!explained.sources.empty()) row["sources"] = shares_json(explained.sources);
  if (explained.words.empty()) return row;
  row["words"] = json::array();
  for (const WordCause& word : explained.words)
    row["words"].push_back({{"word", valid_utf8(word.word)}, {"adds", word.adds}});
  row["without_words"] = explained.without_words;
  return row;
}

json analogies_json(std::span<const AnalogySection> sections, const AnalogySection& total) {
  json result = {{"sections", json::array()}, {"total", section_json(total)}};
  for (const AnalogySection& section : sections) result["sections"].push_back(section_json(section));
  return result;
}

json word_counts_json(const TextVectors& embedded) {
  return {{"words", embedded.tokens},
          {"unknown", embedded.unknown_tokens},
          {"unknown_words", embedded.unknown_words}};
}

}  // namespace akin
