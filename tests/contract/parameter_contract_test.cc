// Every parameter of every model: defaults, ranges, messages.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "akin/base/error.h"
#include "akin/models/fit/context.h"
#include "planted_data.h"

namespace akin::contract {
namespace {

class ParameterContract : public testing::TestWithParam<ModelEntry> {
 protected:
  /// The message of the usage error that `values` must give.
  static std::string usage_error(const ParamValues& values) {
    try {
      GetParam().complete(values);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
      return error.what();
    }
    ADD_FAILURE() << values.begin()->first << " = " << values.begin()->second << " was accepted";
    return "";
  }
};

TEST_P(ParameterContract, NamesAreDistinctAndDefaultsAreValid) {
  std::set<std::string_view> names;
  ParamValues defaults;
  for (const auto& info : GetParam().params()) {
    EXPECT_TRUE(names.insert(info.param.name).second) << info.param.name;
    EXPECT_FALSE(info.param.help.empty()) << info.param.name;
    EXPECT_EQ(info.param.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"),
              std::string_view::npos);
    defaults.emplace(info.param.name, info.default_value);
  }
  EXPECT_EQ(GetParam().complete(defaults), defaults);
  EXPECT_EQ(GetParam().complete({}), defaults);
}

TEST_P(ParameterContract, OutOfRangeIsAUsageErrorThatNamesTheParameter) {
  for (const auto& info : GetParam().params()) {
    const std::string name(info.param.name);
    std::vector<std::string> wrong = {""};
    if (info.type == "int") {
      wrong.insert(wrong.end(),
                   {fmt::format("{}", static_cast<std::int64_t>(info.param.min) - 1),
                    fmt::format("{}", static_cast<std::int64_t>(info.param.max) + 1), "1.5", "seven"});
    } else if (info.type == "float") {
      wrong.insert(wrong.end(), {fmt::format("{}", info.param.min - 1 - std::abs(info.param.min)),
                                 fmt::format("{}", 2 * info.param.max + 1), "nan", "inf", "1x"});
    } else if (info.type == "bool") {
      wrong.emplace_back("maybe");
    } else if (!info.param.choices.empty()) {
      wrong.push_back(info.default_value + "x");
    } else {
      continue;  // a string without choices takes anything
    }
    for (const std::string& text : wrong) {
      EXPECT_NE(usage_error({{name, text}}).find(name), std::string::npos) << name << " = '" << text << "'";
    }
  }
}

TEST_P(ParameterContract, UnknownNameSuggestsTheNearest) {
  for (const auto& info : GetParam().params()) {
    const std::string name(info.param.name);
    if (name.size() < 3) continue;  // a one-letter change would be another name
    const std::string message = usage_error({{name + "x", "1"}});
    EXPECT_NE(message.find("did you mean"), std::string::npos) << message;
    EXPECT_NE(message.find(name), std::string::npos) << message;
  }
  EXPECT_NE(usage_error({{"no_such_thing_at_all", "1"}}).find(GetParam().name), std::string::npos);
}

TEST_P(ParameterContract, FitRefusesThemToo) {
  const Planted planted = checkerboard(5, GetParam());
  try {
    GetParam().fit(planted.training(), {{"no_such_thing_at_all", "1"}}, {});
    FAIL() << "fitted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, ParameterContract, testing::ValuesIn(tested_models()),
                         [](const auto& test) { return test_name(test.param); });

}  // namespace
}  // namespace akin::contract
