#include "akin/encode/image_cnn.h"

#include <gtest/gtest.h>

#include "akin/base/error_for_test.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/image/decode.h"
#include "akin/nets/image/image_net_parts.h"
#include "akin/nets/image/import.h"

namespace akin {
namespace {

/// 24 pictures of stripes, upright or level.
class ImageCnnTest : public testing::Test {
 protected:
  ImageCnnTest() {
    for (const char* name : {"upright", "level"}) data_.classes.add(name);
    for (int i = 0; i < 24; ++i) {
      Picture picture(16, 16);
      for (int y = 0; y < 16; ++y) {
        for (int x = 0; x < 16; ++x) {
          const bool light = ((i % 2 == 0 ? x : y) + i / 2) / (2 + i % 3) % 2 == 0;
          std::fill_n(picture.at(x, y), 3, light ? 230 : 20 + 5 * i);
        }
      }
      const std::string path = dir_ / (std::to_string(i) + ".png");
      save_png(picture, path);
      data_.texts.push_back(path);
      data_.labels.push_back(static_cast<idx_t>(i % 2));
    }
  }
  static ImageCnn::Config config() {
    ImageCnn::Config config;
    config.size = 16;
    config.width = 4;
    config.stages = 2;
    config.batch_size = 6;
    config.epochs = 6;
    config.shift = 1;
    config.crop = 0.1F;
    config.learning_rate = 0.05F;
    return config;
  }
  Matrix told_by(const TextModel& model) const {
    const std::vector<std::string_view> paths(data_.texts.begin(), data_.texts.end());
    return model.predict(paths, {});
  }
  static std::vector<float> numbers(const Matrix& matrix) {
    std::vector<float> all;
    for (std::size_t r = 0; r < matrix.rows(); ++r) all.insert(all.end(), matrix[r].begin(), matrix[r].end());
    return all;
  }
  std::unique_ptr<TextModel> stored(const TextModel& model) const {
    TensorWriter writer("image");
    model.save(writer, "image");
    writer.write(dir_ / "m.image");
    return ImageCnn::load(TensorReader(dir_ / "m.image"), "image");
  }

  TempDir dir_;
  LabelledTexts data_;
};

TEST_F(ImageCnnTest, LearnsTheSameAtAnyNumberOfThreadsAndIsStored) {
  const auto model = ImageCnn::fit({data_}, config(), {.threads = 1});
  const Matrix told = told_by(*model);
  int right = 0;
  for (std::size_t i = 0; i < 24; ++i) right += told[i][data_.labels[i]] > 0.5F ? 1 : 0;
  EXPECT_GE(right, 22);
  EXPECT_EQ(numbers(told_by(*ImageCnn::fit({data_}, config(), {.threads = 3}))), numbers(told));
  EXPECT_EQ(numbers(told_by(*stored(*model))), numbers(told));
  const std::string_view missing = "nowhere.png";
  EXPECT_EQ(numbers(model->predict({&missing, 1}, {})), (std::vector<float>{0.5F, 0.5F}));
}

/// A fit that is cancelled continues to the same bits.
TEST_F(ImageCnnTest, ResumesFromItsCheckpoint) {
  ImageCnn::Config whole = config();
  whole.epochs = 3;
  whole.balance = true;
  const Matrix expected = told_by(*ImageCnn::fit({data_}, whole, {}));
  TextFitInput input{
      .texts = data_, .checkpoint = dir_ / "c.net", .resume = true, .identity = {{"seed", "42"}}};
  std::stop_source stop;
  Context context;
  context.stop = stop.get_token();
  int epochs = 0;
  context.on_progress = [&](const Progress& progress) {
    if (progress.phase.starts_with("epoch 2") && ++epochs == 2) stop.request_stop();
  };
  EXPECT_THROW(ImageCnn::fit(input, whole, context), Error);
  EXPECT_EQ(numbers(told_by(*ImageCnn::fit(input, whole, {}))), numbers(expected));
}

TEST_F(ImageCnnTest, FrozenLayersKeepTheirBits) {
  ImageCnn::Config first = config();
  first.blocks = 2;
  first.epochs = 1;
  const auto base = ImageCnn::fit({data_}, first, {});
  nets::save_image_net(static_cast<const ImageCnn&>(*base).net(), dir_ / "base.enc");
  const nets::ImageNetParts before = static_cast<const ImageCnn&>(*base).net().parts();
  ImageCnn::Config tuned = config();
  tuned.pretrained = dir_ / "base.enc";
  tuned.weight_decay = 0.1F;
  for (const char* freeze : {"", "stage1_block2_conv2", "0"}) {
    tuned.freeze = freeze;
    tuned.epochs = 2;
    const auto model = ImageCnn::fit({data_}, tuned, {});
    const nets::ImageNet& net = static_cast<const ImageCnn&>(*model).net();
    const std::vector<nets::OpWeights> after = net.parts().weights;
    const std::size_t head = after.size() - 1;
    const std::size_t frozen = tuned.freeze.empty()  ? head - 1
                               : tuned.freeze == "0" ? 0
                                                     : net.find_layer(freeze);
    for (std::size_t i = 1; i < after.size(); ++i) {
      bool same = after[i].bias == before.weights[i].bias;
      for (std::size_t k = 0; k < after[i].panels.inner(); ++k)
        same = same && after[i].panels.at(k, 0) == before.weights[i].panels.at(k, 0);
      if (after[i].panels.inner() > 0) {
        EXPECT_EQ(same, i <= frozen) << "freeze=" << freeze << ", layer " << i;
      }
    }
  }
  tuned.freeze = "stage2_block1_conv1";
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { ImageCnn::fit({data_}, tuned, {}); }),
                       "0 (nothing), 1 (stem)"));
}

}  // namespace
}  // namespace akin
