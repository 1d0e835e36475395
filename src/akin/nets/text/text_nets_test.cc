#include "akin/nets/text/text_nets.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/text/word_weighting.h"

namespace akin::nets {
namespace {

/// 120 texts of two classes: "red" or "blue" among other words, and a number, 3 or 7.
LabelledTexts colours() {
  LabelledTexts texts;
  for (const char* name : {"warm", "cold"}) texts.classes.add(name);
  const char* others[] = {"the", "shirt", "is", "large", "and", "cheap", "today"};
  for (std::size_t t = 0; t < 120; ++t) {
    const std::size_t words = 3 + t % 6, place = t / 2 % words;
    std::string text;
    for (std::size_t w = 0; w < words; ++w)
      text += std::string(w == place ? (t % 2 == 0 ? "red" : "blue") : others[(t * 3 + w * 5) % 7]) + " ";
    texts.texts.push_back(text);
    texts.labels.push_back(t % 2);
  }
  return texts;
}

template <typename M>
class TextNets : public testing::Test {
 protected:
  static typename M::Config config() {
    typename M::Config config;
    config.factors = 8;
    config.epochs = 40;
    config.patience = 0;
    config.optimizer = "adam";
    config.learning_rate = 0.02F;
    config.batch_size = 10;
    config.dropout = 0.1F;
    return config;
  }
  const LabelledTexts texts_ = colours();
  const std::vector<std::string_view> asked_ = {texts_.texts[0], texts_.texts[1], "what", ""};
};
using Kinds = testing::Types<TextCnn, Dcnn, TextRnn, TextLstm, TextGru, TextTransformer>;
TYPED_TEST_SUITE(TextNets, Kinds);

TYPED_TEST(TextNets, LearnsAndIsStored) {
  const auto model = TypeParam::fit({this->texts_}, this->config(), {.threads = 1});
  const Matrix told = model->predict(this->asked_, {});
  ASSERT_EQ(told.cols(), 2u);
  EXPECT_GT(told.row(0)[0], 0.8F);
  EXPECT_GT(told.row(1)[1], 0.8F);
  for (std::size_t t = 0; t < 4; ++t) EXPECT_NEAR(told.row(t)[0] + told.row(t)[1], 1, 1e-5);
  const Matrix vectors = model->vectors(this->asked_, {});
  ASSERT_EQ(vectors.cols(), model->dim());
  EXPECT_FALSE(is_zero(vectors[0]));
  EXPECT_TRUE(is_zero(vectors[2])) << "no known word";

  const TempDir dir;
  {
    TensorWriter writer("text");
    model->save(writer, "text");
    writer.write(dir / "model");
  }
  const auto again = TypeParam::load(TensorReader(dir / "model"), "text");
  EXPECT_EQ(again->classes(), (std::vector<std::string>{"warm", "cold"}));
  const Matrix told_again = again->predict(this->asked_, {});
  for (std::size_t t = 0; t < 4; ++t) EXPECT_TRUE(std::ranges::equal(told[t], told_again[t]));
}

TYPED_TEST(TextNets, PredictsNumbers) {
  LabelledTexts texts = this->texts_;
  texts.classes = {};
  for (const idx_t label : texts.labels) texts.numbers.push_back(label == 0 ? 3.0F : 7.0F);
  texts.labels.clear();
  const auto model = TypeParam::fit({texts}, this->config(), {.threads = 1});
  const Matrix told = model->predict(this->asked_, {});
  ASSERT_EQ(told.cols(), 1u);
  EXPECT_NEAR(told.row(0)[0], 3, 1.5);
  EXPECT_NEAR(told.row(1)[0], 7, 1.5);
}

/// What a net that diverges is told to set is a parameter.
TEST(TextNets, ClipsGradients) {
  LabelledTexts texts = colours();
  texts.classes = {};
  for (const idx_t label : texts.labels) texts.numbers.push_back(label == 0 ? 3.0F : 7.0F);
  texts.labels.clear();
  TextCnn::Config config;
  config.factors = 4;
  config.filters = 2;
  config.epochs = 5;
  config.optimizer = "sgd";
  config.learning_rate = 100;
  try {
    TextCnn::fit({texts}, config, {.threads = 1});
    FAIL() << "it diverges";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("set clip_norm"), std::string::npos) << error.what();
  }
  config.clip_norm = 1e-4F;
  EXPECT_NO_THROW(TextCnn::fit({texts}, config, {.threads = 1}));
}

/// Validation texts whose classes are the other way round are told best before anything is learned.
TEST(TextNets, HasTheWeightsOfTheBestEpochAndTheSameAgain) {
  const LabelledTexts texts = colours();
  LabelledTexts reversed = texts;
  for (idx_t& label : reversed.labels) label = 1 - label;
  TextCnn::Config config;
  config.factors = 8;
  config.filters = 4;
  config.epochs = 100;
  config.patience = 3;
  const std::vector<std::string_view> asked = {"a red shirt", "blue"};
  const auto fit = [&](const LabelledTexts* validation) {
    return TextCnn::fit({texts, validation}, config, {.threads = 1})->predict(asked, {});
  };
  const Matrix whole = fit(nullptr), again = fit(nullptr), stopped = fit(&reversed);
  EXPECT_GT(whole.row(0)[0], 0.9F);
  EXPECT_LT(stopped.row(0)[0], 0.8F);
  for (std::size_t t = 0; t < 2; ++t) EXPECT_TRUE(std::ranges::equal(whole[t], again[t]));
}

/// The vector of a text is what both layers say of it.
TEST(TextNets, BidirectionalReadsBothWays) {
  TextLstm::Config config;
  config.factors = 8;
  config.units = 4;
  config.epochs = 15;
  config.patience = 0;
  config.learning_rate = 0.05F;
  config.bidirectional = true;
  const LabelledTexts texts = colours();
  const auto model = TextLstm::fit({texts}, config, {.threads = 1});
  const std::vector<std::string_view> asked = {"red", "blue the shirt is large", "what"};
  const Matrix told = model->predict(asked, {});
  EXPECT_GT(told.row(0)[0], 0.6F);
  EXPECT_GT(told.row(1)[1], 0.6F);
  const Matrix vectors = model->vectors(asked, {});
  ASSERT_EQ(vectors.cols(), 8u) << "units of both layers";
  EXPECT_FALSE(std::ranges::equal(vectors[0].first(4), vectors[0].last(4)));
  EXPECT_TRUE(is_zero(vectors[2])) << "no known word";
}

TEST(TextNets, GivenVectors) {
  const LabelledTexts texts = colours();
  WordVectors words;
  words.vectors = Matrix(3, 2);
  for (const char* word : {"red", "blue", "green"}) words.ids.add(word);
  for (std::size_t r = 0; r < 3; ++r) words.vectors.row(r)[r % 2] = r == 1 ? -1.0F : 1.0F;
  words.vectors.row(1)[0] = -1;
  TextLstm::Config config;
  config.epochs = 30;
  config.patience = 0;
  config.learning_rate = 0.02F;
  config.units = 4;
  for (const char* kind : {"static", "non-static", "multichannel"}) {
    config.vectors = kind;
    const auto model = TextLstm::fit({texts, nullptr, &words}, config, {.threads = 1});
    const std::vector<std::string_view> asked = {"green"};  // in no text, but it has the vector of red
    EXPECT_FALSE(is_zero(model->vectors(asked, {})[0])) << kind;
    EXPECT_GT(model->predict(asked, {}).row(0)[0], 0.5F) << kind;
  }
  EXPECT_THROW(TextLstm::fit({texts}, config, {}), Error) << "no vectors are given";
  config.vectors = "random";
  EXPECT_THROW(TextLstm::fit({texts, nullptr, &words}, config, {}), Error);
}

}  // namespace
}  // namespace akin::nets
