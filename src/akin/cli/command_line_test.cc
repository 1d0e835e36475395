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

/// What a command with all kinds of texts says to wrong use, "" if nothing.
std::string usage(const Args& args) {
  std::string key, out, init;
  std::vector<std::string> users, from, columns, plus;
  std::map<std::string, std::string> params;
  CommandLine line("test", "A test.");
  line.add({"USER...", "", Text{&users}, "users"});
  line.add({"--pseudonyms", "KEYFILE", InputPath{&key}, "key"});
  line.add({"-o,--out", "FILE", OutputPath{&out, OutputPath::Form::kPrintable}, "out"});
  line.add({"--from", "FILE", InputPath{&from}, "from"});
  line.add({"--drop-columns", "A,B", Text{&columns}, "columns"});
  line.add({"--plus", "ID", Text{&plus}, "plus"});
  line.add({"--init", "FILE", NamedValue{&params, "init", ValueKind::kInput}, "init"});
  line.add({"--meta", "FILES", NamedValue{&params, "meta", ValueKind::kInputList}, "meta"});
  line.add({"--words", "FILE", NamedValue{&params, "words", ValueKind::kOutput}, "words"});
  line.add({"--delimiter", "TEXT", NamedValue{&params, "delimiter", ValueKind::kText}, "delimiter"});
  try {
    line.parse(args);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
    return error.what();
  }
  return "";
}

TEST(CommandLine, PathsAndListsThatAreGivenAreNotEmpty) {
  const std::vector<std::pair<Args, std::string>> cases = {
      {{"--pseudonyms", ""}, "--pseudonyms: the name is empty"},
      {{"-o", ""}, "-o/--out: the name is empty"},
      {{"--from", "a", "--from", ""}, "--from: the name is empty"},
      {{"--init", ""}, "--init: the name is empty"},
      {{"--meta", ""}, "--meta: the name is empty"},
      {{"--words", ""}, "--words: the name is empty"},
      {{"--config", ""}, "--config: the name is empty"},
      {{"--meta", ",,"}, "--meta: name some, or leave the flag out; the list is empty"},
      {{"--drop-columns", ""}, "--drop-columns: name some, or leave the flag out; the list is empty"},
      {{"--drop-columns", ","}, "--drop-columns: name some, or leave the flag out; the list is empty"},
      {{"--plus", ""}, "--plus: name some, or leave the flag out; the list is empty"},
      {{"--pseudonyms=", "x"}, "--pseudonyms= lacks its value"},
      {{"--out=", "x"}, "--out= lacks its value"},
  };
  for (const auto& [args, text] : cases) EXPECT_EQ(usage(args), text + "; see `akin test --help`");
  for (const Args& args : std::vector<Args>{{"--drop-columns", "a,,b", "--drop-columns", ","},
                                            {"--plus", ","},
                                            {"--delimiter", ""},
                                            {"--delimiter", "--out="},
                                            {"--meta", "a,"}})
    EXPECT_EQ(usage(args), "") << args[1];
}

TEST(CommandLine, ListsOfAConfigurationAreAsLongAsTheirFlagAllows) {
  const TempDir dir;
  const std::string path = dir / "c.toml";
  const auto refusal = [&](const std::string& text) {
    write_file(path, text);
    std::string said = usage({"--config", path});
    if (said.starts_with(path + ": ")) said = said.substr(path.size() + 2);
    return said.substr(0, said.find("; see"));
  };
  EXPECT_EQ(refusal("pseudonyms = []"), "the list pseudonyms is empty; leave the key out");
  EXPECT_EQ(refusal("drop-columns = []"), "the list drop-columns is empty; leave the key out");
  EXPECT_EQ(refusal("pseudonyms = ''"), "--pseudonyms: the name is empty");
  EXPECT_EQ(refusal("drop-columns = ['', ',']"),
            "--drop-columns: name some, or leave the flag out; the list is empty");
  EXPECT_EQ(refusal("threads = [1, 2]"), "threads takes one value, not a list of 2");
  EXPECT_EQ(refusal("meta = ['a', 'b']"),
            "meta takes one value, not a list of 2; where it is a list, write one text with commas between");
  EXPECT_EQ(refusal("config = 'x'"), "the key config: a file of flags cannot name another one");
  EXPECT_EQ(refusal("threads = [1]\nfrom = ['a', 'b']"), "");
}

TEST(CommandLine, BehindTwoDashesNothingIsAFlag) {
  const auto users_of = [](const Args& args) {
    std::string first, out = "x";
    std::vector<std::string> users;
    CommandLine line("test", "A test.");
    line.add({"KEY", "", Text{&first}, "first"});
    line.add({"ID...", "", Text{&users}, "users"});
    line.add({"--text", "T", Text{&out}, "text"});
    EXPECT_TRUE(line.parse(args));
    users.insert(users.begin(), first);
    users.push_back(out);
    return users;
  };
  using Words = std::vector<std::string>;
  EXPECT_EQ(users_of({"k", "--", "-x", "--text", "--", "--"}), (Words{"k", "-x", "--text", "--", "--", "x"}));
  EXPECT_EQ(users_of({"--text", "t", "--", "-k", "-x"}), (Words{"-k", "-x", "t"}));
  EXPECT_EQ(users_of({"k", "u", "--", "-x"}), (Words{"k", "u", "-x", "x"}));
  EXPECT_EQ(users_of({"k", "u", "--"}), (Words{"k", "u", "x"}));
  EXPECT_EQ(users_of({"k", "u", "--text", "--"}), (Words{"k", "u", "--"})) << "the value of a flag";

  std::string data;
  CommandLine line("test", "A test.");
  line.add({"DATA", "", Text{&data}, "data"});
  line.add({"--from", "FILE", Text{&data}, "from", Need::kRequired});
  const auto refusal = [&](const Args& args) -> std::string {
    CommandLine copy = line;
    try {
      copy.parse(args);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_TRUE(refusal({"--", "x", "--from=d"}).starts_with("unexpected argument '--from=d'"));
  EXPECT_TRUE(refusal({"--", "--from"}).starts_with("--from is missing: behind -- no word is a flag"));
  EXPECT_NE(usage({"-x"}).find("write an id that begins with - behind --"), std::string::npos);
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
