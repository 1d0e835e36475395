#include "akin/cli/shop_text.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/report/text_table.h"

namespace akin::cli {
namespace {

using nlohmann::json;

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

/// JSON strings are Unicode, ids are any bytes.
bool fits_json(std::string_view id) {
  try {
    static_cast<void>(json(id).dump());
    return true;
  } catch (const json::type_error&) {
    return false;
  }
}

json item_json(const Dataset& shop, idx_t item) {
  json entry = json::object();
  set_id(entry, "item", shop.items.id(item));
  if (const std::string_view title = shop.item_attributes.get("title", item); !title.empty())
    entry["title"] = title;
  return entry;
}

}  // namespace

void set_id(json& entry, std::string_view name, std::string_view id) {
  entry[std::string(name)] = id;
  if (fits_json(id)) return;
  std::string hex;
  for (const char c : id) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  entry[fmt::format("{}_hex", name)] = hex;
}

std::string item_title(const Dataset& shop, idx_t item, std::size_t width) {
  return shorten(shop.item_attributes.get("title", item), width);
}

std::string ranked_text(const Dataset& shop, std::span<const Scored> ranked) {
  std::vector<TableRow> rows;
  bool titles = false;
  const bool tiny = !ranked.empty() && std::abs(ranked.front().score) < 0.01F;  // 0.0000 would say nothing
  for (const Scored& entry : ranked) {
    const std::string title = item_title(shop, entry.idx);
    titles |= !title.empty();
    rows.push_back({std::to_string(rows.size() + 1), std::string(shop.items.id(entry.idx)),
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

json ranked_json(const Dataset& shop, std::span<const Scored> ranked) {
  json list = json::array();
  for (const Scored& entry : ranked) {
    json row = item_json(shop, entry.idx);
    row["rank"] = list.size() + 1;
    row["score"] = entry.score;
    list.push_back(std::move(row));
  }
  return list;
}

std::vector<idx_t> last_items(const Dataset& shop, idx_t user, std::size_t count) {
  // Events are sorted by user.
  const auto slice = std::ranges::equal_range(shop.events, user, std::ranges::less(), &Event::user);
  std::vector<idx_t> items;
  for (auto event = slice.end(); event != slice.begin() && items.size() < count;) {
    --event;
    if (std::ranges::find(items, event->item) == items.end()) items.push_back(event->item);
  }
  return items;
}

std::string items_text(const Dataset& shop, std::span<const idx_t> items) {
  std::string text;
  for (const idx_t item : items) {
    const std::string title = item_title(shop, item);
    text += fmt::format("  {}{}{}\n", shop.items.id(item), title.empty() ? "" : "  ", title);
  }
  return text;
}

json items_json(const Dataset& shop, std::span<const idx_t> items) {
  json list = json::array();
  for (const idx_t item : items) list.push_back(item_json(shop, item));
  return list;
}

std::vector<std::string> split_lists(const std::vector<std::string>& texts) {
  std::vector<std::string> parts;
  for (const std::string& text : texts) {
    for (const std::string_view part : split(text, ',')) parts.emplace_back(part);
  }
  return parts;
}

std::vector<AttributeFilter> parse_filters(const std::vector<std::string>& texts) {
  std::vector<AttributeFilter> filters;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      fail(ErrorCode::kUsage, "--filter: '{}' is not ATTRIBUTE=VALUE, such as category=Toys", text);
    }
    filters.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  return filters;
}

std::string shell_word(std::string_view word) {
  const auto harmless = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_-./:,@%+=").find(static_cast<char>(c)) != std::string_view::npos || c >= 0x80;
  };
  if (!word.empty() && std::ranges::all_of(word, harmless)) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

}  // namespace akin::cli
