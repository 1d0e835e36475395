#include "akin/base/param.h"

#include <gtest/gtest.h>

#include "akin/base/error.h"

namespace akin {
namespace {

struct Config {
  int factors = 64;
  float rate = 0.1f;
  bool bias = true;
  std::string solver = "cg";
  std::vector<Param> params() {
    return {{"factors", &factors, "dimension", 1, 4096},
            {"rate", &rate, "step", 0, 10},
            {"bias", &bias, "use biases"},
            {"solver", &solver, "solver", 0, 0, {"cg", "exact"}}};
  }
};

ErrorCode code_of(Config& config, const ParamValues& values, std::string* message = nullptr) {
  try {
    set_params(config.params(), values, "als");
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.code();
  }
  return ErrorCode::kInternal;
}

TEST(Params, SetsEveryType) {
  Config config;
  set_params(config.params(), {{"factors", "7"}, {"rate", "2.5e-1"}, {"bias", "off"}, {"solver", "exact"}},
             "als");
  EXPECT_EQ(config.factors, 7);
  EXPECT_FLOAT_EQ(config.rate, 0.25f);
  EXPECT_FALSE(config.bias);
  EXPECT_EQ(config.solver, "exact");
}

TEST(Params, TextReadsBackToTheSameValues) {
  Config config;
  config.rate = 0.1234567f;
  const ParamValues values = get_params(config.params());
  Config copy;
  set_params(copy.params(), values, "als");
  EXPECT_EQ(copy.rate, config.rate);
  EXPECT_EQ(get_params(copy.params()), values);
}

TEST(Params, RefusesWrongValues) {
  Config config;
  for (const char* text : {"", "0", "4097", "7.5", "seven", "7x", " 7", "99999999999999"}) {
    EXPECT_EQ(code_of(config, {{"factors", text}}), ErrorCode::kUsage) << text;
  }
  for (const char* text : {"", "nan", "-1", "11", "inf", "1e40"}) {
    EXPECT_EQ(code_of(config, {{"rate", text}}), ErrorCode::kUsage) << text;
  }
  EXPECT_EQ(code_of(config, {{"bias", "maybe"}}), ErrorCode::kUsage);
  EXPECT_EQ(config.factors, 64);
}

TEST(Params, SuggestsNames) {
  Config config;
  std::string message;
  EXPECT_EQ(code_of(config, {{"factor", "7"}}, &message), ErrorCode::kUsage);
  EXPECT_NE(message.find("did you mean factors"), std::string::npos) << message;
  EXPECT_EQ(code_of(config, {{"solver", "exakt"}}, &message), ErrorCode::kUsage);
  EXPECT_NE(message.find("did you mean exact"), std::string::npos) << message;
}

}  // namespace
}  // namespace akin
