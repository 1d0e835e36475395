#include "akin/experiment/semantic_ids.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "akin/base/error.h"
#include "akin/linalg/residual_kmeans.h"

namespace akin {
namespace {

void check_options(const SemanticIdOptions& options, const Dataset& data) {
  constexpr int kMostLevels = 16, kMostClusters = 65'536;
  const auto check = [](const char* name, int value, int most) {
    if (value < 1 || value > most) fail(ErrorCode::kUsage, "{} is {}; give 1 to {}", name, value, most);
  };
  check("levels", options.levels, kMostLevels);
  check("clusters", options.clusters, kMostClusters);
  check("iterations", options.iterations, 1'000'000);
  if (options.attribute.empty()) fail(ErrorCode::kUsage, "the attribute needs a name");
  if (data.item_attributes.find(options.attribute) != nullptr)
    fail(ErrorCode::kUsage, "items have an attribute '{}' already; give another name with --attribute",
         options.attribute);
}

}  // namespace

SemanticIdFacts add_semantic_ids(Dataset& data, const ReadEmbeddings& vectors, const std::string& source,
                                 const SemanticIdOptions& options, const Context& context) {
  check_options(options, data);
  const MatchedItems matched = match_items(vectors, data.items, source);
  std::vector<idx_t> items;
  for (idx_t i = 0; i < matched.items.given.size(); ++i) {
    if (matched.items.given[i] != 0) items.push_back(i);
  }
  Matrix rows = Matrix::gather(matched.items.vectors, items, context.threads);
  normalize_rows(rows);
  const ResidualCodes codes =
      residual_kmeans(std::move(rows), static_cast<std::size_t>(options.levels),
                      static_cast<std::size_t>(options.clusters), options.iterations, context);
  SemanticIdFacts facts{.items = items.size(),
                        .without_vector = data.n_items() - items.size(),
                        .unknown = matched.unknown,
                        .errors = codes.errors};
  std::vector<std::string> ids(data.n_items());
  std::vector<std::map<std::string, std::size_t>> counts(codes.codes.size());
  for (std::size_t r = 0; r < items.size(); ++r) {
    std::string prefix;
    for (std::size_t level = 0; level < codes.codes.size(); ++level) {
      prefix += fmt::format("{}{}", level > 0 ? "-" : "", codes.codes[level][r]);
      ids[items[r]] += (level > 0 ? "|" : "") + prefix;
      ++counts[level][prefix];
    }
  }
  for (const auto& level : counts) facts.different.push_back(level.size());
  for (const auto& [id, count] : counts.back()) facts.most_alike = std::max(facts.most_alike, count);
  StringColumn& column = data.item_attributes.column(options.attribute);
  for (const std::string& id : ids) column.push_back(id);
  data.item_attributes.set_type(options.attribute, {AttributeType::Kind::kList});
  return facts;
}

}  // namespace akin
