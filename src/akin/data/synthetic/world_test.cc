#include "akin/data/synthetic/world.h"

#include <gtest/gtest.h>
#include <jpeglib.h>

#include <atomic>
#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>
#include <set>

#include "akin/base/error.h"
#include "akin/base/rng.h"
#include "akin/data/synthetic/image.h"
#include "akin/data/synthetic/in_order.h"

namespace akin::synthetic {
namespace {

SyntheticConfig small_world() {
  SyntheticConfig config;
  config.users = 53;
  config.items = 211;
  config.events = 1009;
  config.categories = 7;
  config.brands = 11;
  config.styles = 5;
  return config;
}

TEST(AliasTable, DrawsByWeightAndNeverAZeroWeight) {
  const std::vector<double> weights = {3, 0, 1, 0.5, 0, 5.5, 1e-9};
  const AliasTable table(weights);
  Rng rng(7);
  std::vector<double> counts(weights.size(), 0);
  constexpr int kDraws = 200000;
  for (int n = 0; n < kDraws; ++n) ++counts[table.draw(rng)];
  for (std::size_t i = 0; i < weights.size(); ++i)
    EXPECT_NEAR(counts[i] / kDraws, weights[i] / 10, 0.005) << i;
  EXPECT_EQ(counts[1], 0);
  EXPECT_EQ(counts[4], 0);
}

TEST(SyntheticWorld, DrawsAsTheTruthSays) {
  const World world(small_world(), {.seed = 3, .threads = 1});
  const SeenItems none(world.n_items());
  for (const std::optional<idx_t> last : {std::optional<idx_t>(), std::optional<idx_t>(world.warm[5])}) {
    Rng rng(11);
    std::vector<double> frequency(world.n_items(), 0);
    constexpr int kDraws = 200000;
    for (int n = 0; n < kDraws; ++n) frequency[world.draw_next(2, last, none, rng)] += 1.0 / kDraws;
    const std::vector<double> truth = world.truth.pick_probabilities(2, last);
    double distance = 0, sum = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      if (world.truth.cold[i]) {
        EXPECT_EQ(frequency[i], 0);
        continue;
      }
      sum += truth[i];
      distance += 0.5 * std::abs(truth[i] - frequency[i]);
    }
    EXPECT_NEAR(sum, 1, 1e-6);
    EXPECT_LT(distance, 0.015);
  }
}

TEST(SyntheticWorld, SkipsSeenItemsToTheVeryLast) {
  SyntheticConfig config = small_world();
  config.items = 23;
  config.users = 3;
  config.events = 30;
  config.cold_items = 0.1f;
  const World world(config, {.seed = 5, .threads = 1});
  ASSERT_EQ(world.warm.size(), 21u);
  SeenItems seen(world.n_items());
  seen.next_user();
  std::set<idx_t> got;
  Rng rng(1);
  std::optional<idx_t> last;
  for (std::size_t n = 0; n < world.warm.size(); ++n) {
    last = world.draw_next(0, last, seen, rng);
    seen.add(*last);
    got.insert(*last);
  }
  EXPECT_EQ(got, std::set<idx_t>(world.warm.begin(), world.warm.end()));
  seen.next_user();
  EXPECT_FALSE(seen.has(*last));
}

TEST(SyntheticWorld, SharesOutExactlyTheEventsAndEveryWarmItem) {
  const World world(small_world(), {.seed = 9, .threads = 1});
  EXPECT_EQ(std::accumulate(world.user_events.begin(), world.user_events.end(), 0u), 1009u);
  std::set<idx_t> discovered;
  for (std::size_t u = 0; u < world.n_users(); ++u) {
    EXPECT_GE(world.user_events[u], 5u);
    EXPECT_LE(world.discoveries(u).size(), world.user_events[u]);
    for (const idx_t item : world.discoveries(u)) EXPECT_TRUE(discovered.insert(item).second);
  }
  EXPECT_EQ(discovered, std::set<idx_t>(world.warm.begin(), world.warm.end()));
}

TEST(SyntheticWorld, ExpectedRatingIsTheMeanOfRoundedRatings) {
  const World world(small_world(), {.seed = 3, .threads = 1});
  for (const std::size_t user : {0u, 7u, 52u}) {
    Rng rng(2, user);
    double sum = 0;
    constexpr int kDraws = 100000;
    for (int n = 0; n < kDraws; ++n) {
      const double x = world.truth.mean_rating(user, 13) + world.truth.rating_noise * rng.normal();
      sum += static_cast<double>(std::lround(std::clamp(x, 1.0, 5.0)));
    }
    EXPECT_NEAR(world.truth.expected_rating(user, 13), sum / kDraws, 0.02);
  }
}

TEST(SyntheticWords, AreSafeInJsonAndCsvAndBrandsDiffer) {
  std::set<std::string> brands;
  for (std::size_t b = 0; b < kMaxBrands; ++b) brands.insert(brand_name(b));
  EXPECT_EQ(brands.size(), std::size_t{kMaxBrands});
  std::vector<std::string> all(brands.begin(), brands.end());
  std::set<std::string> seen;
  for (const Leaf& leaf : make_leaves(kMaxCategories)) {
    all.push_back(leaf.path);
    for (const auto* list : {&leaf.nouns, &leaf.sizes, &leaf.words})
      all.insert(all.end(), list->begin(), list->end());
    EXPECT_GE(leaf.words.size(), 6u) << leaf.path;
    for (const std::string& word : leaf.words) EXPECT_TRUE(seen.insert(word).second) << word;
  }
  for (const Style& style : make_styles(kMaxStyles)) {
    for (const std::string& word : style.words) EXPECT_TRUE(seen.insert(word).second) << word;
    for (const auto* list : {&style.adjectives, &style.words})
      all.insert(all.end(), list->begin(), list->end());
  }
  for (int rating = 1; rating <= 5; ++rating) {
    for (const auto& list : {judgement_phrases(rating), judgement_words(rating), summaries(rating)}) {
      all.insert(all.end(), list.begin(), list.end());
    }
  }
  for (const std::string& text : all) {
    EXPECT_FALSE(text.empty());
    for (const char c : text) EXPECT_TRUE(c >= ' ' && c < 127 && c != '"' && c != '\\') << text;
  }
  EXPECT_EQ(make_colours(kMaxStyles).size(), kMaxStyles * kColoursPerStyle);
}

/// (size, size, 3) bytes of a JPEG; empty unless it is a square RGB picture.
std::vector<std::uint8_t> decode(const std::string& jpeg) {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(jpeg.data()), jpeg.size());
  jpeg_read_header(&info, TRUE);
  jpeg_start_decompress(&info);
  std::vector<std::uint8_t> rgb;
  if (info.output_width == info.output_height && info.output_components == 3) {
    rgb.resize(std::size_t{info.output_width} * info.output_height * 3);
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = rgb.data() + std::size_t{info.output_scanline} * info.output_width * 3;
      jpeg_read_scanlines(&info, &row, 1);
    }
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return rgb;
}

TEST(SyntheticImage, JpegShowsWhatWasDrawn) {
  SyntheticConfig config = small_world();
  config.categories = kMaxCategories;
  config.image_size = 37;
  const World world(config, {.seed = 3, .threads = 1});
  std::size_t product_pixels = 0;
  for (idx_t item = 0; item < world.n_items(); ++item) {
    const std::vector<std::uint8_t> drawn = draw_picture(world, item);
    const std::string jpeg = encode_jpeg(drawn, config.image_size);
    ASSERT_TRUE(jpeg.starts_with("\xff\xd8") && jpeg.ends_with("\xff\xd9"));
    const std::vector<std::uint8_t> decoded = decode(jpeg);
    ASSERT_EQ(decoded.size(), 37u * 37u * 3u);
    double error = 0;
    std::size_t filled = 0;
    const auto& fill = world.colours[world.truth.colour[item]].rgb;
    for (std::size_t p = 0; p < drawn.size(); p += 3) {
      double distance = 0;
      for (std::size_t c = 0; c < 3; ++c) {
        error += std::abs(drawn[p + c] - decoded[p + c]);
        distance += std::abs(drawn[p + c] - fill[c]);
      }
      filled += distance < 60;
    }
    EXPECT_LT(error / static_cast<double>(drawn.size()), 20) << world.titles[item];
    EXPECT_GT(filled, 37u * 37u / 25) << world.titles[item];
    product_pixels += filled;
  }
  EXPECT_LT(product_pixels, 37u * 37u * world.n_items() * 6 / 10);  // there is paper around them
}

TEST(SyntheticImage, CategoriesHaveDifferentShapes) {
  SyntheticConfig config = small_world();
  config.categories = kMaxCategories;
  config.items = 2000;
  config.users = 5;
  config.events = 3000;
  World world(config, {.seed = 3, .threads = 1});
  std::map<idx_t, idx_t> example;
  for (idx_t item = 0; item < world.n_items(); ++item) example.emplace(world.truth.category[item], item);
  ASSERT_EQ(example.size(), std::size_t{kMaxCategories});
  world.truth.brand.assign(world.n_items(), 0);  // the same paint on all: only the shape is left
  world.truth.colour.assign(world.n_items(), 0);
  world.brands[0].pattern = 0;
  std::set<std::vector<bool>> shapes;
  world.truth.category[0] = 0;
  for (const auto& [category, item] : example) {
    world.truth.category[0] = category;
    const std::vector<std::uint8_t> rgb = draw_picture(world, 0);  // the pose of item 0
    std::vector<bool> dark;
    for (std::size_t p = 0; p < rgb.size(); p += 3) dark.push_back(rgb[p] < 120);
    shapes.insert(dark);
  }
  EXPECT_EQ(shapes.size(), std::size_t{kMaxCategories});
}

TEST(InOrder, ConsumesInOrderAndPassesErrorsOn) {
  for (const int threads : {1, 3, 8}) {
    std::vector<std::size_t> got;
    in_order(
        101, {.threads = threads}, [](std::size_t chunk, int) { return chunk; },
        [&](std::size_t chunk) { got.push_back(chunk); });
    std::vector<std::size_t> expected(101);
    std::iota(expected.begin(), expected.end(), std::size_t{0});
    EXPECT_EQ(got, expected);
    std::atomic<int> made{0};
    const auto breaks = [&](std::size_t chunk, int) {
      ++made;
      if (chunk == 13) fail(ErrorCode::kIo, "chunk 13");
      return chunk;
    };
    got.clear();
    EXPECT_THROW(
        in_order(101, {.threads = threads}, breaks, [&](std::size_t chunk) { got.push_back(chunk); }), Error);
    EXPECT_LE(got.size(), 13u);
    EXPECT_LT(made, 40);
  }
}

}  // namespace
}  // namespace akin::synthetic
