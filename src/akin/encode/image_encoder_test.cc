#include "akin/encode/image_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "akin/base/error_for_test.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/encode/encoders.h"
#include "akin/encode/image_models.h"
#include "akin/encode/text_models.h"
#include "akin/image/decode.h"
#include "akin/image/item_pictures.h"
#include "akin/linalg/kernels.h"

namespace akin {
namespace {

/// Pictures with stripes, upright or level, in a colour.
class Images : public testing::Test {
 protected:
  std::string draw(const std::string& name, bool upright, int period, int red) {
    Picture picture(32, 48);
    for (int y = 0; y < picture.height; ++y) {
      for (int x = 0; x < picture.width; ++x) {
        std::uint8_t* const pixel = picture.at(x, y);
        pixel[0] = static_cast<std::uint8_t>(red);
        pixel[1] = pixel[2] = (upright ? x : y) / period % 2 == 0 ? 230 : 20;
      }
    }
    save_png(picture, dir_ / name);
    return dir_ / name;
  }
  static ItemContent content(const std::vector<std::string>& paths) {
    AttributeTable table;
    for (const std::string& path : paths) table.column("image").push_back(path);
    table.set_type("image", {AttributeType::Kind::kPicture});
    return ItemContent(std::move(table), paths.size());
  }
  static std::unique_ptr<ContentEncoder> fit(const ItemContent& items, const ImageEncoder::Config& config,
                                             const Context& context = {}) {
    std::vector<idx_t> all(items.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<idx_t>(i);
    return ImageEncoder::fit({items, all}, config, context);
  }
  static ImageEncoder::Config of(const std::string& features) {
    ImageEncoder::Config config;
    config.features = features;
    return config;
  }
  static float cosine(const Matrix& rows, std::size_t a, std::size_t b) {
    return dot(rows.row(a), rows.row(b), rows.cols());
  }

  TempDir dir_;
};

TEST_F(Images, VectorsThatAreKnownAreNotComputedAgain) {
  LabelledTexts data;
  for (int p = 0; p < 7; ++p) {
    data.texts.push_back(draw(std::to_string(p) + ".png", p % 2 == 0, 4 + p, 30 * p));
    data.labels.push_back(data.classes.add(p % 2 == 0 ? "upright" : "level"));
  }
  const ParamValues params = {{"features", "hog"}, {"center", "true"}, {"neighbors", "3"}};
  const std::vector<std::string_view> asked(data.texts.begin(), data.texts.end());
  const auto answers = [&](const TextModel& model) {
    const Matrix rows = model.predict(asked, {});
    std::vector<float> all;
    for (std::size_t r = 0; r < rows.rows(); ++r) all.insert(all.end(), rows[r].begin(), rows[r].end());
    return all;
  };
  const auto memo = std::make_shared<PictureMemo>();
  const std::vector<float> first = answers(*fit_with_memo("image-knn", {data}, params, memo, {}));
  EXPECT_EQ(first, answers(*find_text_model("image-knn").fit({data}, params, {})));
  EXPECT_NE(memo->find(data.texts[6]), nullptr);
  for (const std::string& path : data.texts) std::filesystem::remove(path);
  EXPECT_EQ(answers(*fit_with_memo("image-knn", {data}, params, memo, {})), first);
  const auto other = [&] { fit_with_memo("image-knn", {data}, {{"features", "pixels"}}, memo, {}); };
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kBadData, other), "have 1764 numbers, but these features have 576"));
}

TEST_F(Images, LikePicturesHaveLikeVectors) {
  const ItemContent items =
      content({draw("a.png", true, 8, 200), draw("b.png", true, 8, 90), draw("c.png", false, 8, 200)});
  const Matrix edges = fit(items, of("hog"))->encode(items, {});
  EXPECT_EQ(edges.cols(), 7u * 7 * 36);
  EXPECT_GT(cosine(edges, 0, 1), 0.95F) << "the same edges";
  EXPECT_GT(cosine(edges, 0, 1), cosine(edges, 0, 2) + 0.2F);
  const Matrix colours = fit(items, of("histogram"))->encode(items, {});
  EXPECT_NEAR(cosine(colours, 0, 2), 1, 1e-5) << "the same colours";
  EXPECT_LT(cosine(colours, 0, 1), 0.1F);
  const auto pixels = fit(items, of("pixels"));
  EXPECT_EQ(pixels->dim(), 12u * 16 * 3);
  EXPECT_NEAR(cosine(pixels->encode(items, {}), 0, 0), 1, 1e-5);
}

TEST_F(Images, SeveralPicturesCountAsTheirMeanAndBrokenOnesAreNamed) {
  const std::string a = draw("a.png", true, 8, 200), c = draw("c.png", false, 8, 200),
                    broken = dir_ / "broken.jpg";
  std::ofstream(broken) << "no picture";
  std::vector<std::string> remarks;
  Context context;
  context.on_remark = [&](std::string_view text) { remarks.emplace_back(text); };
  const ItemContent items = content({a, c, a + "|" + c, a + "|" + broken, broken, ""});
  ImageEncoder::Config config = of("pixels");
  const Matrix rows = fit(items, config, context)->encode(items, context);
  EXPECT_TRUE(std::ranges::equal(rows[0], rows[3]));
  EXPECT_TRUE(is_zero(rows[4]) && is_zero(rows[5]));
  EXPECT_GT(cosine(rows, 0, 2), cosine(rows, 0, 1));
  ASSERT_FALSE(remarks.empty());
  EXPECT_TRUE(contains(remarks.back(), "2 pictures cannot be read and are left out: ")) << remarks.back();
  EXPECT_TRUE(contains(remarks.back(), "broken.jpg: this is no JPEG")) << remarks.back();
}

TEST_F(Images, TheSameAtAnyNumberOfThreadsAndFromAFile) {
  const ItemContent items =
      content({draw("a.png", true, 8, 200), draw("b.png", true, 5, 90), draw("c.png", false, 8, 20)});
  ImageEncoder::Config config = of("hog");
  config.width = config.height = 16;
  config.whiten = true;
  Context one;
  one.threads = 1;
  const auto encoder = fit(items, config);
  TensorWriter writer("encoder");
  write_encoder(writer, "encoder", *encoder);
  writer.write(dir_ / "hog.enc");
  const Matrix rows = encoder->encode(items, {}),
               again = read_encoder(TensorReader(dir_ / "hog.enc"), "encoder")->encode(items, one);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(std::ranges::equal(rows[i], again[i]));
}

TEST_F(Images, WhatCannotBe) {
  const ItemContent items = content({draw("a.png", true, 8, 200)});
  ImageEncoder::Config config = of("hog");
  config.width = 60;
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { fit(items, config); }), "multiples of 8"));
  config = of("pixels");
  config.fit = "pad";
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { fit(items, config); }), "fit=pad makes squares"));
  const ItemContent none = content({"", ""});
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kBadData, [&] { fit(none, of("hog")); }), "no item has a picture"));
}

/// Enough known pictures for several tiles and queries for several blocks, none of which is there: their vectors are.
TEST_F(Images, NeighborsAreThoseOfAPlainLoop) {
  constexpr std::size_t kKnown = 307, kAsked = 71, kNeighbors = 5, kDim = 64;
  Rng rng(3);
  const auto memo = std::make_shared<PictureMemo>();
  LabelledTexts data;
  std::vector<std::vector<float>> rows;
  std::vector<std::string> asked;
  for (std::size_t i = 0; i < kKnown + kAsked; ++i) {
    std::vector<float> row(kDim);
    double square = 0;
    for (float& value : row) square += std::pow(value = static_cast<float>(rng.normal()), 2);
    for (float& value : row) value /= static_cast<float>(std::sqrt(square));
    const std::string path = dir_ / std::to_string(i);
    memo->put(path, row);
    rows.push_back(std::move(row));
    if (i >= kKnown) {
      asked.push_back(path);
      continue;
    }
    data.texts.push_back(path);
    data.labels.push_back(data.classes.add(std::to_string(i * i % 7)));
  }
  const auto model =
      fit_with_memo("image-knn", {data}, {{"features", "histogram"}, {"neighbors", "5"}}, memo, {});
  const std::vector<std::string_view> views(asked.begin(), asked.end());
  const Matrix answers = model->predict(views, {});
  for (std::size_t q = 0; q < kAsked; ++q) {
    std::vector<std::pair<double, std::size_t>> all;
    for (std::size_t k = 0; k < kKnown; ++k) {
      double product = 0;
      for (std::size_t c = 0; c < kDim; ++c)
        product += static_cast<double>(rows[k][c]) * static_cast<double>(rows[kKnown + q][c]);
      all.emplace_back(-product, k);
    }
    std::ranges::sort(all);
    std::vector<double> expected(data.classes.size());
    for (std::size_t n = 0; n < kNeighbors; ++n)
      expected[data.labels[all[n].second]] += (n == 0 ? 1.001 : 1) / (kNeighbors + 0.001);
    for (std::size_t c = 0; c < expected.size(); ++c)
      EXPECT_NEAR(answers.row(q)[c], expected[c], 1e-6) << q << ", " << c;
  }
}

TEST_F(Images, ModelsTellClasses) {
  LabelledTexts data;
  for (int n = 0; n < 12; ++n) {
    data.texts.push_back(draw("p" + std::to_string(n) + ".png", n % 2 == 0, 4 + n / 4, 20 * n));
    data.labels.push_back(data.classes.add(n % 2 == 0 ? "upright" : "level"));
  }
  const std::string fresh = draw("new.png", false, 9, 128);
  const std::string_view view = fresh;
  const auto check = [&](const TextModel& model) {
    const Matrix p = model.predict({&view, 1}, {});
    EXPECT_GT(p.row(0)[1], 0.8F) << model.name();
    EXPECT_NEAR(p.row(0)[0] + p.row(0)[1], 1, 1e-5);
  };
  const auto stored = [&](const TextModel& model) {
    TensorWriter writer("image");
    model.save(writer, "image");
    writer.write(dir_ / "m.image");
    return TensorReader(dir_ / "m.image");
  };
  ImageLinear::Config linear;
  linear.regularization = 0.1F;
  const auto trained = ImageLinear::fit({data}, linear, {});
  check(*trained);
  check(*ImageLinear::load(stored(*trained), "image"));
  ImageKnn::Config neighbors;
  neighbors.neighbors = 3;
  const auto nearest = ImageKnn::fit({data}, neighbors, {});
  check(*nearest);
  check(*ImageKnn::load(stored(*nearest), "image"));
  LabelledTexts numbers;
  numbers.texts = data.texts;
  numbers.numbers.assign(12, 1);
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { ImageKnn::fit({numbers}, neighbors, {}); }),
                       "not numbers"));
}

}  // namespace
}  // namespace akin
