#include "akin/report/item_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/base/text.h"
#include "akin/report/text_table.h"

namespace akin {
namespace {

/// At most `width` characters of UTF-8, "..." in place of the rest.
std::string shorten(std::string_view text, std::size_t width) {
  const auto starts_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  const auto count = static_cast<std::size_t>(std::ranges::count_if(text, starts_character));
  if (count <= width) return std::string(text);
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if (starts_character(text[end]) && ++seen > width - 3) break;
  }
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace

std::string item_title(const Dataset& dataset, idx_t item, std::size_t width) {
  return printable(shorten(dataset.item_attributes.get("title", item), width));
}

std::string ranked_text(const Dataset& dataset, std::span<const Scored> ranked) {
  std::vector<TableRow> rows;
  bool titles = false;
  const bool tiny = !ranked.empty() && std::abs(ranked.front().score) < 0.01F;  // 0.0000 would say nothing
  for (const Scored& entry : ranked) {
    const std::string title = item_title(dataset, entry.idx);
    titles |= !title.empty();
    rows.push_back({std::to_string(rows.size() + 1), std::string(dataset.items.id(entry.idx)),
                    tiny ? fmt::format("{:.3e}", entry.score) : fmt::format("{:.4f}", entry.score), title});
  }
  TableRow headers = {"rank", "item", "score"};
  if (titles) {
    headers.push_back("title");
  } else {
    for (TableRow& row : rows) row.pop_back();
  }
  return text_table(headers, rows);
}

std::string items_text(const Dataset& dataset, std::span<const idx_t> items) {
  std::string text;
  for (const idx_t item : items) {
    const std::string title = item_title(dataset, item);
    text += fmt::format("  {}{}{}\n", printable(dataset.items.id(item)), title.empty() ? "" : "  ", title);
  }
  return text;
}

ShownCauses shown_causes(const Explanation& why, std::size_t causes) {
  const std::size_t count = std::min(why.causes.size(), causes);
  ShownCauses result{std::span(why.causes).first(count), why.causes.size() - count};
  for (const Scored& cause : std::span(why.causes).subspan(count)) result.rest += cause.score;
  return result;
}

std::string explanation_text(const Dataset& dataset, const Explained& explained, std::size_t causes) {
  const auto named = [&](idx_t item) {
    const std::string title = item_title(dataset, item);
    return fmt::format("{}{}{}", printable(dataset.items.id(item)), title.empty() ? "" : "  ", title);
  };
  std::string text = fmt::format("{}  score {:.4f}\n", named(explained.item.idx), explained.item.score);
  const ShownCauses parts = shown_causes(explained.why, causes);
  for (const Scored& cause : parts.first)
    text += fmt::format("  {:+9.4f}  {}\n", cause.score, named(cause.idx));
  if (parts.others > 0) {
    text +=
        fmt::format("  {:+9.4f}  {} other item{}\n", parts.rest, parts.others, parts.others == 1 ? "" : "s");
  }
  if (explained.why.base != 0)
    text += fmt::format("  {:+9.4f}  base (independent of the history)\n", explained.why.base);
  return text;
}

}  // namespace akin
