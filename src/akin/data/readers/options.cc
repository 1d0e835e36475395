#include "akin/data/readers/options.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "akin/base/error.h"
#include "akin/data/readers/layout.h"
#include "akin/data/readers/number_parse.h"

namespace akin {

std::string option(const ImportRequest& request, std::string_view name, std::string_view fallback) {
  const auto found = request.options.find(std::string(name));
  return found == request.options.end() ? std::string(fallback) : found->second;
}

bool option_flag(const ImportRequest& request, std::string_view name, std::string_view fallback) {
  const std::string text = option(request, name, fallback);
  if (text == "yes" || text == "true" || text == "1" || text == "on") return true;
  if (text == "no" || text == "false" || text == "0" || text == "off") return false;
  fail(ErrorCode::kUsage, "option {}: '{}' is neither yes nor no", name, text);
}

std::optional<float> option_number(const ImportRequest& request, std::string_view name) {
  const std::string text = option(request, name);
  if (text.empty()) return std::nullopt;
  const ParsedValue parsed = parse_value(text);
  if (parsed.problem != nullptr) fail(ErrorCode::kUsage, "option {}: '{}' is not a number", name, text);
  return parsed.value;
}

std::vector<std::string> option_list(const ImportRequest& request, std::string_view name) {
  std::vector<std::string> result;
  const std::string text = option(request, name);
  for (std::string& part : split_line(text, {",", false})) {
    if (!part.empty()) result.push_back(std::move(part));
  }
  return result;
}

std::string delimiter_of(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kNames = {{
      {"tab", "\t"},
      {"\\t", "\t"},
      {"comma", ","},
      {"semicolon", ";"},
      {"pipe", "|"},
      {"space", ""},
      {" ", ""},
  }};
  for (const auto& [name, delimiter] : kNames) {
    if (text == name) return std::string(delimiter);
  }
  if (text.empty() || text.find('"') != std::string_view::npos || text.find('\n') != std::string_view::npos) {
    fail(ErrorCode::kUsage, "delimiter '{}': expected a text without quotes and line ends, or tab", text);
  }
  return std::string(text);
}

std::optional<EventKind> kind_of(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, EventKind>, 29> kNames = {{
      {"view", EventKind::kView},
      {"pageview", EventKind::kView},
      {"pv", EventKind::kView},
      {"viewed", EventKind::kView},
      {"detail", EventKind::kView},
      {"impression", EventKind::kView},
      {"click", EventKind::kClick},
      {"clicked", EventKind::kClick},
      {"clk", EventKind::kClick},
      {"cart", EventKind::kCart},
      {"addtocart", EventKind::kCart},
      {"addtobasket", EventKind::kCart},
      {"basket", EventKind::kCart},
      {"fav", EventKind::kCart},
      {"favorite", EventKind::kCart},
      {"favourite", EventKind::kCart},
      {"wishlist", EventKind::kCart},
      {"addtowishlist", EventKind::kCart},
      {"purchase", EventKind::kPurchase},
      {"purchased", EventKind::kPurchase},
      {"buy", EventKind::kPurchase},
      {"bought", EventKind::kPurchase},
      {"order", EventKind::kPurchase},
      {"sale", EventKind::kPurchase},
      {"transaction", EventKind::kPurchase},
      {"checkout", EventKind::kPurchase},
      {"rating", EventKind::kRating},
      {"rate", EventKind::kRating},
      {"review", EventKind::kRating},
  }};
  const std::string name = normalized_name(text);
  for (const auto& [known, kind] : kNames) {
    if (name == known) return kind;
  }
  return std::nullopt;
}

EventKind option_kind(const ImportRequest& request, std::string_view name, EventKind fallback) {
  const std::string text = option(request, name);
  if (text.empty()) return fallback;
  if (const auto kind = kind_of(text)) return *kind;
  fail(ErrorCode::kUsage, "option {}: '{}' is not a kind of event; there are: {}", name, text,
       fmt::join(kEventKindNames, ", "));
}

}  // namespace akin
