#include "akin/data/toml_file.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"

namespace akin {
namespace {

/// The error that reading the text gives, without the file's name; "" if there is none.
std::string refusal(const std::string& text, ErrorCode code = ErrorCode::kUsage) {
  const TempDir dir;
  const std::string path = dir / "x.toml";
  write_file(path, text);
  try {
    (void)read_toml(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    const std::string message = error.what();
    EXPECT_TRUE(message.starts_with(path + ":")) << message;
    return message.substr(std::min(message.size(), path.size() + 1));
  }
  return "";
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

TEST(TomlFile, ReadsTables) {
  const TempDir dir;
  write_file(dir / "x.toml", "a = 1\n[b.c]\nd = ['x', \"y\"]\n");
  const toml::table table = read_toml(dir / "x.toml");
  EXPECT_EQ(table["a"].value<int>(), 1);
  EXPECT_EQ(table["b"]["c"]["d"].as_array()->size(), 2U);
}

TEST(TomlFile, RefusesWhatIsNestedTooDeep) {
  const std::string deep = "1: nested deeper than 64 levels";
  for (const std::size_t times : {65U, 1000U, 35'000U, 1'000'000U}) {
    EXPECT_EQ(refusal(repeated("a.", times) + "a = 1"), deep) << times;
    EXPECT_EQ(refusal("[" + repeated("a.", times) + "a]"), deep) << times;
    EXPECT_EQ(refusal(repeated("\"a\".", times) + "a = 1"), deep) << times;
    EXPECT_EQ(refusal(repeated("'a' . ", times) + "a = 1"), deep) << times;
    EXPECT_EQ(refusal("a = " + repeated("[", times)), deep) << times;
    EXPECT_EQ(refusal("a = " + repeated("{a = ", times)), deep) << times;
    EXPECT_EQ(refusal("a = " + repeated("[{a.a = ", times)), deep) << times;
    EXPECT_EQ(refusal("a = {" + repeated("a.", times) + "a = 1}"), deep) << times;
  }
  EXPECT_EQ(refusal("a = 1\nb = '''\n'''\n" + repeated("a.", 99) + "a = 1"),
            "4: nested deeper than 64 levels");
}

TEST(TomlFile, FindsTheEndOfTextsAsTheParserDoes) {
  const std::string brackets = repeated("[", 99);
  for (const std::string& text :
       {"a = \"" + brackets + "\"", "a = '" + brackets + "'", "a = \"\"\"\n" + brackets + "\n\"\"\"",
        "a = '''\n" + brackets + "'\n''''", "a = \"x\\\"" + brackets + "\"", "# " + brackets,
        "a = \"" + repeated("x.", 99) + "\"", "a = [" + repeated("1.5,", 999) + "]",
        "a = [\n" + repeated("1.5,\n", 999) + "]"})
    EXPECT_EQ(refusal(text), "") << text;
  // A text may end in one or two quotes before the three that close it.
  for (const char* text :
       {"a = [\"\"\"x\"\"\"\", ", "a = [\"\"\"x\"\"\"\"\", ", "a = ['''x'''', ", "a = [\"\", "})
    EXPECT_EQ(refusal(text + repeated("[", 35'000)), "1: nested deeper than 64 levels") << text;
}

TEST(TomlFile, SaysWhatElseIsWrong) {
  EXPECT_EQ(refusal("x = 1\na = \"b\\u0000c\""), "2: a text holds the character NUL");
  EXPECT_EQ(refusal("a = \"b\\\\u0000c\""), "");
  EXPECT_EQ(refusal("a = 'b\\u0000c'"), "");
  EXPECT_TRUE(refusal("x = 1\na = [").starts_with("2: not TOML: ")) << refusal("x = 1\na = [");
  EXPECT_EQ(refusal(std::string((std::size_t{16} << 20) + 1, '\n'), ErrorCode::kBadData),
            " is larger than 16 MiB; is this the right file?");
}

}  // namespace
}  // namespace akin
