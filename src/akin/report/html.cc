#include "akin/report/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "akin/report/page_script.h"

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
th{font-weight:600}tbody th{font-weight:400;min-width:7rem}td:not(.n){min-width:5rem}
.n{text-align:right;white-space:nowrap}
.b{font-weight:700}
table.bars{width:100%}
.bars th,.bars td{padding:.1rem .6rem .1rem 0;border:0}
.bars th{width:1%;min-width:7rem;max-width:16rem}
.bars .n{width:1%}
.bars div{height:1.1em;min-width:1px;background:var(--bar);border-radius:2px}
thead button{all:unset;cursor:pointer;font-weight:600}
thead button:focus-visible,.legend button:focus-visible{outline:2px solid var(--bar);outline-offset:2px;border-radius:2px}
thead button::after{content:"\2195";color:var(--faint);opacity:.5;padding-left:.25em}
th[aria-sort] button::after{opacity:1;color:var(--text)}
th[aria-sort=ascending] button::after{content:"\2191"}th[aria-sort=descending] button::after{content:"\2193"}
figure{margin:1.4rem 0}figcaption{font-weight:600}figcaption small{display:block;font-weight:400;font-size:.9rem;color:var(--faint)}
.plot{width:100%;margin-top:.3rem}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,19rem),1fr));gap:0 1.6rem}.charts figure{min-width:0}
.legend{display:flex;flex-wrap:wrap;gap:.1rem .9rem;margin:.3rem 0;font-size:.9rem;align-items:baseline}
.legend button{all:unset;cursor:pointer;display:inline-flex;align-items:center;gap:.35em}
.legend button[aria-pressed=false]{opacity:.4;text-decoration:line-through}
.legend button[aria-label]{border:1px solid var(--line);border-radius:4px;padding:0 .55em}
.mark{width:.75em;height:.75em;border-radius:50%;flex:none}.mark.rect{border-radius:2px}
.mark.triangle{clip-path:polygon(50% 0,100% 100%,0 100%);border-radius:0}.mark.diamond{clip-path:polygon(50% 0,100% 50%,50% 100%,0 50%);border-radius:0}
.hint,details,.note{color:var(--faint);font-size:.9rem}details>summary{cursor:pointer}
.tip{display:flex;flex-direction:column;max-width:22rem;white-space:normal;overflow-wrap:anywhere}
@media print{.scroll{overflow:visible}thead button::after{content:""}.hint,.legend button[aria-label],figure details:not([open]){display:none}}
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

std::string table_html(std::string_view caption, const std::vector<HtmlReport::Column>& columns,
                       const std::vector<TableRow>& rows) {
  const std::vector<bool> numbers = number_columns(columns.size(), rows);
  std::vector<std::optional<double>> best;
  std::string html = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"{0}\"><table><caption>{0}</caption>\n<thead><tr>",
      html_escape(caption));
  for (std::size_t c = 0; c < columns.size(); ++c) {
    best.push_back(best_of(rows, c, columns[c].best));
    html += fmt::format("<th scope=\"col\"{}>{}</th>", numbers[c] ? " class=\"n\"" : "",
                        html_escape(columns[c].header));
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const TableRow& row : rows) {
    html += "<tr>";
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::string cell = c < row.size() ? row[c] : "";
      const bool bold = best[c] && number_in(cell) == best[c];
      const std::string_view style =
          numbers[c] ? (bold ? " class=\"n b\"" : " class=\"n\"") : (bold ? " class=\"b\"" : "");
      const std::string_view tag = c == 0 ? "th" : "td";  // the first cell names the row
      html +=
          fmt::format("<{0}{1}{2}>{3}</{0}>", tag, c == 0 ? " scope=\"row\"" : "", style, html_escape(cell));
    }
    html += "</tr>\n";
  }
  html += "</tbody></table></div>\n";
  return html;
}

/// What the chart is and its figures, without the plot.
std::string figure_html(const Chart& chart, bool drawn) {
  const ChartTable table = chart_table(chart);
  const std::string title = html_escape(chart_title(chart));
  std::string note = html_escape(chart_note(chart));
  if (!note.empty()) note = "<small>" + note + "</small>";
  const std::string figures =
      table_html(table.caption, {table.headers.begin(), table.headers.end()}, table.rows);
  if (!drawn)
    return fmt::format("<figure><figcaption>{}{}</figcaption>\n{}</figure>\n", title, note, figures);
  return fmt::format(
      "<figure class=\"chart\"><figcaption>{0}{1}</figcaption>\n"
      "<div class=\"plot\" role=\"img\" aria-label=\"Chart: {0}. Its figures follow as a table.\" "
      "hidden></div>\n"
      "<script type=\"application/json\">{2}</script>\n"
      "<details><summary>Figures as a table</summary>\n{3}</details></figure>\n",
      title, note, chart_json(chart), figures);
}

/// RFC 4648, section 4.
std::string base64(const std::vector<std::uint8_t>& bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t b = 0; b < 3; ++b) bits = bits << 8 | (b < count ? bytes[i + b] : 0U);
    for (std::size_t letter = 0; letter < 4; ++letter)
      text += letter <= count ? kLetters[bits >> (18 - 6 * letter) & 63] : '=';
  }
  return text;
}

/// Only of pages that have pictures.
constexpr std::string_view kGalleryStyle =
    R"(.gallery{display:flex;flex-wrap:wrap;gap:.8rem}.gallery figure{margin:0;width:8rem}.gallery img{display:block;width:8rem;height:8rem;object-fit:contain;background:#fff;border:1px solid var(--line)}
.gallery .framed img{outline:3px solid #c00}.gallery figcaption{font-weight:400;font-size:.85rem;line-height:1.3;margin-top:.2rem}
)";

}  // namespace

std::string clean_text(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text.front();
    const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') || c == 0x7F;
    result += length == 0 || control ? kReplacement : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

std::string html_escape(std::string_view text) {
  std::string result;
  for (const char c : clean_text(text)) {
    if (const std::string_view name = entity(c); !name.empty()) {
      result += name;
    } else {
      result += c;
    }
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
  has_sortable_tables_ |= rows.size() > 1;
  body_ += table_html(caption, columns, rows);
  return *this;
}

HtmlReport& HtmlReport::chart(const Chart& chart) {
  has_charts_ = true;
  body_ += figure_html(chart, !charts_script().text.empty());
  return *this;
}

HtmlReport& HtmlReport::charts(const std::vector<Chart>& charts) {
  if (charts.empty()) return *this;
  body_ += "<div class=\"charts\">\n";
  for (const Chart& one : charts) chart(one);
  body_ += "</div>\n";
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

HtmlReport& HtmlReport::gallery(std::string_view caption, const std::vector<Tile>& tiles) {
  has_pictures_ = true;
  body_ +=
      fmt::format("<figure><figcaption>{}</figcaption>\n<div class=\"gallery\">\n", html_escape(caption));
  for (const Tile& tile : tiles) {
    body_ += fmt::format(
        "<figure{}><img alt=\"{}\" src=\"data:image/png;base64,{}\"><figcaption>{}</figcaption></figure>\n",
        tile.framed ? " class=\"framed\"" : "", html_escape(tile.text), base64(tile.png),
        html_escape(tile.text));
  }
  body_ += "</div></figure>\n";
  return *this;
}

std::string HtmlReport::html() const {
  const std::string title = html_escape(title_);
  const PageScript script = has_charts_            ? charts_script()
                            : has_sortable_tables_ ? tables_script()
                                                   : PageScript{};
  std::string_view note;
  if (has_charts_) {
    note = script.text.empty()
               ? "<p class=\"note\">This akin was built without charts; tables hold the same figures.</p>\n"
               : "<noscript><p class=\"note\">A script that this page carries draws its charts. Without "
                 "scripts, the tables below each title hold the same figures.</p></noscript>\n";
  }
  const std::string allowed = script.text.empty() ? "'none'" : fmt::format("'{}'", script.hash);
  std::string end;
  if (!script.text.empty()) end = fmt::format("<script>{}</script>\n", script.text);
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src {4}{6}; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{0}</title>\n"
      "<style>\n{1}{7}</style>\n</head>\n<body>\n<main>\n<h1>{0}</h1>\n{3}{2}</main>\n{5}</body>\n</html>\n",
      title, kStyle, body_, note, allowed, end, has_pictures_ ? "; img-src data:" : "",
      has_pictures_ ? kGalleryStyle : "");
}

}  // namespace akin
