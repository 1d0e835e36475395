#include "akin/encode/pretrained_encoder.h"

#include <gtest/gtest.h>

#include "akin/base/error_for_test.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/encode/content_for_test.h"
#include "akin/encode/encoders.h"
#include "akin/text/bert/import.h"

namespace akin {
namespace {

/// The tiny model of tests/reference/bert.py in a file, as `akin encoder import` writes it.
class Pretrained : public testing::Test {
 protected:
  Pretrained() : file_(dir_ / "tiny.enc"), content_(test::shelf_content()), items_(test::first_items(6)) {
    write(PretrainedEncoder({"title"}, bert::import_model(AKIN_SOURCE_DIR "/tests/reference/bert/mean")),
          file_);
  }
  static std::string write(const ContentEncoder& encoder, const std::string& path) {
    TensorWriter writer("encoder");
    const std::string hash = write_encoder(writer, "encoder", encoder);
    writer.write(path);
    return hash;
  }
  std::unique_ptr<ContentEncoder> fit(const std::function<void(PretrainedEncoder::Config&)>& change =
                                          [](auto&) {}) {
    PretrainedEncoder::Config config;
    config.file = file_;
    change(config);
    return PretrainedEncoder::fit({content_, items_}, config, {});
  }
  TempDir dir_;
  std::string file_;
  ItemContent content_;
  std::vector<idx_t> items_;
};

TEST_F(Pretrained, EncodesTheTextsOfTheFields) {
  const auto titles = fit(), both = fit([](auto&config) { config.fields = "title,brand"; });
  const Matrix vectors = titles->encode(content_, {});
  EXPECT_EQ(titles->fields(), std::vector<std::string>{"title"});
  EXPECT_FALSE(is_zero(vectors[0]));
  EXPECT_TRUE(is_zero(vectors[4]));  // no title
  const ItemContent joined = text_content("steel kettle Acme", titles->fields());
  EXPECT_TRUE(std::ranges::equal(both->encode(content_, {})[0], titles->encode(joined, {})[0]));
}

TEST_F(Pretrained, WhitenedVectorsComeBackFromAFile) {
  const auto fitted = fit([](auto& config) {
    config.whiten = true;
    config.precision = "bf16";
  });
  const std::string path = dir_ / "whitened.enc", hash = write(*fitted, path);
  const auto read = read_encoder(TensorReader(path), "encoder");
  EXPECT_EQ(write(*read, dir_ / "again.enc"), hash);
  const Matrix a = fitted->encode(content_, {}), b = read->encode(content_, {}),
               raw = fit()->encode(content_, {});
  EXPECT_TRUE(std::ranges::equal(a[0], b[0]));
  EXPECT_FALSE(std::ranges::equal(a[0], raw[0]));
  EXPECT_TRUE(is_zero(a[4]));
  // A file that was fitted already is not fitted again.
  file_ = path;
  EXPECT_TRUE(contains(message_of(ErrorCode::kBadData, [&] { fit(); }), "was fitted to items"));
}

TEST_F(Pretrained, NamesWhatIsWrong) {
  const auto error = [&](ErrorCode code, const std::function<void(PretrainedEncoder::Config&)>& change) {
    return message_of(code, [&] { fit(change); });
  };
  EXPECT_TRUE(
      contains(error(ErrorCode::kUsage, [](auto& config) { config.file = ""; }), "akin encoder import"));
  EXPECT_TRUE(contains(error(ErrorCode::kUsage, [](auto& config) { config.precision = "int4"; }),
                       "'int4' is no precision"));
  EXPECT_TRUE(
      contains(error(ErrorCode::kBadData, [](auto& config) { config.fields = "titel"; }), "did you mean"));
}

}  // namespace
}  // namespace akin
