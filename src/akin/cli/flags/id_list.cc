#include "akin/cli/flags/id_list.h"

#include "akin/base/io.h"
#include "akin/data/id_map.h"

namespace akin::cli {

std::vector<std::string> read_id_list(const std::string& path) {
  LineReader lines(path, LineReader::kLongestId);
  IdMap ids;  // an archive may hold one id a billion times
  while (const auto line = lines.next()) {
    if (!line->empty()) ids.add(*line);
  }
  std::vector<std::string> result;
  for (idx_t i = 0; i < ids.size(); ++i) result.emplace_back(ids.id(i));
  return result;
}

}  // namespace akin::cli
