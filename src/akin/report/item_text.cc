#include "akin/report/item_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/data/id_list.h"
#include "akin/data/id_twin.h"
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

namespace {

/// "a, b and 3 more".
std::string first_ids(std::span<const std::string> ids) {
  constexpr std::size_t kShown = 5;
  const std::size_t shown = std::min(kShown, ids.size());
  std::string text = fmt::format("{}", fmt::join(ids.first(shown), ", "));
  if (ids.size() > shown) text += fmt::format(" and {} more", ids.size() - shown);
  return text;
}

/// " (did you mean p1?)" for a single id.
std::string nearest_id(std::span<const std::string> ids, const IdMap& known) {
  constexpr std::size_t kMostSearched = 100'000;
  if (ids.size() != 1) return "";
  if (const auto twin = find_twin(known, ids[0])) return fmt::format(" (did you mean {}?)", known.id(*twin));
  if (known.size() > kMostSearched) return "";
  std::vector<std::string> names;
  for (idx_t i = 0; i < known.size(); ++i) names.emplace_back(known.id(i));
  return did_you_mean(ids[0], names);
}

}  // namespace

std::vector<idx_t> last_items_of(const Dataset& dataset, const RecommendRequest& request) {
  constexpr std::size_t kShown = 5;
  std::optional<idx_t> user;
  if (request.user) user = find_id(dataset.users, *request.user);
  return user ? last_items(dataset.events, *user, kShown) : std::vector<idx_t>();
}

std::vector<std::string> unknown_texts(const Dataset& dataset, const RecommendRequest& request,
                                       const UnknownIds& unknown) {
  std::vector<std::string> texts;
  if (unknown.user) {
    const std::string& user = *request.user;
    texts.push_back(fmt::format("user {} is unknown{}: taken for a new one", user,
                                nearest_id(std::span(&user, 1), dataset.users)));
  }
  if (!unknown.history.empty()) {
    texts.push_back(
        fmt::format("{} of {} items of the history left out, of which the model knows nothing: {}{}",
                    unknown.history.size(), request.history.size(), first_ids(unknown.history),
                    nearest_id(unknown.history, dataset.items)));
  }
  if (!unknown.attributes.empty()) {
    texts.push_back(fmt::format("unknown values of attributes of events, which are not read ({}): {}",
                                unknown.attributes.size(), first_ids(unknown.attributes)));
  }
  if (!unknown.excluded.empty()) {
    texts.push_back(fmt::format("{} of {} items to exclude are unknown: {}{}", unknown.excluded.size(),
                                request.exclude.size(), first_ids(unknown.excluded),
                                nearest_id(unknown.excluded, dataset.items)));
  }
  return texts;
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
  if (explained.why.base != 0) text += fmt::format("  {:+9.4f}  base (all else)\n", explained.why.base);
  if (!explained.sources.empty()) text += "  the same score by sources:\n";
  for (const SourceShare& source : explained.sources) {
    text += fmt::format(
        "  {:+9.4f}  {} ({})\n", source.adds(), printable(source.source),
        source.known ? fmt::format("weight {:.3f}, {:+.2f} standard deviations", source.weight, source.z)
                     : "knows nothing of it: the user's mean");
  }
  if (explained.words.empty()) return text;
  text += "  the same score by words:";
  float rest = explained.without_words;
  for (std::size_t w = 0; w < explained.words.size(); ++w) {
    const auto& [word, adds] = explained.words[w];
    if (w < causes) {
      text += fmt::format(" {} {:+.4f},", printable(word), adds);
    } else {
      rest += adds;
    }
  }
  text += fmt::format(" all else {:+.4f}\n", rest);
  return text;
}

}  // namespace akin
