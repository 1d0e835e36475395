#include "akin/cli/command_line.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/temp_dir.h"
#include "akin/cli/progress_bar.h"

namespace akin::cli {
namespace {

struct Values {
  std::string data, text = "x";
  std::vector<std::string> list;
  int top = 10;
  bool flag = false;
  std::optional<float> real;
  std::map<std::string, std::string> params;
};

CommandLine declare(Values& values) {
  CommandLine line("test", "A test.");
  line.add({"DATA", "", InputPath{&values.data}, "data", Need::kRequired});
  line.add({"--text", "T", Text{&values.text}, "text"});
  line.add({"--list", "A", Text{&values.list}, "list"});
  line.add({"-k,--top", "N", &values.top, "top", Need::kOptional, 1});
  line.add({"--flag", "", &values.flag, "flag"});
  line.add({"--real", "X", &values.real, "real"});
  line.add({"--epochs", "N", NamedValue{&values.params, "epochs", ValueKind::kText}, "epochs"});
  line.add({"--use-values", "", NamedValue{&values.params, "use_values", ValueKind::kSwitch}, "switch"});
  return line;
}

Values parse(const Args& args) {
  Values values;
  CommandLine line = declare(values);
  EXPECT_TRUE(line.parse(args));
  return values;
}

TEST(CommandLine, ValuesOfEveryKind) {
  const Values values = parse({"file", "--list", "a,b", "-k3", "--list=c", "--flag", "--real", "-1.5",
                               "--epochs", "7", "--no-use-values", "--text", "-"});
  EXPECT_EQ(values.data, "file");
  EXPECT_EQ(values.list, (std::vector<std::string>{"a,b", "c"}));
  EXPECT_EQ(values.top, 3);
  EXPECT_TRUE(values.flag);
  EXPECT_EQ(values.real, -1.5F);
  EXPECT_EQ(values.text, "-");
  EXPECT_EQ(values.params, (std::map<std::string, std::string>{{"epochs", "7"}, {"use_values", "false"}}));
}

TEST(CommandLine, WhatIsNotGivenKeepsItsDefault) {
  const Values values = parse({"-"});
  EXPECT_EQ(values.data, "-");
  EXPECT_EQ(values.text, "x");
  EXPECT_EQ(values.top, 10);
  EXPECT_FALSE(values.real.has_value());
  EXPECT_TRUE(values.params.empty());
}

TEST(CommandLine, TheLastOfTwoWinsAndBracketsArePartOfAnId) {
  EXPECT_EQ(parse({"d", "--top", "3", "--top", "4"}).top, 4);
  EXPECT_EQ(parse({"d", "--text", "[a,b]"}).text, "[a,b]");
  EXPECT_EQ(parse({"d", "--text", "\"q\""}).text, "\"q\"");
}

TEST(CommandLine, ConfigurationFillsWhatIsNotTyped) {
  const TempDir dir;
  const std::string path = dir / "c.toml";
  write_file(path, "top = 5\nlist = ['a', 'b']\nflag = true\nuse_values = true\nreal = 1e-3\nthreads = 3\n");
  Values values;
  CommandLine line = declare(values);
  EXPECT_TRUE(line.parse({"d", "--top", "6", "--config", path}));
  EXPECT_EQ(values.top, 6);
  EXPECT_EQ(values.list, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(values.flag);
  EXPECT_EQ(values.params.at("use_values"), "true");
  EXPECT_EQ(values.real, 1e-3F);
  EXPECT_EQ(line.common.threads, 3);
  EXPECT_TRUE(line.given("list"));
  EXPECT_FALSE(line.given("text"));
}

TEST(CommandLine, EveryMistakeIsUsage) {
  for (const Args& args : std::vector<Args>{{},
                                            {"d", "e"},
                                            {"d", "--tpo", "3"},
                                            {"d", "--top"},
                                            {"d", "--top", "0"},
                                            {"d", "--top", "3.5"},
                                            {"d", "--real", "inf"},
                                            {"d", "--flag=maybe"},
                                            {"d", "--threads", "-1"},
                                            {"d", "--threads", "1025"},
                                            {"d", "--threads", "2147483647"},
                                            {"d", "-z"}}) {
    try {
      parse(args);
      ADD_FAILURE() << "no error for " << fmt::format("{}", fmt::join(args, " "));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
    }
  }
}

/// What check_paths() says to a command with all kinds of paths, "" if nothing.
std::string complaint(const Args& args) {
  std::string data, out = "-", html, log, folder;
  std::vector<std::string> more;
  std::map<std::string, std::string> params;
  CommandLine line("test", "A test.");
  line.add(
      {"DATA", "",
       InputPath{.where = &data,
                 .also = [](const std::string& path) { return std::vector<std::string>{path + ".ids"}; }},
       "data", Need::kRequired});
  line.add({"--more", "FILE", InputPath{&more}, "more"});
  line.add({"--meta", "FILES", NamedValue{&params, "meta", ValueKind::kInputList}, "meta"});
  line.add({"--words", "FILE", NamedValue{&params, "words", ValueKind::kOutput}, "words"});
  line.add({"-o,--out", "FILE", OutputPath{&out, OutputPath::Form::kPrintable}, "out"});
  line.add({"--html", "FILE", OutputPath{&html}, "html"});
  line.add({"--log", "FILE",
            OutputPath{.where = &log,
                       .also =
                           [](const std::string& path) {
                             return std::vector<OutputPath::More>{{path + ".also"}, {path + ".d", true}};
                           }},
            "log"});
  line.add({"--folder", "DIR", OutputPath{&folder, OutputPath::Form::kFolder}, "folder"});
  try {
    line.parse(args);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
    return error.what();
  }
  return "";
}

TEST(CommandLine, ComparesThePathsOfAllFlags) {
  const TempDir dir;
  const std::string data = dir / "data", x = dir / "x";
  write_file(data, "d");
  const std::vector<std::pair<Args, std::string>> cases = {
      {{data, "-o", data}, "-o/--out would write"},
      {{data, "-o", dir / "./data"}, "which DATA reads"},
      {{data, "-o", data + ".ids"}, "which DATA reads"},
      {{data, "--words", data}, "--words would write"},
      {{data, "--meta", x + "," + dir / "y", "-o", dir / "y"}, "which --meta reads"},
      {{data, "--more", x, "--more", dir / "y", "--html", dir / "y"}, "--html would write"},
      {{data, "-o", x, "--html", x}, "-o/--out and --html would both write"},
      {{data, "-o", x, "--log", x}, "-o/--out and --log would both write"},
      {{data, "-o", x + ".also", "--log", x}, "-o/--out and --log would both write"},
      {{data, "-o", x + ".d/f", "--log", x}, "-o/--out and --log would both write"},
      {{data, "--more", x + ".d/f", "--log", x}, "--log would write"},
      {{data, "--folder", dir / "."}, "--folder would write"},

      {{data, "--html", "-"}, "--html: name a file"},
      {{data, "--words", "-"}, "--words: name a file"},
  };
  for (const auto& [args, text] : cases) {
    std::string said;
    try {
      said = complaint(args);
    } catch (const Error& error) {
      said = error.what();
    }
    EXPECT_NE(said.find(text), std::string::npos) << fmt::format("{}", fmt::join(args, " ")) << "\n" << said;
  }
  for (const Args& args : std::vector<Args>{{data, "-o", x},
                                            {data},
                                            {"-", "-o", "-"},
                                            {data, "--more", data},
                                            {data, "-o", x, "--html", dir / "y", "--log", dir / "z"}})
    EXPECT_EQ(complaint(args), "");
}

TEST(CommandLine, KnowsTheNamesOfStandardOutput) {
  std::string out;
  CommandLine line("test", "A test.");
  line.add({"-o,--out", "FILE", OutputPath{&out, OutputPath::Form::kPrintable}, "out"});
  EXPECT_TRUE(line.parse({"-o", "/dev/stdout"}));
  EXPECT_EQ(out, "-");
  EXPECT_NE(complaint({"x", "--html", "/dev/stdout"}).find("--html: name a file"), std::string::npos);
}

TEST(Wrap, BreaksAtSpacesOnly) {
  EXPECT_EQ(wrap("aa bb cc", 5, 2), "aa bb\n  cc");
  EXPECT_EQ(wrap("muchtoolong b", 5, 0), "muchtoolong\nb");
  EXPECT_EQ(wrap("", 5, 0), "");
}

TEST(ProgressLine, HoldsRateTimeLeftAndLossAndFits) {
  const Progress progress{.phase = "epoch", .done = 3, .total = 12, .unit = "epochs", .loss = 0.25};
  const std::string line = progress_line(progress, 3, 6.0, 100);
  EXPECT_NE(line.find("epoch 3/12  ["), std::string::npos) << line;
  EXPECT_NE(line.find(" 25%"), std::string::npos) << line;
  EXPECT_NE(line.find("0.50 epochs/s"), std::string::npos) << line;
  EXPECT_NE(line.find("0:18 left"), std::string::npos) << line;
  EXPECT_NE(line.find("loss 0.25"), std::string::npos) << line;
  for (const int width : {1, 10, 30, 60, 200})
    EXPECT_LT(progress_line(progress, 3, 6.0, width).size(), width + 0U);
  EXPECT_EQ(progress_line({.phase = "reading", .done = 5, .unit = "lines"}, 0, 0, 80), "reading 5 lines");
}

}  // namespace
}  // namespace akin::cli
