#include "akin/experiment/embedding_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"

namespace akin {
namespace {

/// A model that is its embeddings, followed by a bias column.
class Planted : public Model {
 public:
  explicit Planted(Matrix vectors) : vectors_(std::move(vectors)) {}
  const Matrix& item_vectors() const override { return vectors_; }
  std::size_t embedding_dim() const override { return vectors_.cols() - 1; }
  bool user_vector(const Query&, std::span<float>) const override { return false; }
  void save(TensorWriter&) const override {}

 private:
  Matrix vectors_;
};

constexpr std::size_t kItems = 211, kClusters = 3, kDim = 7;

/// Item i points in the direction of cluster i % 3, at any length; its bias is huge. Item 5 has no vector.
Planted planted_model() {
  const Matrix centres = Matrix::normal(kClusters, kDim, 1, 1);
  Matrix vectors = Matrix::normal(kItems, kDim + 1, 0.1, 2);
  for (std::size_t i = 0; i < kItems; ++i) {
    for (std::size_t c = 0; c < kDim; ++c)
      vectors[i][c] = static_cast<float>(1 + i) * (vectors[i][c] + centres[i % kClusters][c]);
    vectors[i][kDim] = 1e6F;
  }
  for (std::size_t c = 0; c < kDim; ++c) vectors[5][c] = 0;
  return Planted(std::move(vectors));
}

Dataset planted_dataset() {
  Dataset dataset;
  StringColumn titles, categories;
  for (std::size_t i = 0; i < kItems; ++i) {
    dataset.items.add("id" + std::to_string(i));
    titles.push_back(i == 0 ? "" : "title " + std::to_string(i));
    categories.push_back("Goods|Group " + std::to_string(i % kClusters));
  }
  dataset.item_attributes.column("title") = std::move(titles);
  dataset.item_attributes.column("category") = std::move(categories);
  return dataset;
}

TEST(EmbeddingMap, NearItemsShareACategory) {
  const Planted model = planted_model();
  const Dataset dataset = planted_dataset();
  std::vector<std::uint64_t> popularity(kItems);
  for (std::size_t i = 0; i < kItems; ++i) popularity[i] = i;
  EmbeddingMapOptions options;
  options.most_items = 101;
  Context one, three;
  one.threads = 1, three.threads = 3;
  const std::vector<MapPoint> map = embedding_map(model, dataset, popularity, options, one);
  ASSERT_EQ(map.size(), 101U);
  EXPECT_EQ(map[0].item, 210U);  // the most popular first
  EXPECT_EQ(map[100].item, 110U);
  EXPECT_EQ(map[0].label, "title 210");
  EXPECT_EQ(map[1].group, "Group 2");
  for (const MapPoint& point : map) {
    const MapPoint* nearest = nullptr;
    const auto distance = [&](const MapPoint& other) {
      return std::hypot(point.x - other.x, point.y - other.y);
    };
    for (const MapPoint& other : map) {
      if (other.item != point.item && (nearest == nullptr || distance(other) < distance(*nearest)))
        nearest = &other;
    }
    EXPECT_EQ(nearest->group, point.group);
  }
  const std::vector<MapPoint> again = embedding_map(model, dataset, popularity, options, three);
  for (std::size_t i = 0; i < map.size(); ++i) {
    EXPECT_EQ(map[i].x, again[i].x);
    EXPECT_EQ(map[i].y, again[i].y);
  }
}

TEST(EmbeddingMap, ItemsWithoutVectorTitleOrCategory) {
  const Planted model = planted_model();
  Dataset dataset = planted_dataset();
  EmbeddingMapOptions options;
  options.attribute = "colour";
  options.tsne.iterations = 3;
  const std::vector<MapPoint> map = embedding_map(model, dataset, {}, options, {});
  EXPECT_EQ(map.size(), kItems - 1);
  EXPECT_EQ(std::ranges::count(map, 5U, &MapPoint::item), 0);
  EXPECT_EQ(map[0].label, "id0");
  EXPECT_EQ(map[0].group, "");
  options.most_items = 0;
  EXPECT_THROW(embedding_map(model, dataset, {}, options, {}), Error);
  EXPECT_TRUE(embedding_map(Planted(Matrix(3, 1)), dataset, {}, {}, {}).empty());  // a bias only
}

TEST(EmbeddingMap, GroupsByTheLevelThatTellsMost) {
  std::vector<std::string> paths;
  for (int i = 0; i < 101; ++i) {
    const std::string number = std::to_string(i);
    paths.push_back("All|" + std::string(1, static_cast<char>('A' + i % 5)) + "|leaf " + number);
  }
  paths.push_back("");
  paths.push_back("All");
  std::vector<std::string> groups = groups_of(paths, 12);  // one root, five shelves, 101 leaves
  EXPECT_EQ(groups[0], "A");
  EXPECT_EQ(groups[4], "E");
  EXPECT_EQ(groups[101], "other");
  EXPECT_EQ(groups[102], "other");
  groups = groups_of(paths, 3);
  EXPECT_EQ(groups[0], "A");
  EXPECT_EQ(groups[4], "other");
  EXPECT_EQ(groups_of(std::vector<std::string>{"x", "x"}, 12), (std::vector<std::string>{"x", "x"}));
  EXPECT_TRUE(groups_of({}, 12).empty());
}

}  // namespace
}  // namespace akin
