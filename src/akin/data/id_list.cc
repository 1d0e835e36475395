#include "akin/data/id_list.h"

#include <algorithm>

#include "akin/base/text.h"
#include "akin/data/text/escaped_field.h"

namespace akin {
namespace {

constexpr std::size_t kMostJoined = 16;  // elements of one id with commas

/// The element in quotes that begins at `begin`; nullopt if its quote is not closed, or more follows it.
std::optional<ListElement> quoted_element(std::string_view text, std::size_t begin) {
  ListElement element{.text = {}, .quoted = true, .begin = begin, .end = begin + 1};
  for (std::size_t& at = element.end; at < text.size(); ++at) {
    if (text[at] != '"') {
      element.text += text[at];
    } else if (at + 1 < text.size() && text[at + 1] == '"') {
      element.text += text[++at];
    } else {
      ++at;
      if (at == text.size() || text[at] == ',') return element;
      return std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<ListElement> list_elements(std::string_view text) {
  std::vector<ListElement> elements;
  for (std::size_t begin = 0; begin < text.size();) {
    std::optional<ListElement> element;
    if (text[begin] == '"') element = quoted_element(text, begin);
    if (!element) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      element = {std::string(text.substr(begin, end - begin)), false, begin, end};
    }
    begin = element->end + 1;
    if (element->quoted || !element->text.empty()) elements.push_back(std::move(*element));
  }
  return elements;
}

std::optional<idx_t> find_id(const IdMap& ids, std::string_view id) {
  if (const auto found = ids.find(id)) return found;
  return id.find('\\') == std::string_view::npos ? std::nullopt : ids.find(unescaped_field(id));
}

std::vector<std::string> ids_in_list(std::string_view text, const IdMap& ids) {
  const std::vector<ListElement> elements = list_elements(text);
  std::vector<std::string> result;
  if (find_id(ids, text)) return {std::string(text)};
  for (std::size_t first = 0; first < elements.size();) {
    if (elements[first].quoted) {
      result.push_back(elements[first++].text);
      continue;
    }
    const std::size_t most = std::min(elements.size(), first + kMostJoined);
    std::size_t end = most;
    std::string found;
    for (; end > first && found.empty(); --end) {
      const std::string_view joined =
          text.substr(elements[first].begin, elements[end - 1].end - elements[first].begin);
      if (find_id(ids, joined)) found = joined;
      if (found.empty() && find_id(ids, trimmed(joined))) found = trimmed(joined);
      if (!found.empty()) break;
    }
    result.push_back(found.empty() ? elements[first].text : found);
    first = found.empty() ? first + 1 : end;
  }
  return result;
}

}  // namespace akin
