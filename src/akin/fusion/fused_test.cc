#include "akin/fusion/fused.h"

#include <gtest/gtest.h>

#include <cmath>

#include "akin/base/error_for_test.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/data/builder.h"
#include "akin/data/split_dataset.h"
#include "akin/fusion/fused_fit.h"
#include "akin/fusion/neighbor_smoothing.h"
#include "akin/fusion/source_queries.h"
#include "akin/fusion/tower_model.h"
#include "akin/image/decode.h"
#include "akin/linalg/row_product.h"
#include "akin/models/placed.h"

namespace akin {
namespace {

Matrix matrix(const std::vector<std::vector<float>>& rows) {
  Matrix result(rows.size(), rows[0].size());
  for (std::size_t r = 0; r < rows.size(); ++r) std::ranges::copy(rows[r], result[r].begin());
  return result;
}

FusedSource given(const std::string& name, const std::vector<std::vector<float>>& rows) {
  return {.name = name, .kind = "vectors", .vectors = std::make_shared<VectorModel>(matrix(rows))};
}

/// Two sources of five items: the second knows nothing of items 3 and 4, nobody knows item 4.
Fused two_sources() {
  Matrix weights(SourceGate::kKnots.size(), 2);
  for (std::size_t k = 0; k < weights.rows(); ++k) {
    weights[k][0] = 2;
    weights[k][1] = static_cast<float>(1 + k);
  }
  std::vector<FusedSource> sources;
  sources.push_back(given("one", {{1, 0}, {0, 1}, {1, 1}, {2, 1}, {0, 0}}));
  sources.push_back(given("two", {{1}, {3}, {-2}, {0}, {0}}));
  return {std::move(sources), SourceGate(std::move(weights)), {5, 0, 3, 0, 0}, 0};
}

TEST(Fused, AddsStandardizedScoresAndMissingSourcesSayTheMean) {
  const Fused model = two_sources();
  const std::vector<idx_t> history = {0};
  std::vector<float> scores(5);
  ASSERT_TRUE(model.score_all({.history = history}, scores));
  // Source one says 0, 1, 2 of items 1, 2, 3: mean 1, deviation sqrt(2/3). Source two says 3, -2 of items 1 and 2: mean
  // 0.5, deviation 2.5. Items 1 and 3 have no events (weights 2 and 1), item 2 has three (2 and 2).
  const double deviation = std::sqrt(2.0 / 3);
  EXPECT_NEAR(scores[1], 2 * -1 / deviation + 1 * 1, 1e-5);
  EXPECT_NEAR(scores[2], 2 * -1, 1e-5);
  EXPECT_NEAR(scores[3], 2 * 1 / deviation, 1e-5) << "the mean of source two, not 0 of its scores";
  EXPECT_EQ(scores[4], kNever);

  for (const idx_t item : {1U, 2U, 3U}) {
    const auto why = model.explain({.history = history}, item);
    ASSERT_TRUE(why.has_value());
    float sum = why->base;
    for (const Scored& cause : why->causes) sum += cause.score;
    EXPECT_NEAR(sum, scores[item], 1e-5);
    float by_source = 0;
    for (const SourceShare& share : model.shares({.history = history}, item)) {
      by_source += share.adds();
      EXPECT_EQ(share.known, item != 3 || share.source == "one");
    }
    EXPECT_NEAR(by_source, scores[item], 1e-5);
  }
  EXPECT_FALSE(model.score_all({}, scores));
}

TEST(StandardScores, AreDampedWhereMostItemsShareNothing) {
  StandardScores scores = standardize({0, 0, 0, 0, 0, 0, 0, 7, kNever}, {});
  const float straight = scores.z(7);
  EXPECT_NEAR(straight, std::sqrt(7.0), 1e-5);  // mean 7/8, variance 49 * 7 / 64
  scores.damped = true;
  EXPECT_NEAR(scores.z(7), std::asinh(std::sqrt(7.0)), 1e-5);
  EXPECT_EQ(scores.z(8), 0);
  const SourceQueries queries{2, 2, {scores.z(7), 1, 0, scores.z(7)}, {0, 0}};
  const std::vector<std::size_t> damped = {0};
  const SourceQueries undamped = queries.undamped(damped);
  EXPECT_NEAR(undamped.scores[0], straight, 1e-5);
  EXPECT_EQ(undamped.scores[3], queries.scores[3]);
}

TEST(SourceGate, IsLinearInTheLogarithmBetweenKnots) {
  Matrix weights = matrix({{0}, {1}, {3}, {7}});
  const SourceGate gate(std::move(weights));
  EXPECT_EQ(gate.weight(0, 0), 0);
  EXPECT_NEAR(gate.weight(0, 1), std::log(2.0) / std::log(4.0), 1e-6);
  EXPECT_NEAR(gate.weight(0, 3), 1, 1e-6);
  EXPECT_NEAR(gate.weight(0, 40), 7, 1e-6);
  EXPECT_EQ(gate.weight(0, 4'000'000), 7);
  EXPECT_EQ(SourceGate::stratum_of(0), 0u);
  EXPECT_EQ(SourceGate::stratum_of(5), 1u);
  EXPECT_EQ(SourceGate::stratum_of(6), 2u);
  EXPECT_EQ(SourceGate::stratum_of(21), 3u);
}

/// Choices among 7 candidates that were drawn by the softmax of known weights of three sources, other ones for items
/// without events than for those with 40; the last source speaks against.
SourceQueries planted_queries(std::size_t count) {
  SourceQueries queries{3, 7, {}, {}};
  Rng rng(3);
  for (std::size_t q = 0; q < count; ++q) {
    const bool cold = q / 2 % 2 == 0;
    std::vector<std::array<float, 3>> z(queries.candidates);
    std::vector<double> chance;
    double total = 0;
    for (auto& scores : z) {
      for (float& score : scores) score = static_cast<float>(rng.normal());
      chance.push_back(std::exp(static_cast<double>(cold ? 1.5F * scores[0] : 0.8F * scores[1]) -
                                0.4 * static_cast<double>(scores[2])));
      total += chance.back();
    }
    double drawn = rng.uniform() * total;
    std::size_t chosen = 0;
    while (chosen + 1 < chance.size() && (drawn -= chance[chosen]) > 0) ++chosen;
    std::swap(z[0], z[chosen]);
    for (const auto& scores : z) queries.scores.insert(queries.scores.end(), scores.begin(), scores.end());
    queries.events.insert(queries.events.end(), queries.candidates, cold ? 0 : 40);
  }
  return queries;
}

TEST(SourceGate, FindsTheWeightsThatChoicesWereMadeBy) {
  const SourceQueries queries = planted_queries(4000);
  const SourceGate free = fit_gate(queries, {.nonnegative = false, .smoothness = 0.01F}, {});
  EXPECT_NEAR(free.weight(0, 0), 1.5, 0.12);
  EXPECT_NEAR(free.weight(1, 0), 0, 0.08);
  EXPECT_NEAR(free.weight(0, 40), 0, 0.08);
  EXPECT_NEAR(free.weight(1, 40), 0.8, 0.1);
  EXPECT_NEAR(free.weight(2, 0), -0.4, 0.1);
  const StratumRecords records = check_gate(queries, {.nonnegative = false, .smoothness = 0.01F}, {});
  EXPECT_EQ(records[0].queries, 2000u);
  EXPECT_EQ(records[3].queries, 2000u);
  EXPECT_EQ(records[1].queries, 0u);
  EXPECT_GT(records[0].better, records[3].better) << "scores of 1.5 say more than of 0.8";
  EXPECT_GT(records[3].better, 0.6);
  EXPECT_GT(records[0].first_tenth, records[3].first_tenth);
  const SourceGate positive = fit_gate(queries, {.nonnegative = true, .smoothness = 0.01F}, {});
  EXPECT_EQ(positive.weight(2, 0), 0) << "speaks against, so it is left out";
  EXPECT_NEAR(positive.weight(0, 0), 1.4, 0.2);
  const SourceGate same = fit_gate(queries, {.smoothness = 1e8F}, {});
  EXPECT_NEAR(same.weight(0, 0), same.weight(0, 40), 1e-3);
  const std::vector<std::size_t> second = {1};
  EXPECT_NEAR(fit_gate(queries.select(second), {.smoothness = 0.01F}, {}).weight(0, 40), 0.75, 0.15);
  EXPECT_EQ(fit_gate({.sources = 2}, {}, {}).weight(1, 9), 1) << "nothing to learn from";
}

TEST(ContentMap, IsTheRidgeSolution) {
  constexpr std::size_t kItems = 23, kDim = 5;
  Rng rng(7);
  Matrix x(kItems, kDim + 1), y(kItems, 3);
  for (std::size_t i = 0; i + 1 < kItems; ++i) {  // the last item has no content
    for (float& value : x[i].first(kDim)) value = rng.uniform() < 0.5 ? 0 : static_cast<float>(rng.normal());
    for (float& value : y[i]) value = static_cast<float>(rng.normal());
  }
  const float lambda = 0.7F;
  x[0][kDim] = 1;  // no other item has it
  const ContentMap map = ContentMap::fit(sparse_rows(x), y, lambda, {});
  const Matrix mapped = map.map(sparse_rows(x), {});
  EXPECT_TRUE(is_zero(mapped[kItems - 1]));
  std::vector<double> known;
  for (std::size_t i = 0; i < kItems; ++i) {
    if (!is_zero(x[i].first(kDim))) known.push_back(static_cast<double>(i));
  }
  // The gradient of the loss at the solution: sum_i e_i = 0 and X^T E + lambda W = 0 with e_i = b + W^T x_i - y_i. W from
  // the differences of what e_c and 2 e_c are mapped to.
  Matrix units(2 * kDim + 1, kDim + 1);
  for (std::size_t c = 0; c < kDim; ++c) {
    units[c][c] = 1;
    units[kDim + c][c] = 2;
  }
  units[2 * kDim][kDim] = 1;
  const Matrix columns = map.map(sparse_rows(units), {});
  EXPECT_TRUE(is_zero(columns[2 * kDim])) << "what one item alone has says nothing of others";
  for (std::size_t f = 0; f < 3; ++f) {
    double errors = 0;
    for (const double i : known)
      errors +=
          static_cast<double>(mapped[static_cast<std::size_t>(i)][f] - y[static_cast<std::size_t>(i)][f]);
    EXPECT_NEAR(errors, 0, 0.02);
    for (std::size_t c = 0; c < kDim; ++c) {
      double gradient =
          static_cast<double>(lambda) * static_cast<double>(columns[kDim + c][f] - columns[c][f]);
      for (const double at : known) {
        const auto i = static_cast<std::size_t>(at);
        gradient += static_cast<double>(x[i][c]) * static_cast<double>(mapped[i][f] - y[i][f]);
      }
      EXPECT_NEAR(gradient, 0, 0.02);
    }
  }
}

TEST(Sources, AreReadAndWritten) {
  const auto sources =
      parse_sources(" tfidf ; brand: attributes fields=brand; attributes fields=tags;map factors=8");
  ASSERT_EQ(sources.size(), 4u);
  EXPECT_EQ(sources[0], (SourceSpec{"tfidf", "tfidf", {}}));
  EXPECT_EQ(sources[1], (SourceSpec{"brand", "attributes", {{"fields", "brand"}}}));
  EXPECT_EQ(sources[2].name, "tags");
  EXPECT_EQ(sources[3].params.at("factors"), "8");
  EXPECT_EQ(parse_sources(to_string(sources)), sources);
  const auto towers = parse_sources("two-tower content='tfidf fields=title; attributes' epochs=3; map");
  ASSERT_EQ(towers.size(), 2u);
  EXPECT_EQ(towers[0].params.at("content"), "tfidf fields=title; attributes");
  EXPECT_EQ(towers[0].params.at("epochs"), "3");
  EXPECT_EQ(parse_sources(to_string(towers)), towers);
  for (const char* const wrong :
       {"", " ; ", "tfidf; tfidf", "fields=title", "brand:", "tfidf title", "two-tower content='tfidf"})
    EXPECT_THROW(parse_sources(wrong), Error) << wrong;
}

/// Users of two kinds, who buy what the words say; each item has reviews.
Dataset clicked_shop() {
  DatasetBuilder builder;
  Rng rng(5);
  for (int i = 0; i < 60; ++i) {
    const std::string id = "i" + std::to_string(i), kind = i % 2 == 0 ? "kettle" : "knife";
    builder.set_item_attribute(id, "title", kind + " " + (i % 3 == 0 ? "steel" : "glass"));
    builder.set_item_attribute(id, "brand", i % 2 == 0 ? "Acme" : "Bolt");
  }
  for (int u = 0; u < 40; ++u) {
    for (int e = 0; e < 12; ++e) {
      const auto item =
          2 * rng.below(29) + static_cast<unsigned>(u % 2);  // the last two items have no events
      builder.add_event("u" + std::to_string(u), "i" + std::to_string(item), 1, e);
    }
  }
  ImportReport report;
  return builder.build("shop", {}, report, {});
}

TEST(Fused, LearnsFromEventsThatItsInnerSourcesHaveNotSeen) {
  const Dataset data = clicked_shop();
  const auto held = hold_out_queries({data, data.events}, {});
  ASSERT_TRUE(held.has_value());
  EXPECT_EQ(held->cold.size() + held->warm.size() + held->data.dataset.events.size(), data.events.size());
  std::vector<int> left(data.n_items(), 0);
  for (const Event& event : held->data.dataset.events) ++left[event.item];
  for (const Event& event : held->cold) EXPECT_EQ(left[event.item], 0);
  EXPECT_GT(held->cold.size(), data.events.size() / 10);

  const Fused::Config config{
      .sources = "tfidf fields=title; brand: attributes fields=brand; svd factors=4; map factors=8",
      .queries = 50,
      .negatives = 10};
  int asked = 0;
  const OtherSource others = [&](const SourceSpec& source, const TrainingData& training,
                                 const FitContext&) -> std::optional<OtherVectors> {
    EXPECT_EQ(source.kind, "svd");
    if (asked++ == 0) {
      EXPECT_EQ(training.events.size(), held->data.dataset.events.size()) << "the inner fit comes first";
    }
    Matrix vectors(data.n_items(), 2);
    for (const Event& event : training.events) vectors[event.item][event.item % 2] = 1;
    return OtherVectors{std::move(vectors), true};
  };
  const auto model = Fused::fit({data, data.events}, config, {}, others);
  EXPECT_EQ(asked, 2);
  const auto& fused = dynamic_cast<const Fused&>(*model);
  ASSERT_EQ(fused.sources().size(), 4u);
  EXPECT_EQ(fused.sources()[3].name, "map");
  EXPECT_FALSE(fused.sources()[2].feeds_map) << "what users did is no content";
  const idx_t cold = data.items.at("i58", "item");
  EXPECT_FALSE(fused.sources()[2].has_row(cold));
  EXPECT_TRUE(fused.sources()[3].has_row(cold));
  std::vector<float> scores(data.n_items());
  const std::vector<idx_t> history = {data.items.at("i0", "item"), data.items.at("i2", "item")};
  ASSERT_TRUE(model->score_all({.history = history}, scores));
  EXPECT_GT(scores[cold], scores[data.items.at("i59", "item")]);

  const TempDir dir;
  TensorWriter writer("model");
  model->save(writer);
  writer.write(dir / "m");
  const auto loaded = Fused::load(TensorReader(dir / "m"), 0, data.n_event_items());
  std::vector<float> again(data.n_items());
  ASSERT_TRUE(loaded->score_all({.history = history}, again));
  EXPECT_EQ(again, scores);
  EXPECT_EQ(loaded->similar(history[0], 7), model->similar(history[0], 7));
  ASSERT_EQ(loaded->embedding_dim(), model->embedding_dim());
  EXPECT_TRUE(std::ranges::equal(loaded->embeddings()[cold], model->embeddings()[cold]));

  AttributeTable table;
  table.column("title").push_back("glass kettle");
  const ItemContent fresh(std::move(table), 1);
  const std::vector<Scored> near = loaded->similar_to(fresh, 5).at(0);
  ASSERT_EQ(near.size(), 5u);
  for (const Scored& item : near)
    EXPECT_TRUE(contains(data.item_attributes.get("title", item.idx), "kettle"));
  float sum = 0;
  const std::vector<idx_t> first = {near[0].idx};
  const auto& again_fused = dynamic_cast<const Fused&>(*loaded);
  const std::vector<SourceShare> shares = again_fused.shares_to(fresh, 0, first).at(0);
  for (const SourceShare& share : shares) {
    sum += share.adds();
    EXPECT_EQ(share.known, share.source == "tfidf" || share.source == "map") << share.source;
  }
  EXPECT_NEAR(sum, near[0].score, 1e-5);
  EXPECT_EQ(again_fused.similar_to_text("glass kettle", 5), near) << "no brand is called so";
  const std::vector<Scored> bolts = again_fused.similar_to_text("Bolt", 5);
  ASSERT_EQ(bolts.size(), 5u);
  for (const Scored& item : bolts) EXPECT_EQ(data.item_attributes.get("brand", item.idx), "Bolt");
  EXPECT_TRUE(again_fused.similar_to_text("zebra", 5).empty());
  EXPECT_TRUE(again_fused.reads(false));
  EXPECT_FALSE(again_fused.reads(true));
  for (const SourceShare& source : again_fused.sources_of(fresh, 0))
    EXPECT_EQ(source.known, source.source == "tfidf" || source.source == "map") << source.source;
  EXPECT_EQ(again_fused.records()[0].queries, 50u);
  EXPECT_GT(again_fused.records()[0].better, 0.6) << "half of the shop is of the user's kind";
  EXPECT_NEAR(again_fused.records()[0].better, fused.records()[0].better, 1e-6);
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage,
                                  [&] {
                                    Fused::fit({data, data.events}, {.sources = "tfdf"}, {});
                                  }),
                       "did you mean tfidf?"));
}

TEST(Fused, WeightsAreLearnedAmongItemsThatSomebodyChose) {
  const Dataset data = clicked_shop();
  const SplitDataset outer =
      split_dataset(data, {.holdout = Holdout::kColdItems, .fraction = 0.4, .seed = 2});
  const TrainingData training = outer.training_data();
  const auto held = hold_out_queries(training, {});
  ASSERT_TRUE(held.has_value());
  // Items whose events are all in the test set: the source has no vector of them, so that it would say 0 of them.
  std::vector<std::vector<float>> vectors(data.n_items(), {0});
  for (const Event& event : training.events) vectors[event.item] = {event.item % 2 == 0 ? 1.0F : -2.0F};
  const SourceQueries queries =
      ask_queries({given("kinds", vectors)}, *held, {.queries = 40, .negatives = 20}, {});
  EXPECT_GT(queries.by_stratum()[0], 20u);
  EXPECT_EQ(std::ranges::count(queries.scores, 0.0F), 0);
}

TEST(Fused, TowersPlaceNewItems) {
  const Dataset data = clicked_shop();
  const OtherSource others = [](const SourceSpec&, const TrainingData& training,
                                const FitContext& context) -> std::optional<OtherVectors> {
    TwoTower::Config config;
    config.content = "tfidf fields=title";
    config.factors = 8;
    config.epochs = 5;
    config.batch_size = 64;
    config.negatives = 16;
    config.dropout = 0.2F;
    config.id_dropout = 1;
    const auto model = TwoTower::fit(training, config, context);
    const auto& towers = dynamic_cast<const TowerModel&>(*model);
    return OtherVectors{towers.embeddings().resized(training.source.n_items(), towers.embedding_dim()), true,
                        towers.tower()};
  };
  const auto model = Fused::fit(
      {data, data.events}, {.sources = "brand: attributes fields=brand; two-tower", .learn_weights = false},
      {}, others);
  const TempDir dir;
  TensorWriter writer("model");
  model->save(writer);
  writer.write(dir / "m");
  const auto loaded = Fused::load(TensorReader(dir / "m"), 0, data.n_event_items());
  const auto& fused = dynamic_cast<const Fused&>(*loaded);
  const FusedSource& towers = fused.sources()[1];
  AttributeTable table;  // of an item of the catalogue: its vector has to be the same
  table.column("title").push_back(std::string(data.item_attributes.get("title", 0)));
  const ItemContent fresh(std::move(table), 1);
  const Csr row = towers.rows_of(fresh, {});
  ASSERT_EQ(row.row_size(0), towers.dim());
  for (std::size_t f = 0; f < towers.dim(); ++f)
    EXPECT_NEAR(row.values_of(0)[f], towers.vectors->item_vectors()[0][f], 1e-5);
  const std::vector<SourceShare> sources = fused.sources_of(fresh, 0);
  EXPECT_FALSE(sources[0].known);
  EXPECT_TRUE(sources[1].known);
  for (const Scored& item : fused.similar_to_text("glass kettle", 5))
    EXPECT_TRUE(contains(data.item_attributes.get("title", item.idx), "kettle"));
  EXPECT_EQ(fused.similar_to(fresh, 5), model->similar_to(fresh, 5));
}

TEST(Fused, TextsAndPicturesFindItemsInOneSpace) {
  const TempDir dir;
  DatasetBuilder builder;
  for (int i = 0; i < 12; ++i) {  // kettles and knives, of each half red and half blue
    const std::string id = "i" + std::to_string(i);
    Picture picture(8, 8);
    for (std::size_t p = i % 2 == 0 ? 0 : 2; p < picture.rgb.size(); p += 3)
      picture.rgb[p] = static_cast<std::uint8_t>(200 + i);
    save_png(picture, dir / (id + ".png"));
    builder.set_item_attribute(id, "title", i < 6 ? "kettle" : "knife");
    builder.set_item_attribute(id, "image", dir / (id + ".png"));
    builder.add_event("u" + std::to_string(i % 3), id, 1, i);
  }
  ImportReport report;
  Dataset data = builder.build("shop", {}, report, {});
  data.item_attributes.set_type("image", {AttributeType::Kind::kPicture});
  const Fused::Config config{
      .sources = "tfidf fields=title; image features=pixels width=8 height=8 center=true",
      .learn_weights = false};
  const auto model = Fused::fit({data, data.events}, config, {});
  const auto& fused = dynamic_cast<const Fused&>(*model);
  EXPECT_TRUE(fused.reads(true) && fused.reads(false));
  const auto ids = [&](const std::vector<Scored>& list) {
    std::vector<idx_t> result;
    for (const Scored& entry : list) result.push_back(entry.idx);
    return result;
  };
  for (const idx_t item : ids(fused.similar_to_text("red kettle", 6))) EXPECT_LT(item, 6u);
  for (const idx_t item : ids(fused.similar_to_picture(dir / "i3.png", 6))) EXPECT_EQ(item % 2, 1u);
  EXPECT_TRUE(fused.similar_to_picture(dir / "none.png", 3).empty());
  // With both, each says its part: the first are red kettles.
  AttributeTable table;
  table.column("title").push_back("kettle");
  table.column("image").push_back(dir / "i0.png");
  table.set_type("image", {AttributeType::Kind::kPicture});
  for (const idx_t item : ids(fused.similar_to(ItemContent(std::move(table), 1), 3).at(0)))
    EXPECT_TRUE(item < 6 && item % 2 == 0) << item;
}

TEST(NeighborSmoothing, DrawsVectorsTowardsThoseOfLikeContent) {
  // Contents: 0 and 1 are alike, 2 is a little like 0, 3 is like nothing; item 1 has no vector.
  const Csr content = sparse_rows(matrix({{1, 0, 0.2F}, {1, 0, 0}, {0, 1, 0.2F}, {0, 0, 0}}));
  const std::vector<char> among = {1, 0, 1, 1};
  const Csr graph = nearest_by_content(content, among, 1, {.threads = 3});
  ASSERT_EQ(graph.rows(), 4u);
  EXPECT_EQ(graph.indices, (std::vector<idx_t>{2, 0, 0}));
  EXPECT_EQ(graph.row_size(3), 0u);
  const Matrix smooth = smooth_by_neighbors(matrix({{1, 0}, {0, 0}, {0, 1}, {0, 2}}), graph, 0.25F, 1, {});
  const double length = std::sqrt(0.75 * 0.75 + 0.25 * 0.25);
  EXPECT_NEAR(smooth[0][0], 0.75 / length, 1e-6);
  EXPECT_NEAR(smooth[0][1], 0.25 / length, 1e-6);
  EXPECT_NEAR(smooth[1][0], 1, 1e-6) << "the mean of its neighbors";
  EXPECT_NEAR(smooth[2][0], 0.25 / length, 1e-6);
  EXPECT_NEAR(smooth[3][1], 1, 1e-6) << "length 1";
  const Matrix more = smooth_by_neighbors(matrix({{1, 0}, {0, 0}, {0, 1}, {0, 2}}), graph, 0.25F, 2, {});
  EXPECT_LT(more[0][0], smooth[0][0]);
}

}  // namespace
}  // namespace akin
