#include "akin/report/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/base/text.h"

namespace akin {
namespace {

std::string six(double value) { return fmt::format("{:.6f}", value); }

/// A pair of a name and what is known of it.
using Facts = std::vector<TableRow>;

std::string span_of(const Description& d) {
  if (d.positions) return "none, but each user's events are in order";
  if (d.first_time == kNoTime) return "unknown: no event has a time";
  const double days =
      (static_cast<double>(d.last_time) - static_cast<double>(d.first_time)) / (86400.0 * kSecond);
  return fmt::format("{} to {} ({} days)", format_date(d.first_time), format_date(d.last_time),
                     format_count(static_cast<std::uint64_t>(std::llround(days))));
}

Facts facts_of(const Description& d) {
  Facts facts;
  const auto with_inactive = [](std::uint64_t all, std::uint64_t inactive) {
    return inactive == 0 ? format_count(all)
                         : fmt::format("{} ({} without events)", format_count(all), format_count(inactive));
  };
  facts.push_back({"users", with_inactive(d.users, d.users_without_events)});
  facts.push_back({"items", with_inactive(d.items, d.items_without_events)});
  facts.push_back({"events", format_count(d.events)});
  facts.push_back({"density", format_percent(d.density)});
  facts.push_back({"time", span_of(d)});
  if (d.events_without_time > 0 && d.first_time != kNoTime) {
    facts.push_back({"events without time", format_count(d.events_without_time)});
  }
  for (const auto& [kind, count] : d.kinds) facts.push_back({kind + " events", format_count(count)});
  if (d.validation_events + d.test_events > 0) {
    facts.push_back(
        {"given split", fmt::format("{} validation, {} test events", format_count(d.validation_events),
                                    format_count(d.test_events))});
  }
  if (d.candidates > 0) facts.push_back({"given candidates", format_count(d.candidates)});
  for (const auto& [name, count] : d.links) facts.push_back({name + " links", format_count(count)});
  return facts;
}

/// The summaries side by side, one column each, as pandas prints them.
struct SummaryTable {
  TableRow headers = {""};
  std::vector<TableRow> rows = {{"count"}, {"mean"}, {"std"}, {"min"}, {"25%"}, {"50%"}, {"75%"}, {"max"}};

  void add(std::string name, const Summary& s) {
    headers.push_back(std::move(name));
    const std::string cells[] = {format_count(s.count),
                                 six(s.mean),
                                 six(s.std),
                                 six(s.min),
                                 six(s.q25),
                                 six(s.q50),
                                 six(s.q75),
                                 six(s.max)};
    for (std::size_t r = 0; r < rows.size(); ++r) rows[r].push_back(cells[r]);
  }
};

SummaryTable summaries_of(const Description& d) {
  const bool only_ratings = d.kinds.size() == 1 && d.kinds.front().first == "rating";
  SummaryTable table;
  table.add(only_ratings ? "rating" : "value", d.values);
  table.add("events per user", d.events_per_user);
  table.add("events per item", d.events_per_item);
  if (d.review_words.count > 0) table.add("words per review", d.review_words);
  return table;
}

std::string inequality_of(const Description& d) {
  return fmt::format(
      "Gini: users {:.4f}, items {:.4f} (0 = all have equally many events, 1 = one has them all)",
      d.gini_users, d.gini_items);
}

std::vector<TableRow> content_of(const Description& d) {
  std::vector<TableRow> rows;
  const auto add = [&](const std::string& owners, const auto& content, const auto& types) {
    for (const auto& [name, share] : content) {
      const auto typed = std::ranges::find(types, name, &std::pair<std::string, std::string>::first);
      rows.push_back({fmt::format("{} with {}{}", owners, name,
                                  typed == types.end() ? "" : fmt::format(" ({})", typed->second)),
                      format_percent(share)});
    }
  };
  add("items", d.item_content, d.item_types);
  add("users", d.user_content, d.user_types);
  add("events", d.event_content, std::vector<std::pair<std::string, std::string>>());
  return rows;
}

/// "name   value" lines, names of equal width.
std::string fact_lines(const Facts& facts) {
  std::size_t width = 0;
  for (const TableRow& fact : facts) width = std::max(width, fact[0].size());
  std::string text;
  for (const TableRow& fact : facts)
    text += printable(fmt::format("{:<{}}  {}", fact[0], width, fact[1])) + '\n';
  return text;
}

std::string value_text(float value) { return fmt::format("{:g}", static_cast<double>(value)); }

}  // namespace

std::string describe_text(const Description& d) {
  const SummaryTable summaries = summaries_of(d);
  std::string text;
  if (!d.name.empty())
    text += text_table({d.name}, {}).substr(0, text_table({d.name}, {}).find('\n') + 1) + '\n';
  text += fact_lines(facts_of(d)) + '\n' + text_table(summaries.headers, summaries.rows) + '\n' +
          inequality_of(d) + '\n';
  if (d.empty_reviews > 0) text += fmt::format("reviews without words: {}\n", format_count(d.empty_reviews));
  if (const auto content = content_of(d); !content.empty()) text += '\n' + fact_lines(content);
  return text;
}

void add_description(HtmlReport& page, const Description& d) {
  page.table("The data", {"what", "figure"}, facts_of(d));
  const SummaryTable summaries = summaries_of(d);
  page.table("Summaries", {summaries.headers.begin(), summaries.headers.end()}, summaries.rows);
  page.paragraph(inequality_of(d) + ".");
  std::vector<HtmlReport::Bar> bars;
  for (const auto& [value, count] : d.value_counts) {
    bars.push_back({value_text(value), static_cast<double>(count), format_count(count)});
  }
  if (!bars.empty()) page.bars("Events by value", bars);
  bars.clear();
  for (const auto& [month, count] : d.events_by_month) {
    bars.push_back({month, static_cast<double>(count), format_count(count)});
  }
  if (!bars.empty()) page.bars("Events by month", bars);
  bars.clear();
  for (const auto& [items, events] : d.popularity) {
    bars.push_back({fmt::format("top {}", format_percent(items)), events, format_percent(events)});
  }
  if (!bars.empty()) page.bars("The long tail: share of events that the most popular items have", bars);
  bars.clear();
  for (const auto& [name, share] : d.item_content) bars.push_back({name, share, format_percent(share)});
  if (!bars.empty()) page.bars("Share of items with each kind of content", bars);
  bars.clear();
  for (const auto& [name, share] : d.user_content) bars.push_back({name, share, format_percent(share)});
  if (!bars.empty()) page.bars("Share of users with each attribute", bars);
}

std::string describe_html(const Description& description) {
  HtmlReport page(description.name.empty() ? "Data set" : description.name);
  add_description(page, description);
  return page.html();
}

}  // namespace akin
