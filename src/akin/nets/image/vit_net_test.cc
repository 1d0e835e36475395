// Tiny vision transformers with random weights, computed by transformers: tests/reference/vit.py made them.
#include "akin/nets/image/vit_net.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "akin/base/error_for_test.h"
#include "akin/base/io.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/base/text.h"
#include "akin/nets/image/import.h"

namespace akin::nets {
namespace {

using nlohmann::json;

const std::string kFolder = AKIN_SOURCE_DIR "/tests/reference/vit/";
constexpr std::array<const char*, 4> kModels = {"clip", "siglip", "dinov2", "dinov2-swiglu"};

const json& expected() {
  static const json kExpected = json::parse(read_file(kFolder + "expected.json"));
  return kExpected;
}

Context context_of(int threads) {
  Context context;
  context.threads = threads;
  return context;
}

/// pixel() of vit.py.
std::vector<Picture> pictures(int side, int count = 2) {
  std::vector<Picture> all;
  for (int k = 0; k < count; ++k) {
    Picture picture(side, side);
    for (int at = 0; at < 3 * side * side; ++at) {
      const int c = at % 3, x = at / 3 % side, y = at / 3 / side;
      picture.rgb[static_cast<std::size_t>(at)] =
          static_cast<std::uint8_t>((31 * k + 7 * y * (c + 1) + 5 * x * x + 3 * y * x) % 256);
    }
    all.push_back(std::move(picture));
  }
  return all;
}

std::vector<float> numbers(const Matrix& matrix) {
  std::vector<float> all;
  for (std::size_t r = 0; r < matrix.rows(); ++r) all.insert(all.end(), matrix[r].begin(), matrix[r].end());
  return all;
}

/// That a layer's rows are those of transformers.
void expect_rows(const ImageNet& net, const std::string& layer, const json& rows) {
  const auto count = rows.size();
  const std::vector<Picture> shown = pictures(net.input_size(), static_cast<int>(count));
  const Matrix found = net.features(shown, net.find_layer(layer), Pooling::kFlatten, context_of(1));
  for (std::size_t r = 0; r < count; ++r) {
    const auto row = rows[r].get<std::vector<float>>();
    ASSERT_EQ(row.size(), found.cols());
    for (std::size_t c = 0; c < row.size(); ++c)
      ASSERT_NEAR(found[r][c], row[c], 1e-5F * std::max(1.0F, std::abs(row[c])))
          << net.name() << " " << layer << " " << r << " " << c;
  }
}

TEST(VitNetTest, GivesTheNumbersOfTransformers) {
  for (const char* model : kModels) {
    const ImageNet net = import_image_net(kFolder + model);
    for (const auto& [layer, rows] : expected()[model].items()) {
      if (const std::size_t of = layer.find(" of "); of != std::string::npos)
        expect_rows(import_image_net(kFolder + model, {.size = std::stoi(layer.substr(of + 4))}),
                    layer.substr(0, of), rows);
      else
        expect_rows(net, layer, rows);
    }
  }
}

TEST(VitNetTest, SavedAndReadBackAndTheSameBitsAtAnyNumberOfThreads) {
  const TempDir folder;
  for (const char* model : kModels) {
    const ImageNet net = import_image_net(kFolder + model, {.license = "CC0-1.0"});
    save_image_net(net, folder / "net.enc");
    const ImageNet back = load_image_net(folder / "net.enc");
    EXPECT_EQ(back.summary(), net.summary());
    EXPECT_EQ(back.manifest(), net.manifest());
    EXPECT_TRUE(contains(net.manifest(), "\"license\":\"CC0-1.0\"")) << net.manifest();
    const std::vector<Picture> shown = pictures(37, 47);
    const std::size_t last = net.find_layer("");
    const std::vector<float> one = numbers(net.features(shown, last, Pooling::kAverage, context_of(1)));
    EXPECT_EQ(numbers(back.features(shown, last, Pooling::kAverage, context_of(3))), one);
    const Matrix alone = net.features(std::span(shown).last(1), last, Pooling::kAverage, context_of(1));
    EXPECT_EQ(numbers(alone),
              std::vector<float>(one.end() - static_cast<std::ptrdiff_t>(alone.cols()), one.end()));
    // Rounded weights give nearly the same.
    const Matrix rounded = load_image_net(folder / "net.enc", NetPrecision::kBfloat16)
                               .features(shown, last, Pooling::kAverage, context_of(1));
    double product = 0, first = 0, second = 0;
    for (std::size_t i = 0; i < one.size(); ++i) {
      const double a = one[i], b = rounded[i / rounded.cols()][i % rounded.cols()];
      product += a * b;
      first += a * a;
      second += b * b;
    }
    EXPECT_GT(product / std::sqrt(first * second), 0.999) << model;
    EXPECT_NE(numbers(rounded), one);
  }
}

TEST(VitNetTest, LayersAndPictures) {
  const ImageNet clip = import_image_net(kFolder + "clip"), dino = import_image_net(kFolder + "dinov2");
  EXPECT_EQ(clip.summary(), "clip, 2 blocks of 20, 16 patches of 7 x 7 pixels, 9148 parameters, no head");
  EXPECT_EQ(clip.layers()[clip.find_layer("")].name, "projection");
  EXPECT_EQ(clip.layers()[clip.find_layer("conv:1")].name, "patches");
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { clip.find_layer("norm"); }),
                       "there are: patches, block1, block2, class, projection"));
  // Both crop 28 of the shorter side, which is resized to 28 and 32.
  EXPECT_EQ(clip.preprocessing().square.resized, 28);
  EXPECT_EQ(dino.preprocessing().square.resized, 32);
  EXPECT_EQ(import_image_net(kFolder + "dinov2", {.size = 14}).preprocessing().square.resized, 16);
  const Preprocessing stretched = import_image_net(kFolder + "siglip").preprocessing();
  EXPECT_EQ(stretched.square.fit, Fit::kStretch);
  EXPECT_EQ(stretched.square.filter, Filter::kBicubic);
  EXPECT_FLOAT_EQ(stretched.mean[2], 0.41F * 255);
}

TEST(VitNetTest, PositionsKeepTheirMeanAndAreThoseOfTheirSize) {
  const Matrix positions = Matrix::normal(9, 5, 1, 3);
  EXPECT_EQ(numbers(resized_positions(positions, 3)), numbers(positions));
  Matrix level(9, 5);
  for (std::size_t r = 0; r < 9; ++r) std::ranges::fill(level[r], 2.5F);
  for (const float value : numbers(resized_positions(level, 7))) EXPECT_NEAR(value, 2.5F, 1e-6);
}

/// A copy of a model with one value of a JSON file changed.
std::string fault(const char* model, const std::string& file, const json& changes,
                  ErrorCode code = ErrorCode::kBadData) {
  const TempDir dir;
  std::filesystem::copy(kFolder + model, dir / "m", std::filesystem::copy_options::recursive);
  if (changes.is_null()) {
    std::filesystem::remove(dir / ("m/" + file));
  } else {
    json object = json::parse(read_file(dir / ("m/" + file)));
    object.merge_patch(changes);
    write_file(dir / ("m/" + file), object.dump());
  }
  return message_of(code, [&] { import_image_net(dir / "m"); });
}

TEST(VitNetTest, FaultsOfFoldersAreNamed) {
  const auto expect = [](const std::string& message, const std::string& part) {
    EXPECT_TRUE(contains(message, part)) << message;
  };
  const std::string config = "config.json", pictures_file = "preprocessor_config.json";
  expect(fault("dinov2", config, {{"model_type", "vit_mae"}}),
         "model_type is vit_mae; akin computes the vision transformers of CLIP");
  expect(fault("dinov2", config, {{"hidden_act", "relu"}}), "hidden_act is relu");
  expect(fault("dinov2", config, {{"num_attention_heads", 3}}), "3 heads do not divide a size of 20");
  expect(fault("dinov2", config, {{"num_hidden_layers", 3}}),
         "it has no tensor encoder.layer.2.norm1.weight");
  expect(fault("dinov2", config, {{"num_hidden_layers", 1}}),
         "config.json does not say what its tensor encoder.layer.1.");
  expect(fault("dinov2", config, {{"image_size", 35}}),
         "embeddings.position_embeddings has the shape (1, 17, 20), and config.json says (1, 26, 20)");
  expect(fault("clip", config, {{"projection_dim", 13}}), "visual_projection.weight has the shape (12, 20)");
  expect(fault("clip", config, {{"vision_config", nullptr}}), "there is no vision_config");
  expect(fault("clip", config, {{"vision_config", {{"image_size", 6}}}}),
         "the patch is larger than the picture");
  expect(fault("siglip", pictures_file, {{"resample", 1}}),
         "resample is 1, neither 2 (bilinear) nor 3 (bicubic)");
  expect(fault("siglip", pictures_file, {{"size", {{"width", 29}}}}), "height and width differ");
  expect(fault("siglip", pictures_file, {{"image_std", {1, 0, 1}}}), "image_std is out of range");
  expect(fault("clip", pictures_file, {{"size", {{"shortest_edge", 21}}}}),
         "crop_size 28 is larger than size 21");
  expect(
      fault("clip", pictures_file, {{"size", {{"shortest_edge", 30}}}, {"crop_size", 30}}, ErrorCode::kUsage),
      "30 pixels are not cut into up to 128 x 128 patches of 7");
  expect(fault("clip", config, nullptr, ErrorCode::kNotFound), "config.json: is not there");
  expect(fault("clip", "model.safetensors", nullptr, ErrorCode::kNotFound),
         "model.safetensors: is not there");
  expect(
      message_of(ErrorCode::kUsage, [] { import_image_net(kFolder + "clip", {.architecture = "dinov2"}); }),
      "holds clip, not dinov2");
}

}  // namespace
}  // namespace akin::nets
