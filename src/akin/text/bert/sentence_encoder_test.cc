// Two tiny models with random weights, computed by sentence-transformers: tests/reference/bert.py made them.
#include "akin/text/bert/sentence_encoder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "akin/base/error_for_test.h"
#include "akin/base/io.h"
#include "akin/base/safetensors.h"
#include "akin/base/temp_dir.h"
#include "akin/text/bert/import.h"

namespace akin::bert {
namespace {

using nlohmann::json;

const std::string kFolder = AKIN_SOURCE_DIR "/tests/reference/bert/";

const json& expected() {
  static const json kExpected = [] {
    std::ifstream file(kFolder + "expected.json");
    return json::parse(file);
  }();
  return kExpected;
}

const std::vector<std::string>& texts() {
  static const auto kTexts = expected()["texts"].get<std::vector<std::string>>();
  return kTexts;
}

bool same(std::span<const float> a, std::span<const float> b) { return std::ranges::equal(a, b); }

/// A copy of the model `mean` with one value of a JSON file changed.
class Changed {
 public:
  Changed() { std::filesystem::copy(kFolder + "mean", dir_ / "m", std::filesystem::copy_options::recursive); }
  std::string path(const std::string& name = "") const { return dir_ / ("m/" + name); }
  void set(const std::string& name, const std::string& key, const json& value) const {
    json object = json::parse(read_file(path(name)));
    object[key] = value;
    write_file(path(name), object.dump());
  }
  std::string error(ErrorCode code = ErrorCode::kBadData) const {
    return message_of(code, [&] { import_model(path()); });
  }

 private:
  TempDir dir_;
};

TEST(SentenceEncoder, GivesTheVectorsOfSentenceTransformers) {
  for (const char* name : {"mean", "cls"}) {
    const SentenceEncoder encoder = import_model(kFolder + name);
    const Matrix vectors = encoder.encode(texts(), {});
    ASSERT_EQ(vectors.rows(), expected()[name].size());
    for (std::size_t t = 0; t < vectors.rows(); ++t) {
      const auto row = expected()[name][t].get<std::vector<float>>();
      ASSERT_EQ(row.size(), encoder.dim());
      for (std::size_t c = 0; c < row.size(); ++c)
        ASSERT_NEAR(vectors[t][c], row[c], 2e-5) << name << " " << texts()[t];
    }
  }
}

TEST(SentenceEncoder, GivesTheVectorsOfRoberta) {
  const std::string folder = AKIN_SOURCE_DIR "/tests/reference/roberta";
  const json reference = json::parse(read_file(folder + "/expected.json"));
  const auto lines = reference["texts"].get<std::vector<std::string>>();
  ImportOptions options;
  options.normalize = false;
  const SentenceEncoder encoder = import_model(folder, options);
  EXPECT_EQ(encoder.settings().most_tokens, 40);  // two rows of positions stand before the first
  TensorWriter writer("encoder");
  encoder.save(writer, "e");
  const TempDir dir;
  writer.write(dir / "e");
  const SentenceEncoder again = SentenceEncoder::load(TensorReader(dir / "e"), "e");
  const Matrix vectors = encoder.encode(lines, {}), read = again.encode(lines, {});
  for (std::size_t t = 0; t < lines.size(); ++t) {
    EXPECT_TRUE(same(vectors[t], read[t])) << lines[t];
    const auto row = reference["vectors"][t].get<std::vector<float>>();
    ASSERT_EQ(row.size(), encoder.dim());
    for (std::size_t c = 0; c < row.size(); ++c) ASSERT_NEAR(vectors[t][c], row[c], 2e-5) << lines[t];
  }
  const json manifest = json::parse(encoder.settings().manifest);
  EXPECT_EQ(manifest["model_type"], "roberta");
  EXPECT_TRUE(manifest["files"].contains("tokenizer.json"));
}

TEST(SentenceEncoder, AVectorDependsOnItsTextAlone) {
  for (const char* name : {"mean", "cls"}) {
    const SentenceEncoder encoder = import_model(kFolder + name);
    std::vector<std::string> many;
    for (int time = 0; time < 30; ++time) {
      for (const std::string& text : texts()) many.push_back(text);
    }
    const Matrix all = encoder.encode(many, {.threads = 3});
    for (std::size_t t = 0; t < texts().size(); ++t) {
      const Matrix alone = encoder.encode(std::span(many).subspan(t, 1), {.threads = 1});
      for (std::size_t at = t; at < many.size(); at += texts().size())
        ASSERT_TRUE(same(alone[0], all[at])) << many[t];
    }
  }
}

TEST(SentenceEncoder, RoundedWeightsGiveNearlyTheSame) {
  const SentenceEncoder exact = import_model(kFolder + "mean");
  TensorWriter writer("encoder");
  exact.save(writer, "e");
  const TempDir dir;
  writer.write(dir / "e");
  const TensorReader reader(dir / "e");
  const Matrix near = SentenceEncoder::load(reader, "e", Precision::kBfloat16).encode(texts(), {});
  const Matrix far = exact.encode(texts(), {});
  double largest = 0;
  for (std::size_t t = 0; t < near.rows(); ++t) {
    double cosine = 0;
    for (std::size_t c = 0; c < near.cols(); ++c)
      cosine += static_cast<double>(near[t][c]) * static_cast<double>(far[t][c]);
    EXPECT_GT(cosine, 0.995);
    largest = std::max(largest, 1 - cosine);
  }
  EXPECT_GT(largest, 1e-7);  // it is another computation
}

TEST(SentenceEncoder, ComesBackFromAFile) {
  ImportOptions options;
  options.prefix = "query: ";
  options.most_tokens = 9;
  const SentenceEncoder encoder = import_model(kFolder + "mean", options);
  TensorWriter writer("encoder");
  encoder.save(writer, "e");
  const TempDir dir;
  writer.write(dir / "e");
  const SentenceEncoder again = SentenceEncoder::load(TensorReader(dir / "e"), "e");
  EXPECT_EQ(again.settings().prefix, "query: ");
  EXPECT_EQ(again.settings().most_tokens, 9);
  EXPECT_EQ(again.settings().manifest, encoder.settings().manifest);
  const Matrix a = encoder.encode(texts(), {}), b = again.encode(texts(), {});
  for (std::size_t t = 0; t < a.rows(); ++t) EXPECT_TRUE(same(a[t], b[t]));
  const std::vector<std::string> spelled = {"query: kettle"}, plain = {"kettle"};
  options.prefix.clear();
  EXPECT_TRUE(
      same(import_model(kFolder + "mean", options).encode(spelled, {})[0], encoder.encode(plain, {})[0]));
}

TEST(SentenceEncoder, TheManifestSaysWhereItComesFrom) {
  const json manifest = json::parse(import_model(kFolder + "mean").settings().manifest);
  EXPECT_EQ(manifest["origin"], "tiny-mean");
  EXPECT_EQ(manifest["license"], "Apache-2.0");
  EXPECT_EQ(manifest["model_type"], "bert");
  EXPECT_EQ(manifest["files"]["model.safetensors"].get<std::string>().size(), 64);
  EXPECT_TRUE(manifest["files"].contains("vocab.txt"));
  EXPECT_TRUE(manifest["files"].contains("1_Pooling/config.json"));
  ImportOptions options;
  options.origin = "https://example.com/m";
  options.license = "MIT";
  const json told = json::parse(import_model(kFolder + "cls", options).settings().manifest);
  EXPECT_EQ(told["origin"], "https://example.com/m");
  EXPECT_EQ(told["license"], "MIT");
  EXPECT_EQ(json::parse(import_model(kFolder + "cls").settings().manifest)["license"], "NOASSERTION");
}

TEST(SentenceEncoder, RefusesByNameWhatItDoesNotCompute) {
  const auto refusal = [](const std::string& file, const std::string& key, const json& value) {
    const Changed model;
    model.set(file, key, value);
    return model.error();
  };
  EXPECT_TRUE(contains(refusal("config.json", "model_type", "xlm-roberta"), "model_type is xlm-roberta"));
  EXPECT_TRUE(contains(refusal("config.json", "hidden_act", "gelu_new"), "hidden_act is gelu_new"));
  EXPECT_TRUE(contains(refusal("config.json", "position_embedding_type", "relative_key"), "relative_key"));
  EXPECT_TRUE(contains(refusal("config.json", "hidden_size", 48),
                       "has the shape (117, 24), and config.json says (117, 48)"));
  EXPECT_TRUE(contains(refusal("config.json", "num_attention_heads", 5), "5 heads do not divide"));
  EXPECT_TRUE(contains(refusal("config.json", "num_hidden_layers", 3), "no tensor encoder.layer.2."));
  EXPECT_TRUE(contains(refusal("1_Pooling/config.json", "pooling_mode_max_tokens", true), "max + mean"));
  const Changed model;
  std::filesystem::rename(model.path("1_Pooling/config.json"), model.path("1_Pooling/other.json"));
  EXPECT_TRUE(contains(model.error(ErrorCode::kNotFound), "1_Pooling/config.json: is not there"));
  write_file(model.path("modules.json"),
             R"([{"path": "", "type": "a.Transformer"}, {"path": "2_Dense", "type": "a.Dense"}])");
  EXPECT_TRUE(contains(model.error(), "the module a.Dense is not known"));
  write_file(model.path("modules.json"), R"([{"path": "../x", "type": "a.Transformer"}])");
  EXPECT_TRUE(contains(model.error(), "leaves the folder"));
}

TEST(SentenceEncoder, RefusesOtherTokenizers) {
  const Changed model;
  std::filesystem::copy(kFolder + "cls/tokenizer.json", model.path("tokenizer.json"));
  import_model(model.path());
  json file = json::parse(read_file(model.path("tokenizer.json")));
  const auto refusal = [&](const json& changed) {
    write_file(model.path("tokenizer.json"), changed.dump());
    return model.error();
  };
  json other = file;
  other["model"]["type"] = "BPE";
  EXPECT_TRUE(contains(refusal(other), "of kind BPE"));
  other = file;
  other["normalizer"] = nullptr;
  EXPECT_TRUE(contains(refusal(other), "the normalizer is none"));
  other = file;
  other["model"]["vocab"]["the"] = 3;
  EXPECT_TRUE(contains(refusal(other), "have the id 3"));
  other = file;
  other["added_tokens"][0]["lstrip"] = true;
  EXPECT_TRUE(contains(refusal(other), "is lstrip"));
  other = file;
  other["model"]["vocab"]["more"] = 117;
  EXPECT_TRUE(contains(refusal(other), "the vocabulary has 118 tokens, and the network only 117"));
}

TEST(SentenceEncoder, NamesFilesThatAreMissing) {
  const Changed model;
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kNotFound, [] { import_model("/no/such"); }), "is not a folder"));
  std::filesystem::remove(model.path("vocab.txt"));
  EXPECT_TRUE(contains(model.error(ErrorCode::kNotFound), "neither tokenizer.json nor vocab.txt"));
  std::filesystem::remove(model.path("model.safetensors"));
  EXPECT_TRUE(contains(model.error(ErrorCode::kNotFound), "model.safetensors: is not there"));
  std::filesystem::remove(model.path("config.json"));
  EXPECT_TRUE(contains(model.error(ErrorCode::kNotFound), "config.json"));
}

}  // namespace
}  // namespace akin::bert
