#include "akin/nets/net_toml.h"

#include <gtest/gtest.h>

#include "akin/nets/net_files_for_test.h"

namespace akin::nets {
namespace {

/// What is said about xor.toml with a line in the place of another, without the file's name.
std::string refusal(const std::string& line, const std::string& in_place_of) {
  const NetFiles files;
  std::string text = NetFiles::xor_toml();
  const std::size_t at = text.find(in_place_of);
  EXPECT_NE(at, std::string::npos) << in_place_of;
  files.write("x.toml", text.replace(at, in_place_of.size(), line));
  const std::string path = files.path("x.toml");
  const std::string message = message_of(ErrorCode::kUsage, [&] {
    (void)net_toml_data_kind(path);
    (void)read_net_toml(path, {});
  });
  EXPECT_TRUE(message.starts_with(path + ":")) << message;
  return message.substr(std::min(message.size(), path.size()));
}

TEST(NetToml, WholeNumbersAreNotCutOff) {
  for (const char* number :
       {"4294967296", "2147483648", "-1", "9223372036854775807", "-9223372036854775808"}) {
    EXPECT_EQ(refusal(fmt::format("epochs = {}", number), "epochs = 150"),
              fmt::format(":18: epochs = {} is not a whole number from 0 to 2147483647", number));
    EXPECT_EQ(refusal(fmt::format("batch_size = {}", number), "batch_size = 4"),
              fmt::format(":19: batch_size = {} is not a whole number from 1 to 2147483647", number));
    EXPECT_EQ(refusal(fmt::format("patience = {}", number), "epochs = 150"),
              fmt::format(":18: patience = {} is not a whole number from 0 to 2147483647", number));
  }
  EXPECT_EQ(refusal("batch_size = 0", "batch_size = 4"),
            ":19: batch_size = 0 is not a whole number from 1 to 2147483647");
  EXPECT_EQ(refusal("epochs = 1.0", "epochs = 150"), ":18: epochs must be a whole number");
}

TEST(NetToml, EmptyAndLongListsAreNotNames) {
  EXPECT_EQ(refusal("output = []\nname", "name"), ":1: write one name");
  EXPECT_EQ(refusal("output = [\"dense_1\", \"dense_2\"]\nname", "name"), ":1: write one name");
  EXPECT_EQ(refusal("output = 3\nname", "name"), ":1: write a name or a list of names");
  EXPECT_EQ(refusal("kind = []\ninputs", "inputs"), ":21: write one name");
  EXPECT_EQ(refusal("kind = 3\ninputs", "inputs"), ":21: write a name or a list of names");
  EXPECT_EQ(refusal("name = 3", "name = \"xor\""), ":1: write a name or a list of names");
}

TEST(NetToml, ValuesOfAnotherTypeAreRefused) {
  for (const char* value : {"[]", "{}", "[[1]]", "1979-05-27", "true", "inf", "nan", "[1, 'x']", "''"}) {
    for (const char* key : {"epochs", "learning_rate", "loss", "metrics", "shuffle", "monitor", "optimizer",
                            "min_delta", "validation_split"}) {
      const NetFiles files;
      files.write("x.toml",
                  NetFiles::xor_toml() + fmt::format("[[layers]]\nkind = \"dense\"\nunits = {}\n", value));
      EXPECT_THROW(read_net_toml(files.path("x.toml"), {}), Error) << value;
      std::string text = NetFiles::xor_toml();
      text.replace(text.find("epochs = 150"), 12, fmt::format("{} = {}", key, value));
      files.write("x.toml", text);
      try {
        (void)read_net_toml(files.path("x.toml"), {});
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
      }  // anything else fails the test
    }
  }
}

TEST(NetToml, DeepFilesAreRefusedBeforeTheyAreParsed) {
  std::string key;
  for (int i = 0; i < 35'000; ++i) key += "a.";
  EXPECT_EQ(refusal(key + "a = 1\n[train]", "[train]"), ":13: nested deeper than 64 levels");
}

}  // namespace
}  // namespace akin::nets
