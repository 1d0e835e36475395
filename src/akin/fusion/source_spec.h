// The sources of a fused model, as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "akin/base/param.h"
#include "akin/data/item_content.h"

namespace akin {

/// One source: an encoder of content (encode/encoders.h), "map" (fusion/content_map.h), or what somebody else knows to
/// make vectors of, such as a model of events.
struct SourceSpec {
  std::string name;  ///< in tables and explanations; each once
  std::string kind;
  ParamValues params = {};
  friend bool operator==(const SourceSpec&, const SourceSpec&) = default;
};

inline constexpr std::string_view kMapSource = "map";

/// "tfidf; brand: attributes fields=brand; map factors=64": sources separated by semicolons, each a kind with parameters,
/// after its name and a colon; values with blanks or semicolons stand in single quotes. Without a name it is called as its kind, or of attributes as their fields. Throws
/// Error(kUsage) for what is no such text, names that occur twice, and more than 64 sources.
std::vector<SourceSpec> parse_sources(std::string_view text);
/// Reads back with parse_sources().
std::string to_string(const std::vector<SourceSpec>& sources);

/// What suits the content: TF-IDF of each field of texts and of the reviews, each category and list as attributes, all
/// numbers and dates together, and the map.
std::vector<SourceSpec> choose_sources(const ItemContent& content);

}  // namespace akin
