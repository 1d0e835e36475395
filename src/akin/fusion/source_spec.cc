#include "akin/fusion/source_spec.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/text.h"

namespace akin {
namespace {

constexpr std::size_t kMostSources = 64;
constexpr std::string_view kAttributes = "attributes";
constexpr char kQuote = '\'';

/// The parts of `text` between separators outside of quotes, the empty ones left out.
std::vector<std::string_view> split_unquoted(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && text[at] == kQuote) quoted = !quoted;
    if (at < text.size() && (quoted || text[at] != separator)) continue;
    if (at > begin) parts.push_back(text.substr(begin, at - begin));
    begin = at + 1;
  }
  if (quoted) fail(ErrorCode::kUsage, "sources: a quote (') is not closed in '{}'", text);
  return parts;
}

std::string_view unquoted(std::string_view value) {
  const bool quoted = value.size() > 1 && value.front() == kQuote && value.back() == kQuote;
  return quoted ? value.substr(1, value.size() - 2) : value;
}

SourceSpec parse_source(std::string_view text) {
  SourceSpec source;
  std::vector<std::string_view> words = split_unquoted(text, ' ');
  if (words.front().size() > 1 && words.front().ends_with(':')) {
    source.name = words.front().substr(0, words.front().size() - 1);
    words.erase(words.begin());
    if (words.empty()) fail(ErrorCode::kUsage, "sources: '{}' names no kind, such as tfidf", text);
  }
  source.kind = words.front();
  if (source.kind.find('=') != std::string::npos)
    fail(ErrorCode::kUsage, "sources: '{}' begins with a parameter, not with a kind, such as tfidf", text);
  for (const std::string_view word : std::span(words).subspan(1)) {
    const std::size_t equals = word.find('=');
    if (equals == word.npos || equals == 0)
      fail(ErrorCode::kUsage, "sources: '{}' of '{}' is not PARAMETER=VALUE, such as fields=title", word,
           text);
    source.params[std::string(word.substr(0, equals))] = unquoted(word.substr(equals + 1));
  }
  if (source.name.empty()) {
    const auto fields = source.params.find("fields");
    source.name = source.kind == kAttributes && fields != source.params.end() ? fields->second : source.kind;
  }
  return source;
}

}  // namespace

std::vector<SourceSpec> parse_sources(std::string_view text) {
  std::vector<SourceSpec> sources;
  for (const std::string_view part : split_unquoted(text, ';')) {
    if (trimmed(part).empty()) continue;
    SourceSpec source = parse_source(trimmed(part));
    if (std::ranges::find(sources, source.name, &SourceSpec::name) != sources.end()) {
      fail(ErrorCode::kUsage, "sources: two are called {}; give one another name, as in 'other: {}'",
           source.name, source.kind);
    }
    sources.push_back(std::move(source));
  }
  if (sources.empty()) fail(ErrorCode::kUsage, "sources: none is named; name some, such as 'tfidf; map'");
  if (sources.size() > kMostSources)
    fail(ErrorCode::kUsage, "sources: {} are too many, at most {}", sources.size(), kMostSources);
  return sources;
}

std::string to_string(const std::vector<SourceSpec>& sources) {
  std::vector<std::string> texts;
  for (const SourceSpec& source : sources) {
    std::string text = fmt::format("{}: {}", source.name, source.kind);
    for (const auto& [name, value] : source.params) {
      const bool plain = value.find_first_of(" ;") == std::string::npos;
      text += plain ? fmt::format(" {}={}", name, value) : fmt::format(" {}='{}'", name, value);
    }
    texts.push_back(std::move(text));
  }
  return fmt::format("{}", fmt::join(texts, "; "));
}

std::vector<SourceSpec> choose_sources(const ItemContent& content) {
  std::vector<SourceSpec> sources;
  std::string numbers;
  for (const auto& [name, column] : content.attributes().all()) {
    switch (content.attributes().type(name).kind) {
      case AttributeType::Kind::kText:
        sources.push_back({name, "tfidf", {{"fields", name}}});
        break;
      case AttributeType::Kind::kCategory:
      case AttributeType::Kind::kList:
        sources.push_back({name, std::string(kAttributes), {{"fields", name}}});
        break;
      case AttributeType::Kind::kNumber:
      case AttributeType::Kind::kDate:
        numbers += (numbers.empty() ? "" : ",") + name;
        break;
      case AttributeType::Kind::kPicture:
        break;  // their default encoder sees shapes and colours only: name one
    }
  }
  if (content.has(ItemContent::kReviews)) sources.push_back({"reviews", "tfidf", {{"fields", "reviews"}}});
  if (!numbers.empty()) sources.push_back({"numbers", std::string(kAttributes), {{"fields", numbers}}});
  if (!sources.empty()) sources.push_back({std::string(kMapSource), std::string(kMapSource), {}});
  return sources;
}

}  // namespace akin
