#include "akin/data/id_twin.h"

#include <algorithm>

#include "akin/base/text.h"

namespace akin {
namespace {

bool all_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// What twins have in common.
std::string_view core_of(std::string_view id) {
  id = trimmed(id);
  const std::size_t point = std::min(id.find('.'), id.size());
  std::string_view whole = id.substr(0, point);
  const std::string_view decimals = id.substr(std::min(point + 1, id.size()));
  if (whole.empty() || !all_digits(whole) || decimals.find_first_not_of('0') != std::string_view::npos)
    return id;
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size() - 1));
  return whole;
}

}  // namespace

std::optional<idx_t> find_twin(const IdMap& ids, std::string_view id) {
  const std::string_view core = core_of(id);
  for (idx_t i = 0; i < ids.size() && !core.empty(); ++i) {
    if (core_of(ids.id(i)) == core) return i;
  }
  return std::nullopt;
}

}  // namespace akin
