#include "akin/eval/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>

namespace akin {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

constexpr std::string_view kStyle =
    R"(:root{color-scheme:light dark;--text:#1a1a1a;--back:#fff;--soft:#f2f2f0;--line:#d5d5d2;--bar:#2f6f9f;--faint:#595959}
@media(prefers-color-scheme:dark){:root{--text:#e8e8e6;--back:#161616;--soft:#222221;--line:#3d3d3b;--bar:#6aaede;--faint:#a8a8a5}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:62rem;font:1rem/1.5 system-ui,sans-serif;color:var(--text);background:var(--back);overflow-wrap:anywhere}
h1{font-size:1.7rem;line-height:1.2}h2{font-size:1.3rem;margin-top:2.2rem;border-bottom:1px solid var(--line)}h3,h4{font-size:1.05rem;margin-top:1.6rem}
.scroll{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--faint);padding-bottom:.3rem}
th,td{padding:.3rem .8rem .3rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th{font-weight:600}tbody th{font-weight:400}
.n{text-align:right;white-space:nowrap}
.b{font-weight:700}
table.bars{width:100%}
.bars th,.bars td{padding:.1rem .6rem .1rem 0;border:0}
.bars th{width:1%;min-width:6rem;max-width:16rem}
.bars .n{width:1%}
.bars div{height:1.1em;min-width:1px;background:var(--bar);border-radius:2px}
@media print{.scroll{overflow:visible}}
)";

/// Length of the well-formed UTF-8 character at the start of `text`, 0 if there is none. Overlong forms,
/// surrogates and codes beyond U+10FFFF are not well-formed.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  const bool bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second >= 0xA0) ||
                   (first == 0xF0 && second < 0x90) || (first == 0xF4 && second >= 0x90);
  return bad ? 0 : length;
}

std::string_view entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

/// The number a cell shows, separators left out.
std::optional<double> number_in(std::string cell) {
  if (!is_number(cell)) return std::nullopt;
  std::erase(cell, ',');
  return std::strtod(cell.c_str(), nullptr);
}

/// The best number of a column as it is shown, so that equal cells are all best.
std::optional<double> best_of(const std::vector<TableRow>& rows, std::size_t column, HtmlReport::Best best) {
  std::optional<double> result;
  if (best == HtmlReport::Best::kNone || rows.size() < 2) return result;
  for (const TableRow& row : rows) {
    const std::optional<double> value = column < row.size() ? number_in(row[column]) : std::nullopt;
    if (!value) continue;
    if (!result) result = value;
    result = best == HtmlReport::Best::kHighest ? std::max(*result, *value) : std::min(*result, *value);
  }
  return result;
}

}  // namespace

std::string html_escape(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text.front();
    const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') || c == 0x7F;
    if (length == 0 || control) {
      result += kReplacement;
    } else if (const std::string_view name = entity(c); !name.empty()) {
      result += name;
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

HtmlReport& HtmlReport::heading(std::string_view text, int level) {
  level = std::clamp(level, 2, 4);
  body_ += fmt::format("<h{0}>{1}</h{0}>\n", level, html_escape(text));
  return *this;
}

HtmlReport& HtmlReport::paragraph(std::string_view text) {
  body_ += fmt::format("<p>{}</p>\n", html_escape(text));
  return *this;
}

HtmlReport& HtmlReport::table(std::string_view caption, const std::vector<Column>& columns,
                              const std::vector<TableRow>& rows) {
  const std::vector<bool> numbers = number_columns(columns.size(), rows);
  std::vector<std::optional<double>> best;
  body_ += fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"{0}\"><table><caption>{0}</caption>\n<thead><tr>",
      html_escape(caption));
  for (std::size_t c = 0; c < columns.size(); ++c) {
    best.push_back(best_of(rows, c, columns[c].best));
    body_ += fmt::format("<th scope=\"col\"{}>{}</th>", numbers[c] ? " class=\"n\"" : "",
                         html_escape(columns[c].header));
  }
  body_ += "</tr></thead>\n<tbody>\n";
  for (const TableRow& row : rows) {
    body_ += "<tr>";
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::string cell = c < row.size() ? row[c] : "";
      const bool bold = best[c] && number_in(cell) == best[c];
      const std::string_view style =
          numbers[c] ? (bold ? " class=\"n b\"" : " class=\"n\"") : (bold ? " class=\"b\"" : "");
      const std::string_view tag = c == 0 ? "th" : "td";  // the first cell names the row
      body_ +=
          fmt::format("<{0}{1}{2}>{3}</{0}>", tag, c == 0 ? " scope=\"row\"" : "", style, html_escape(cell));
    }
    body_ += "</tr>\n";
  }
  body_ += "</tbody></table></div>\n";
  return *this;
}

HtmlReport& HtmlReport::bars(std::string_view caption, const std::vector<Bar>& bars) {
  const auto length = [](const Bar& bar) {
    return std::isfinite(bar.value) ? std::max(0.0, bar.value) : 0.0;
  };
  double longest = 0;
  for (const Bar& bar : bars) longest = std::max(longest, length(bar));
  body_ += fmt::format("<table class=\"bars\"><caption>{}</caption>\n<tbody>\n", html_escape(caption));
  for (const Bar& bar : bars) {
    const double percent = longest > 0 ? 100 * length(bar) / longest : 0;
    body_ += fmt::format(
        "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td aria-hidden=\"true\"><div "
        "style=\"width:{:.2f}%\"></div></td></tr>\n",
        html_escape(bar.label), html_escape(bar.shown), percent);
  }
  body_ += "</tbody></table>\n";
  return *this;
}

std::string HtmlReport::html() const {
  const std::string title = html_escape(title_);
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{0}</title>\n"
      "<style>\n{1}</style>\n</head>\n<body>\n<main>\n<h1>{0}</h1>\n{2}</main>\n</body>\n</html>\n",
      title, kStyle, body_);
}

}  // namespace akin
