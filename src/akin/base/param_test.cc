#include "akin/base/param.h"

#include <gtest/gtest.h>

#include <cmath>

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

TEST(Params, TakesItsBoundsAsTheyArePrinted) {
  for (const double bound : {0.01, 0.1, 0.3, 0.7, 0.9, 0.99, 0.999, 1e-6, 1e-12, 3e-5, 1.1, 16777217.0}) {
    float value = 0;
    const Param up_to{"x", &value, "", 0, bound};
    const Param from{"x", &value, "", bound, 1e9};
    const std::string text = fmt::format("{}", bound);
    EXPECT_NO_THROW(set_param(up_to, text)) << text;
    EXPECT_NO_THROW(set_param(from, text)) << text;
    EXPECT_EQ(value, static_cast<float>(bound));
    const float above = std::nextafter(static_cast<float>(bound), 2e9f);
    const float below = std::nextafter(static_cast<float>(bound), 0.0f);
    EXPECT_THROW(set_param(up_to, param_text(above)), Error) << text;
    EXPECT_THROW(set_param(from, param_text(below)), Error) << text;
    EXPECT_NO_THROW(set_param(up_to, param_text(below))) << text;
  }
}

TEST(Params, MistakesNameTheOwner) {
  Config config;
  std::string message;
  EXPECT_EQ(code_of(config, {{"factors", "0"}}, &message), ErrorCode::kUsage);
  EXPECT_EQ(message, "als: parameter factors: 0 is not between 1 and 4096");
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
