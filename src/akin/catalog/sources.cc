#include "akin/catalog/sources.h"

#include <fmt/format.h>

#include "akin/base/error.h"
#include "akin/base/text.h"
#include "akin/data/item_content.h"

namespace akin {
namespace {

constexpr const char* kImport =
    "`akin import csv --items FILE`, `import amazon --meta FILE` and the tables beside MovieLens and RecBole "
    "files "
    "bring attributes of items, --text of csv and reviews of amazon bring reviews";

}  // namespace

std::string missing_source(const ModelSpec& model, const Dataset& data) {
  if (!model.traits().uses_content) return "";
  const bool has_reviews = data.reviews.size() > 0;
  std::vector<std::string> names;
  for (const auto& [name, column] : data.item_attributes.all()) names.push_back(name);
  if (has_reviews) names.emplace_back(ItemContent::kReviews);
  if (names.empty())
    return fmt::format("{} learns from the content of items, and {} has none: {}", model.name(), data.name,
                       kImport);
  const ParamValues params = model.all_params();
  const auto fields = params.find("fields");
  if (fields == params.end()) return "";
  for (const std::string_view field : split(fields->second, ',')) {
    if (field.empty() || std::ranges::find(names, field) != names.end()) continue;
    return fmt::format("{} needs the field '{}', and the items of {} have none{}; they have {}. {}",
                       model.name(), field, data.name, did_you_mean(field, names), fmt::join(names, ", "),
                       kImport);
  }
  return "";
}

}  // namespace akin
