#include "akin/experiment/embedding_map.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <string_view>

#include "akin/base/error.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

constexpr std::string_view kOther = "other";
constexpr std::size_t kMostLevels = 8;
constexpr double kLeastShare = 0.01;  // of the texts, for a group of its own

/// Part number `level` of a path, "" if it has fewer.
std::string_view part_of(std::string_view text, std::size_t level) {
  for (; level > 0; --level) {
    const std::size_t bar = text.find('|');
    if (bar == std::string_view::npos) return {};
    text.remove_prefix(bar + 1);
  }
  return text.substr(0, text.find('|'));
}

/// The groups of one level and how well they tell the texts apart.
struct Level {
  std::vector<std::string_view> groups;  ///< the largest first
  std::size_t told_apart = 0;            ///< texts in a group other than the largest
};

Level level_of(std::span<const std::string> texts, std::size_t level, std::size_t most) {
  std::map<std::string_view, std::size_t> counts;
  for (const std::string& text : texts) {
    if (const std::string_view part = part_of(text, level); !part.empty()) ++counts[part];
  }
  std::vector<std::pair<std::size_t, std::string_view>> sizes;
  for (const auto& [part, count] : counts) {
    if (static_cast<double>(count) >= kLeastShare * static_cast<double>(texts.size()))
      sizes.emplace_back(count, part);
  }
  std::ranges::stable_sort(sizes, std::greater<>(), &std::pair<std::size_t, std::string_view>::first);
  sizes.resize(std::min(sizes.size(), most));
  Level result;
  for (const auto& [count, part] : sizes) {
    if (!result.groups.empty()) result.told_apart += count;
    result.groups.push_back(part);
  }
  return result;
}

/// Items that have a vector, the most popular first.
std::vector<idx_t> items_to_show(const Model& model, std::span<const std::uint64_t> popularity,
                                 std::size_t most) {
  const Matrix& vectors = model.embeddings();
  std::vector<idx_t> items;
  for (std::size_t i = 0; i < vectors.rows(); ++i) {
    const auto row = vectors[i].first(model.embedding_dim());
    if (std::ranges::any_of(row, [](float value) { return value != 0; }))
      items.push_back(static_cast<idx_t>(i));
  }
  const auto count = [&](idx_t item) { return item < popularity.size() ? popularity[item] : 0; };
  std::ranges::stable_sort(items, std::greater<>(), count);
  items.resize(std::min(items.size(), most));
  return items;
}

/// The values of an attribute of the items listed, "" where unknown.
std::vector<std::string> values_of(const Dataset& dataset, std::string_view attribute,
                                   std::span<const idx_t> items) {
  std::vector<std::string> values;
  for (const idx_t item : items) values.emplace_back(dataset.item_attributes.get(attribute, item));
  return values;
}

/// What the colours tell: the attribute asked for, or the first of the usual ones that most items have.
std::vector<std::string> categories_of(const Dataset& dataset, const std::string& attribute,
                                       std::span<const idx_t> items) {
  if (!attribute.empty()) return values_of(dataset, attribute, items);
  for (const std::string_view usual : {"category", "genres", "tags", "brand"}) {
    std::vector<std::string> values = values_of(dataset, usual, items);
    if (2 * std::ranges::count(values, "") < std::ssize(values)) return values;
  }
  return std::vector<std::string>(items.size());
}

}  // namespace

std::vector<std::string> groups_of(std::span<const std::string> texts, std::size_t most) {
  std::size_t best_level = 0;
  Level best = level_of(texts, 0, most);
  for (std::size_t level = 1; level < kMostLevels; ++level) {
    Level candidate = level_of(texts, level, most);
    if (candidate.told_apart <= best.told_apart) continue;
    best = std::move(candidate);
    best_level = level;
  }
  std::vector<std::string> groups;
  groups.reserve(texts.size());
  for (const std::string& text : texts) {
    const std::string_view part = part_of(text, best_level);
    groups.emplace_back(std::ranges::find(best.groups, part) != best.groups.end() ? part : kOther);
  }
  return groups;
}

std::vector<MapPoint> embedding_map(const Model& model, const Dataset& dataset,
                                    std::span<const std::uint64_t> popularity,
                                    const EmbeddingMapOptions& options, const Context& context) {
  if (options.most_items == 0) fail(ErrorCode::kUsage, "a map needs room for at least one item");
  if (model.embedding_dim() == 0) return {};
  const std::vector<idx_t> items = items_to_show(model, popularity, options.most_items);
  Matrix vectors(items.size(), model.embedding_dim());
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::ranges::copy(model.embeddings()[items[i]].first(vectors.cols()), vectors[i].begin());
  }
  normalize_rows(vectors);
  const Matrix positions = tsne(vectors, options.tsne, context);
  const std::vector<std::string> categories = categories_of(dataset, options.attribute, items);
  const bool known = std::ranges::any_of(categories, [](const std::string& text) { return !text.empty(); });
  std::vector<std::string> groups =
      known ? groups_of(categories, options.most_groups) : std::vector<std::string>(items.size());
  std::vector<MapPoint> points;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string_view title = dataset.item_attributes.get("title", items[i]);
    points.push_back({items[i], positions[i][0], positions[i][1],
                      std::string(title.empty() ? dataset.items.id(items[i]) : title), std::move(groups[i])});
  }
  return points;
}

}  // namespace akin
