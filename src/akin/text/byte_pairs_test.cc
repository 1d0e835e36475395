// The ids of a tokenizer that the package tokenizers computed: tests/reference/roberta.py made them.
#include "akin/text/byte_pairs.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "akin/base/error_for_test.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/text/bert/byte_pair_files.h"

namespace akin {
namespace {

using nlohmann::json;

const std::string kFolder = AKIN_SOURCE_DIR "/tests/reference/roberta/";

/// A copy of some of the files, in which one can be changed.
class TokenizerFiles {
 public:
  explicit TokenizerFiles(const std::vector<std::string>& names) {
    for (const std::string& name : names) std::filesystem::copy_file(kFolder + name, path(name));
  }
  std::string path(const std::string& name) const { return dir_ / name; }
  BytePairs read() const { return bert::read_byte_pairs(dir_ / "."); }
  std::string error(ErrorCode code = ErrorCode::kBadData) const {
    return message_of(code, [&] { read(); });
  }
  std::string refusal(const std::string& name, const std::function<void(json&)>& change) const {
    json object = json::parse(read_file(kFolder + name));
    change(object);
    write_file(path(name), object.dump());
    return error();
  }

 private:
  TempDir dir_;
};

const std::vector<std::string> kOldFiles = {"vocab.json", "merges.txt", "tokenizer_config.json"};

TEST(BytePairs, GivesTheIdsOfThePackageTokenizers) {
  const json expected = json::parse(read_file(kFolder + "expected.json"));
  for (const auto& names : {std::vector<std::string>{"tokenizer.json"}, kOldFiles}) {
    const BytePairs tokenizer = TokenizerFiles(names).read();
    for (std::size_t t = 0; t < expected["texts"].size(); ++t) {
      const auto text = expected["texts"][t].get<std::string>();
      EXPECT_EQ(tokenizer.encode(text, 40), expected["ids"][t].get<std::vector<std::uint32_t>>())
          << names[0] << ": '" << text << "'";
    }
  }
}

TEST(BytePairs, CutsLongTextsAndDropsBytesThatAreNoText) {
  const BytePairs tokenizer = TokenizerFiles({"tokenizer.json"}).read();
  const auto ids = tokenizer.encode("Steel kettle for the kitchen", 512);
  const auto cut = tokenizer.encode("Steel kettle for the kitchen", 5);
  ASSERT_EQ(cut.size(), 5);
  EXPECT_TRUE(std::equal(cut.begin(), cut.end() - 1, ids.begin()));
  EXPECT_EQ(cut.back(), ids.back());
  EXPECT_EQ(tokenizer.encode("kettle", 2), (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(tokenizer.encode("Steel\xFF kettle\xC3", 512), tokenizer.encode("Steel kettle", 512));
  EXPECT_EQ(tokenizer.encode(std::string(200'000, 'a'), 7).size(), 7);  // a run without end
}

TEST(BytePairs, MayBeginEachTextWithABlank) {
  const TokenizerFiles files({"tokenizer.json"});
  const auto plain = files.read().encode(" kettle<s> kettle", 99);
  json object = json::parse(read_file(files.path("tokenizer.json")));
  object["pre_tokenizer"]["add_prefix_space"] = true;
  write_file(files.path("tokenizer.json"), object.dump());
  EXPECT_EQ(files.read().encode("kettle<s>kettle", 99), plain);
}

TEST(BytePairs, RefusesOtherTokenizersByName) {
  const TokenizerFiles files({"tokenizer.json"});
  const auto refusal = [&](const std::function<void(json&)>& change) {
    return files.refusal("tokenizer.json", change);
  };
  EXPECT_TRUE(contains(refusal([](json& file) { file["model"]["type"] = "Unigram"; }), "of kind Unigram"));
  EXPECT_TRUE(contains(refusal([](json& file) { file["normalizer"] = {{"type", "NFC"}}; }), "is NFC"));
  EXPECT_TRUE(contains(refusal([](json& file) { file["pre_tokenizer"]["type"] = "Metaspace"; }),
                       "the pre-tokenizer is Metaspace"));
  EXPECT_TRUE(
      contains(refusal([](json& file) { file["post_processor"] = nullptr; }), "the post-processor is none"));
  EXPECT_TRUE(
      contains(refusal([](json& file) { file["model"]["byte_fallback"] = true; }), "byte_fallback is true"));
  EXPECT_TRUE(contains(refusal([](json& file) { file["model"]["end_of_word_suffix"] = "</w>"; }),
                       "end_of_word_suffix is '</w>'"));
  EXPECT_TRUE(contains(refusal([](json& file) { file["model"]["merges"].push_back("x yes"); }),
                       "no token 'yes', which is merged"));
  EXPECT_TRUE(
      contains(refusal([](json& file) { file["model"]["merges"].push_back("x y"); }), "no token 'xy'"));
  EXPECT_TRUE(contains(refusal([](json& file) { file["model"]["vocab"]["the"] = 3; }), "have the id 3"));
  EXPECT_TRUE(contains(refusal([](json& file) { file["model"]["vocab"].erase("q"); }), "no token 'q'"));
  EXPECT_TRUE(contains(refusal([](json& file) { file["added_tokens"][0]["single_word"] = true; }),
                       "single_word is true"));
}

TEST(BytePairs, NamesFilesThatAreMissing) {
  EXPECT_TRUE(contains(TokenizerFiles({"vocab.json"}).error(ErrorCode::kNotFound),
                       "neither tokenizer.json nor vocab.json and merges.txt"));
}

}  // namespace
}  // namespace akin
