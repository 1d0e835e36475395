#include "akin/text/text_linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "akin/base/error_for_test.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"

namespace akin {
namespace {

/// Each text has words of its class, and noise.
LabelledTexts made_texts(int classes, std::size_t count, std::uint64_t seed = 1) {
  LabelledTexts texts;
  Rng rng(seed);
  for (int c = 0; c < classes; ++c) texts.classes.add("class " + std::to_string(c));
  for (std::size_t i = 0; i < count; ++i) {
    const auto label = static_cast<idx_t>(rng.below(static_cast<std::uint64_t>(classes)));
    std::string text;
    for (int w = 0; w < 8; ++w) {
      const bool own = rng.uniform() < 0.4;
      text += own ? "Own" + std::to_string(label) + std::to_string(rng.below(5))
                  : "Noise" + std::to_string(rng.below(30));
      text += ' ';
    }
    texts.texts.push_back(text);
    texts.labels.push_back(label);
  }
  return texts;
}

std::vector<std::string_view> views(const LabelledTexts& texts) {
  return {texts.texts.begin(), texts.texts.end()};
}

double accuracy(const TextModel& model, const LabelledTexts& texts) {
  const Matrix p = model.predict(views(texts), {});
  double right = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_NEAR(std::accumulate(p[i].begin(), p[i].end(), 0.0), 1, 1e-5);
    right +=
        std::ranges::max_element(p[i]) - p[i].begin() == static_cast<std::ptrdiff_t>(texts.labels[i]) ? 1 : 0;
  }
  return right / static_cast<double>(texts.size());
}

void expect_same(const Matrix& a, const Matrix& b) {
  ASSERT_EQ(a.rows(), b.rows());
  for (std::size_t r = 0; r < a.rows(); ++r) EXPECT_TRUE(std::ranges::equal(a[r], b[r])) << r;
}

class TextLinearModels : public testing::TestWithParam<std::tuple<std::string, int>> {
 protected:
  TextLinear::Config config() const {
    TextLinear::Config config;
    config.loss = std::get<0>(GetParam());
    return config;
  }
  int classes() const { return std::get<1>(GetParam()); }
};

TEST_P(TextLinearModels, TellClassesOfTextsThatTheyHaveNotSeen) {
  const auto model = TextLinear::fit({made_texts(classes(), 400)}, config(), {});
  EXPECT_GT(accuracy(*model, made_texts(classes(), 300, 2)), 0.9);
  EXPECT_EQ(model->classes().size(), static_cast<std::size_t>(classes()));
}

TEST_P(TextLinearModels, ExplanationsAddUpToTheLogits) {
  const LabelledTexts texts = made_texts(classes(), 200);
  const auto model = TextLinear::fit({texts}, config(), {});
  const std::string_view text = "Own10 noise3 unknown Own10 own00";
  const Matrix p = model->predict({&text, 1}, {});
  double sum = 0;
  std::vector<double> logits;
  for (std::size_t c = 0; c < p.cols(); ++c) {
    const auto why = model->explain(text, c);
    ASSERT_TRUE(why);
    double score = why->base;
    for (const TextPart& part : why->parts) score += part.score;
    logits.push_back(score);
    sum += std::exp(score);
    EXPECT_EQ(std::ranges::count(why->parts, "Own10", &TextPart::text), 1) << "as it stands, once";
    EXPECT_EQ(std::ranges::count(why->parts, "unknown", &TextPart::text), 0);
  }
  for (std::size_t c = 0; c < logits.size(); ++c) {
    const double expected = logits.size() == 2 ? 1 / (1 + std::exp(-logits[c])) : std::exp(logits[c]) / sum;
    EXPECT_NEAR(static_cast<double>(p[0][c]), expected, 1e-5);
  }
  for (const TextPart& part : model->telling(1, 5)) EXPECT_TRUE(contains(part.text, "own1")) << part.text;
}

TEST_P(TextLinearModels, SayTheSameAfterStorageAloneAndAtAnyNumberOfThreads) {
  const LabelledTexts texts = made_texts(classes(), 200), others = made_texts(classes(), 3000, 2);
  const auto model = TextLinear::fit({texts}, config(), {.threads = 1});
  const Matrix expected = model->predict(views(others), {.threads = 1});
  expect_same(expected, model->predict(views(others), {.threads = 3}));
  expect_same(expected, TextLinear::fit({texts}, config(), {.threads = 3})->predict(views(others), {}));
  for (const std::size_t i : {0u, 1u, 2999u}) {
    const std::string_view text = others.texts[i];
    EXPECT_TRUE(std::ranges::equal(model->predict({&text, 1}, {})[0], expected[i]));
  }
  const TempDir dir;
  TensorWriter writer("text");
  model->save(writer, "m");
  writer.write(dir / "m");
  const auto loaded = TextLinear::load(TensorReader(dir / "m"), "m");
  expect_same(expected, loaded->predict(views(others), {}));
  expect_same(model->vectors(views(others), {}), loaded->vectors(views(others), {}));
  const std::string_view unknown = "nothing known";
  EXPECT_TRUE(is_zero(model->vectors({&unknown, 1}, {})[0]));
}

INSTANTIATE_TEST_SUITE_P(All, TextLinearModels,
                         testing::Combine(testing::Values("svm", "logistic", "ridge"),
                                          testing::Values(2, 4)));

TEST(TextLinear, ProbabilitiesAreThoseOfTextsItHasNotSeen) {
  const auto model = TextLinear::fit({made_texts(2, 1000)}, {}, {});
  const LabelledTexts others = made_texts(2, 2000, 2);
  const Matrix p = model->predict(views(others), {});
  double said = 0;
  for (std::size_t i = 0; i < others.size(); ++i) said += static_cast<double>(std::max(p[i][0], p[i][1]));
  EXPECT_NEAR(said / static_cast<double>(others.size()), accuracy(*model, others), 0.03);
}

TEST(TextLinear, RidgePredictsNumbersOfAnyUnit) {
  LabelledTexts texts = made_texts(2, 500);
  for (const double unit : {1e-3, 1.0, 1e6}) {
    texts.numbers.clear();
    for (const idx_t label : texts.labels)
      texts.numbers.push_back(static_cast<float>(unit * (5 + static_cast<double>(label))));
    LabelledTexts numbers = texts;
    numbers.classes = {};
    numbers.labels.clear();
    const auto model = TextLinear::fit({numbers}, {}, {});
    const Matrix predicted = model->predict(views(numbers), {});
    double squares = 0;
    for (std::size_t i = 0; i < texts.size(); ++i)
      squares += std::pow(static_cast<double>(predicted[i][0] - texts.numbers[i]) / unit, 2);
    EXPECT_LT(std::sqrt(squares / 500), 0.25) << unit;
    TextLinear::Config config;
    config.loss = "svm";
    EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [&] { TextLinear::fit({numbers}, config, {}); }),
                         "for classes"));
  }
}

TEST(TextLinear, RefusesTextsWithoutWords) {
  LabelledTexts texts = made_texts(2, 4);
  for (std::string& text : texts.texts) text = "...";
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kBadData, [&] { TextLinear::fit({texts}, {}, {}); }), "no word"));
}

}  // namespace
}  // namespace akin
