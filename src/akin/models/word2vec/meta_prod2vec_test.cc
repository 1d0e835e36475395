#include "akin/models/word2vec/meta_prod2vec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/models/fit/start.h"
#include "akin/models/word2vec/prod2vec.h"

namespace akin {
namespace {

constexpr idx_t kBrands = 5, kAllItems = 43, kCold = 42;

/// Item i is of brand i % kBrands, users take items of one brand, in any order; kCold has no events.
Dataset branded_dataset() {
  Dataset data;
  Rng rng(3);
  for (idx_t i = 0; i < kAllItems; ++i) {
    data.items.add("i" + std::to_string(i));
    data.item_attributes.column("brand").set(i, "b" + std::to_string(i % kBrands));
    data.item_attributes.column("title").set(i, "Item no. " + std::to_string(i));
  }
  for (idx_t u = 0; u < 211; ++u) {
    data.users.add("u" + std::to_string(u));
    for (std::size_t e = 0; e < 7; ++e) {
      const auto item = static_cast<idx_t>(rng.below(8)) * kBrands + u % kBrands;
      data.events.push_back({.user = u, .item = item, .time = static_cast<std::int64_t>(e)});
    }
  }
  for (idx_t i = 40; i < kCold; ++i) data.events.push_back({.user = 210, .item = i, .time = 99});
  return data;
}

MetaProd2Vec::Config small_meta_prod2vec() {
  MetaProd2Vec::Config config;
  config.factors = 12;
  config.epochs = 40;
  config.sample = 0;
  return config;
}

std::unique_ptr<Model> fit(const Dataset& data, const MetaProd2Vec::Config& config,
                           const FitContext& context = {}) {
  return MetaProd2Vec::fit({data, data.events}, config, context);
}

void expect_same_vectors(const Model& a, const Model& b, std::size_t n_items) {
  for (std::size_t i = 0; i < n_items; ++i) {
    EXPECT_TRUE(std::ranges::equal(a.embeddings()[i], b.embeddings()[i])) << i;
    EXPECT_TRUE(std::ranges::equal(a.item_vectors()[i], b.item_vectors()[i])) << i;
  }
}

TEST(ItemMetadata, MakesSideTokensOfValues) {
  Dataset data;
  data.users.add("u");
  const char* const categories[] = {"All|Hair|Shampoo", "All | Hair", "All|Nails|", "", "All|Rare"};
  const char* const titles[] = {"Mild SHAMPOO, mild!", "Comb", "shampoo-file", "Crème", "comb"};
  for (idx_t i = 0; i < 5; ++i) {
    data.items.add(std::to_string(i));
    data.item_attributes.column("category").set(i, categories[i]);
    data.item_attributes.column("title").set(i, titles[i]);
  }
  for (const idx_t item : {0, 0, 0, 1, 1, 2, 3}) data.events.push_back({.user = 0, .item = item});
  ItemCorpus text = item_corpus({data, data.events}, 1, SequenceOf::kUser, "test");
  const ItemMetadata metadata(data.item_attributes, 5, {{"category", "brand"}, 2}, text);
  // 'All' is on every item of the corpus with a category, 'Rare' on none of the corpus,
  // other words on one only.
  EXPECT_EQ(metadata.names(), (std::vector<std::string>{"title_words=shampoo", "category=Hair",
                                                        "category=Shampoo", "category=Nails"}));
  EXPECT_EQ(metadata.draws(), (std::vector<double>{4, 3.5, 1.5, 1}));
  metadata.attach(text);
  EXPECT_EQ(text.corpus.n_fields, 2u);
  EXPECT_EQ(text.corpus.side_counts, (std::vector<std::uint64_t>{4, 4, 2, 1}));
  ASSERT_EQ(text.items, (std::vector<idx_t>{0, 1, 2, 3}));
  const std::vector<std::vector<idx_t>> side = {{5, 6}, {4}, {5}, {}, {7}, {4}, {}, {}};
  EXPECT_EQ(text.corpus.side, side);

  Matrix vectors(4, 1);
  for (std::size_t s = 0; s < 4; ++s) vectors[s][0] = static_cast<float>(1 << s);
  float mean = -1;
  EXPECT_TRUE(metadata.mean_of(0, vectors, std::span(&mean, 1)));
  EXPECT_FLOAT_EQ(mean, (1 + (2 + 4) / 2.0f) / 2) << "of both fields, of both choices";
  EXPECT_TRUE(metadata.mean_of(2, vectors, std::span(&mean, 1)));
  EXPECT_FLOAT_EQ(mean, (1 + 8) / 2.0f);
  EXPECT_FALSE(metadata.mean_of(4, vectors, std::span(&mean, 1)));
}

TEST(ItemMetadata, WordsOfTitlesAreThoseOfTextsInLowerCase) {
  Dataset data;
  data.users.add("u");
  const char* const titles[] = {"Crème 2-in-1, CRÈME!", "comb", " - "};
  for (idx_t i = 0; i < 3; ++i) {
    data.items.add(std::to_string(i));
    data.item_attributes.column("title").set(i, titles[i]);
  }
  for (const idx_t item : {0, 1, 1, 2}) data.events.push_back({.user = 0, .item = item});
  const ItemCorpus text = item_corpus({data, data.events}, 1, SequenceOf::kUser, "test");
  const ItemMetadata metadata(data.item_attributes, 3, {{}, 1}, text);
  EXPECT_EQ(metadata.names(), (std::vector<std::string>{"title_words=comb", "title_words=1", "title_words=2",
                                                        "title_words=crème", "title_words=in"}));
}

TEST(MetaProd2Vec, WithoutLambdaIsProd2VecToTheBit) {
  const Dataset data = branded_dataset();
  MetaProd2Vec::Config config = small_meta_prod2vec();
  config.epochs = 3;
  config.metadata_weight = 0;
  const auto plain = Prod2Vec::fit({data, data.events}, config, {});
  expect_same_vectors(*fit(data, config), *plain, kAllItems);
  config.metadata_weight = 0.001f;
  EXPECT_FALSE(std::ranges::equal(fit(data, config)->embeddings()[1], plain->embeddings()[1]))
      << "other negatives";
}

TEST(MetaProd2Vec, WithoutAttributesIsProd2VecUnlessFieldsWereNamed) {
  Dataset data = branded_dataset();
  data.item_attributes = {};
  MetaProd2Vec::Config config = small_meta_prod2vec();
  config.epochs = 3;
  const auto plain = Prod2Vec::fit({data, data.events}, config, {});
  expect_same_vectors(*fit(data, config), *plain, kAllItems);
  EXPECT_TRUE(plain->similar(kCold, 3).empty());
  config.fields = "maker";
  const Dataset branded = branded_dataset();
  try {
    fit(branded, config);
    FAIL() << "fitted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("they have: brand, title"), std::string::npos) << error.what();
  }
  config.fields = "maker, brand";
  EXPECT_NO_THROW(fit(branded, config));
}

TEST(MetaProd2Vec, PutsColdItemsWhereTheirMetadataAre) {
  const Dataset data = branded_dataset();
  for (const char* score : {"predict", "cosine"}) {
    MetaProd2Vec::Config config = small_meta_prod2vec();
    config.score = score;
    const auto model = fit(data, config);
    const auto similar = model->similar(kCold, 7);
    ASSERT_EQ(similar.size(), 7u);
    for (const Scored& other : similar) EXPECT_EQ(other.idx % kBrands, kCold % kBrands) << score;
    std::vector<float> out(kAllItems);
    const std::vector<idx_t> history = {2, 7, 12}, others = {3, 8, 13};
    ASSERT_TRUE(model->score_all({std::nullopt, history, {}}, out));
    int above = 0;
    for (idx_t i = 0; i < kAllItems; ++i) above += i % kBrands != kCold % kBrands && out[i] > out[kCold];
    EXPECT_EQ(above, 0) << score << ": only items of its brand may be above";
    const std::vector<idx_t> only = {kCold};
    EXPECT_TRUE(model->score_all({std::nullopt, only, {}}, out)) << "and it can be asked from";
  }
}

TEST(MetaProd2Vec, ColdItemsAreTheMeanOfTheirMetadata) {
  Dataset data = branded_dataset();
  data.item_attributes.column("category").set(0, "Hair");
  data.item_attributes.column("category").set(1, "Nails");
  data.item_attributes.column("category").set(kCold, "Nails|Hair");
  const auto model = fit(data, small_meta_prod2vec());
  const auto& meta = dynamic_cast<const MetaProd2Vec&>(*model);
  const auto row = [&](std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(meta.sides().names, name) - meta.sides().names.begin());
  };
  const std::size_t brand = row("brand=b2"), hair = row("category=Hair"), nails = row("category=Nails");
  ASSERT_EQ(meta.sides().names.size(), 7u);
  ASSERT_LT(std::max({brand, hair, nails}), 7u);
  for (std::size_t c = 0; c < 12; ++c) {
    const auto mean = [&](const Matrix& m) { return m[brand][c] / 2 + (m[hair][c] + m[nails][c]) / 4; };
    EXPECT_NEAR(meta.input(kCold)[c], mean(meta.sides().input), 1e-6f);
    EXPECT_NEAR(meta.output(kCold)[c], mean(meta.sides().output), 1e-6f);
  }
}

TEST(MetaProd2Vec, GoesOnFromWhatWasSavedMetadataToo) {
  Dataset data = branded_dataset();
  MetaProd2Vec::Config config = small_meta_prod2vec();
  const auto fitted = fit(data, config);
  const auto path = std::filesystem::path(testing::TempDir()) / "meta_prod2vec.safetensors";
  TensorWriter writer("model");
  fitted->save(writer);
  writer.write(path.string());
  const TensorReader reader(path.string());
  const auto loaded = MetaProd2Vec::load(reader, data.n_users(), kAllItems);
  std::filesystem::remove(path);
  const auto& old = dynamic_cast<const MetaProd2Vec&>(*loaded);
  ASSERT_EQ(old.sides().names.size(), kBrands);

  const idx_t item = data.items.add("new");
  data.item_attributes.column("brand").set(item, "new brand");
  data.events.push_back({.user = 210, .item = item, .time = 100});
  config.epochs = 0;
  const FitStart start = {.model = loaded.get(), .fold_items = {item}};
  const auto model = fit(data, config, {{}, nullptr, &start});
  expect_same_vectors(*model, *fitted, kAllItems);
  const auto& updated = dynamic_cast<const MetaProd2Vec&>(*model);
  ASSERT_EQ(updated.sides().names.size(), kBrands + 1u);
  for (std::size_t s = 0; s < kBrands; ++s) {
    const auto at = std::ranges::find(updated.sides().names, old.sides().names[s]);
    ASSERT_NE(at, updated.sides().names.end());
    const auto row = static_cast<std::size_t>(at - updated.sides().names.begin());
    EXPECT_TRUE(std::ranges::equal(updated.sides().input[row], old.sides().input[s]));
    EXPECT_TRUE(std::ranges::equal(updated.sides().output[row], old.sides().output[s]));
  }
}

TEST(MetaProd2Vec, HasTheSameBitsAtAnyThreadCount) {
  const Dataset data = branded_dataset();
  MetaProd2Vec::Config config = small_meta_prod2vec();
  config.epochs = 2;
  config.title_words = 1;
  expect_same_vectors(*fit(data, config, {{.threads = 1}}), *fit(data, config, {{.threads = 3}}), kAllItems);
}

}  // namespace
}  // namespace akin
