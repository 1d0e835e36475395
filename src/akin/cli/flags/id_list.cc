#include "akin/cli/flags/id_list.h"

#include "akin/base/io.h"
#include "akin/data/id_list.h"
#include "akin/data/id_map.h"
#include "akin/data/readers/text_decode.h"

namespace akin::cli {

std::vector<std::string> read_id_list(const std::string& path) {
  LineReader lines(path, LineReader::kLongestId);
  IdMap ids;  // an archive may hold one id a billion times
  while (const auto line = lines.next()) {
    const std::string_view text = without_blanks(*line);
    if (text.empty()) continue;
    const std::vector<ListElement> elements = list_elements(text);
    const bool quoted = elements.size() == 1 && elements[0].quoted && elements[0].end == text.size();
    const std::string_view id = quoted ? without_blanks(elements[0].text) : text;
    if (!id.empty()) ids.add(id);
  }
  std::vector<std::string> result;
  for (idx_t i = 0; i < ids.size(); ++i) result.emplace_back(ids.id(i));
  return result;
}

}  // namespace akin::cli
