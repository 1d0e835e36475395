#include "akin/encode/encoders.h"

#include <gtest/gtest.h>

#include "akin/base/error_for_test.h"
#include "akin/base/rng.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/encode/content_for_test.h"
#include "akin/encode/image_encoder.h"
#include "akin/encode/pretrained_encoder.h"
#include "akin/encode/text_model_encoder.h"
#include "akin/encode/text_models.h"
#include "akin/text/bert/import.h"
#include "akin/text/word_weighting.h"

namespace akin {
namespace {

WordVectors words() {
  WordVectors result;
  for (const char* const word : {"steel", "kettle", "knife", "kitchen", "bread", "Zebra", "other"})
    result.ids.add(word);
  result.vectors = Matrix(7, 5);
  Rng rng(3);
  for (std::size_t w = 0; w < 7; ++w) {
    for (float& x : result.vectors[w]) x = static_cast<float>(rng.uniform() - 0.3);
  }
  return result;
}

/// The tiny model of tests/reference/bert.py, as `akin encoder import` writes it.
const std::string& pretrained_file() {
  static const TempDir kDir;
  static const std::string kPath = [] {
    const PretrainedEncoder encoder({"title"},
                                    bert::import_model(AKIN_SOURCE_DIR "/tests/reference/bert/mean"));
    TensorWriter writer("encoder");
    write_encoder(writer, "encoder", encoder);
    writer.write(kDir / "tiny.enc");
    return kDir / "tiny.enc";
  }();
  return kPath;
}

/// A model that tells kitchens, animals and bread.
const std::string& text_file() {
  static const TempDir kDir;
  static const std::string kPath = [] {
    LabelledTexts texts;
    for (const char* const text :
         {"steel kettle", "kitchen knife", "bread", "bread knife", "zebra", "the zebra"}) {
      const char* const kind = texts.size() < 2 ? "kitchen" : texts.size() < 4 ? "bread" : "animal";
      texts.labels.push_back(texts.classes.add(kind));
      texts.texts.emplace_back(text);
    }
    StoredTextModel stored{.model = find_text_model("text-linear").fit({texts}, {}, {})};
    save_text_model(stored, kDir / "kitchen.text");
    return kDir / "kitchen.text";
  }();
  return kPath;
}

/// What every encoder keeps to, with and without steps behind it.
class EncoderContract : public testing::TestWithParam<std::tuple<EncoderEntry, ParamValues>> {
 protected:
  const EncoderEntry& entry() const { return std::get<0>(GetParam()); }
  std::unique_ptr<ContentEncoder> fit(std::size_t items = 6) const {
    const std::vector<idx_t> learned = test::first_items(items);
    return entry().fit({content_, learned, &words_}, params(), {});
  }
  /// What others have trained, "" = it learns by itself.
  std::string file() const {
    if (entry().name == PretrainedEncoder::kName) return pretrained_file();
    return entry().name == TrainedTextEncoder::kName ? text_file() : "";
  }
  bool is_pretrained() const { return !file().empty(); }
  ParamValues params() const {
    ParamValues params = std::get<1>(GetParam());
    if (is_pretrained()) params["file"] = file();
    return params;
  }
  const ItemContent content_ = test::shelf_content();
  const WordVectors words_ = words();
};

void expect_same(const Matrix& a, const Matrix& b) {
  ASSERT_EQ(a.rows(), b.rows());
  ASSERT_EQ(a.cols(), b.cols());
  for (std::size_t r = 0; r < a.rows(); ++r) {
    for (std::size_t c = 0; c < a.cols(); ++c) EXPECT_EQ(a.row(r)[c], b.row(r)[c]) << r << "," << c;
  }
}

/// Item `item` alone, as someone would give it who has never seen the data.
ItemContent single(std::size_t item) {
  return ItemContent(test::shelf().select(std::vector<std::uint32_t>{static_cast<std::uint32_t>(item)}), 1);
}

TEST_P(EncoderContract, ABatchEqualsItsItemsOneByOneAtAnyNumberOfThreads) {
  const auto encoder = fit();
  const Matrix batch = encoder->encode(content_, {.threads = 1});
  ASSERT_EQ(batch.cols(), encoder->dim());
  expect_same(batch, encoder->encode(content_, {.threads = 3}));
  for (std::size_t i = 0; i < 6; ++i) {
    const Matrix alone = encoder->encode(single(i), {});
    for (std::size_t c = 0; c < batch.cols(); ++c) EXPECT_EQ(alone.row(0)[c], batch.row(i)[c]) << i;
  }
}

TEST_P(EncoderContract, SaveAndLoadKeepEveryBitAndTheHash) {
  const TempDir dir;
  const auto encoder = fit();
  const auto save = [&](const ContentEncoder& which, const std::string& name) {
    TensorWriter writer("encoder");
    write_encoder(writer, "encoder", which);
    writer.write(dir / name);
  };
  save(*encoder, "a");
  const TensorReader reader(dir / "a");
  const auto loaded = read_encoder(reader, "encoder");
  EXPECT_EQ(loaded->name(), entry().name);
  EXPECT_EQ(loaded->fields(), encoder->fields());
  expect_same(encoder->encode(content_, {}), loaded->encode(content_, {}));
  save(*loaded, "b");
  EXPECT_EQ(TensorReader(dir / "b").meta("encoder.hash"), reader.meta("encoder.hash"));
  if (is_pretrained() && std::get<1>(GetParam()).empty()) return;  // it learns nothing but its steps
  save(*fit(4), "c");
  EXPECT_NE(TensorReader(dir / "c").meta("encoder.hash"), reader.meta("encoder.hash")) << "learned from less";
}

TEST_P(EncoderContract, LikeContentHasLikeVectorsAndNoContentHasNone) {
  const Matrix vectors = fit()->encode(content_, {});
  const auto product = [&](std::size_t a, std::size_t b) {
    double sum = 0;
    for (std::size_t c = 0; c < vectors.cols(); ++c)
      sum += static_cast<double>(vectors.row(a)[c]) * static_cast<double>(vectors.row(b)[c]);
    return sum;
  };
  EXPECT_TRUE(is_zero(vectors[4]));
  if (is_pretrained()) return;  // it has not learned from these
  EXPECT_GT(product(0, 1), product(0, 5)) << "two kettles, a kettle and a zebra";
  EXPECT_GT(product(0, 1), product(0, 3));
}

TEST_P(EncoderContract, LearnsFromTheItemsListedOnly) {
  // The words of items 4 and 5 are not learned: the zebra has no vector.
  if (entry().name == "word-vectors") GTEST_SKIP() << "its words come from a file";
  if (is_pretrained()) GTEST_SKIP() << "it learns no words";
  if (entry().name == "attributes") GTEST_SKIP() << "the zebra has a price";
  EXPECT_TRUE(is_zero(fit(4)->encode(content_, {})[5]));
}

TEST_P(EncoderContract, RefusesFieldsThatAreNotThere) {
  const std::vector<idx_t> items = test::first_items(6);
  const std::string text = message_of(ErrorCode::kBadData, [&] {
    ParamValues wrong = {{"fields", "tilte"}};
    if (is_pretrained()) wrong["file"] = file();
    entry().fit({content_, items, &words_}, wrong, {});
  });
  EXPECT_TRUE(contains(text, "did you mean 'title'") || contains(text, "title")) << text;
  message_of(ErrorCode::kUsage, [&] { entry().complete({{"fieldz", "title"}}); });
}

std::vector<std::tuple<EncoderEntry, ParamValues>> cases() {
  std::vector<std::tuple<EncoderEntry, ParamValues>> result;
  for (const EncoderEntry& entry : encoders()) {
#ifdef AKIN_WITHOUT_NETS
    if (entry.name == "net") continue;
#endif
    // Its content is files: image_encoder_test.cc holds it to the same.
    if (entry.name == ImageEncoder::kName) continue;
    result.emplace_back(entry, ParamValues{});
    result.emplace_back(entry, ParamValues{{"svd", "3"}});
    result.emplace_back(entry, ParamValues{{"svd", "3"}, {"center", "true"}});
    result.emplace_back(entry, ParamValues{{"whiten", "true"}, {"shrinkage", "0.3"}});
  }
  result.emplace_back(find_encoder("attributes"), ParamValues{{"hash_bits", "10"}});
  result.emplace_back(find_encoder("attributes"), ParamValues{{"paths", "true"}, {"weighting", "one-hot"}});
  result.emplace_back(find_encoder("word-vectors"), ParamValues{{"weighting", "sif"}});
  result.emplace_back(find_encoder("bm25"), ParamValues{{"normalize", "false"}});
  result.emplace_back(find_encoder("concat"), ParamValues{{"parts", "tfidf; bm25 ngrams=1 svd=3"}});
  return result;
}

INSTANTIATE_TEST_SUITE_P(All, EncoderContract, testing::ValuesIn(cases()), [](const auto& tested) {
  std::string name(std::get<0>(tested.param).name);
  for (const auto& [key, value] : std::get<1>(tested.param)) name += "_" + key + "_" + value;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

TEST(Encoders, FilesOfAnotherEncoderAreRefused) {
  const ItemContent content = test::shelf_content();
  const std::vector<idx_t> items = test::first_items(6);
  const auto message = [&](std::string_view encoder, const std::string& file) {
    return message_of(file.empty() ? ErrorCode::kUsage : ErrorCode::kBadData, [&] {
      find_encoder(encoder).fit({content, items}, {{"file", file}}, {});
    });
  };
  EXPECT_TRUE(contains(message("text-model", pretrained_file()), "take encoder pretrained"));
  EXPECT_TRUE(contains(message("pretrained", text_file()), "take encoder text-model"));
  EXPECT_TRUE(contains(message("text-model", ""), "`akin text train` writes it"));
}

TEST(TextModels, LearnFromLabelsOnly) {
  LabelledTexts texts;
  texts.texts = {"steel kettle", "bread knife"};
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kBadData, [&] { find_text_model("text-linear").fit({texts}, {}, {}); }),
               "no labels to learn"));
}

TEST(ConcatEncoder, PutsTheVectorsOfItsPartsSideBySide) {
  const ItemContent content = test::shelf_content();
  const std::vector<idx_t> items = test::first_items(6);
  const EncoderInput input{content, items};
  const auto all = find_encoder("concat").fit(
      input, {{"parts", " tfidf ngrams=1;attributes  fields=title ; "}, {"fields", "title"}}, {});
  const auto words = find_encoder("tfidf").fit(input, {{"ngrams", "1"}, {"fields", "title"}}, {});
  const Matrix both = all->encode(content, {}), first = words->encode(content, {});
  EXPECT_GT(all->dim(), words->dim());
  EXPECT_EQ(all->fields(), std::vector<std::string>{"title"}) << "each once";
  EXPECT_EQ(all->dimension(1), words->dimension(1));
  for (std::size_t i = 0; i < both.rows(); ++i)
    EXPECT_TRUE(std::ranges::equal(both[i].first(words->dim()), first[i])) << i;
  const auto refuse = [&](const char* parts) {
    return message_of(ErrorCode::kUsage, [&] { find_encoder("concat").fit(input, {{"parts", parts}}, {}); });
  };
  EXPECT_TRUE(contains(refuse("tfidf; atributes"), "attributes"));
  EXPECT_TRUE(contains(refuse("tfidf svd"), "PARAMETER=VALUE"));
  EXPECT_TRUE(contains(refuse("concat parts=tfidf"), "no part of itself"));
  EXPECT_TRUE(contains(refuse(" ; "), "names no encoder"));
}

TEST(Encoders, UnknownNamesAreAnswered) {
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, [] { find_encoder("tf-idf"); }), "tfidf"));
}

}  // namespace
}  // namespace akin
