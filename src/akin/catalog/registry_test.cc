#include "akin/catalog/registry.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "akin/base/error.h"
#include "akin/models/implicit/als.h"

namespace akin {
namespace {

std::string message_of(ErrorCode code, const std::string& model, const ParamValues& values = {}) {
  try {
    const ModelSpec spec(model, values);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

struct TwoFields {
  static constexpr const char* kModel = "als";
  int factors = 8;
  std::string solver = "exact";
  ParamValues values() const { return {{"factors", param_text(factors)}, {"solver", param_text(solver)}}; }
};

TEST(ModelSpec, NamedTypedAndOfAClassAreTheSame) {
  const ModelSpec named("als", {{"factors", "8"}, {"solver", "exact"}});
  EXPECT_EQ(named.entry, &find_model("als"));
  EXPECT_EQ(named.name(), "als");
  EXPECT_TRUE(named.traits().iterative);
  const ParamValues all = named.all_params();
  EXPECT_EQ(all.at("factors"), "8");
  EXPECT_EQ(all.at("alpha"), "1") << "defaults are filled in";
  EXPECT_EQ(all.size(), find_model("als").params().size());
  const ModelSpec typed = TwoFields{};
  EXPECT_EQ(typed.entry, named.entry);
  EXPECT_EQ(typed.params, named.params);
  const ModelSpec of_class = ModelSpec::of<Als>({.factors = 8, .solver = "exact"});
  EXPECT_EQ(of_class.entry, named.entry);
  EXPECT_EQ(of_class.params, all);
  EXPECT_EQ(ModelSpec::of<Als>().params, find_model("als").complete({}));
  EXPECT_EQ(ModelSpec("als", {{"cg-steps", "3"}}).all_params().at("cg_steps"), "3");
}

TEST(ModelSpec, WhatIsWrongIsRefusedAtOnce) {
  EXPECT_TRUE(contains(message_of(ErrorCode::kNotFound, "asl"), "did you mean als"));
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, "als", {{"factor", "8"}}), "did you mean factors"));
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, "als", {{"factors", "0"}}), "factors"));
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, "als", {{"factors", "eight"}}), "factors"));
  EXPECT_TRUE(contains(message_of(ErrorCode::kUsage, "als", {{"solver", "exat"}}), "solver"));
  EXPECT_THROW(ModelSpec(TwoFields{.factors = -1}), Error);
}

/// The number as help and messages print it.
std::string printed(double number) { return fmt::format("{}", number); }

TEST(ModelSpec, EveryParameterTakesTheBoundsItPrints) {
  for (const ModelEntry& entry : models()) {
    for (const ModelEntry::ParamInfo& info : entry.params()) {
      if (info.type != "int" && info.type != "float") continue;
      const std::string name(info.param.name);
      SCOPED_TRACE(fmt::format("{} {}", entry.name, name));
      ASSERT_LT(info.param.min, info.param.max);
      const auto accepts = [&](const std::string& text) {
        try {
          entry.complete({{name, text}});
          return true;
        } catch (const Error& error) {
          EXPECT_EQ(error.code(), ErrorCode::kUsage);
          EXPECT_TRUE(contains(error.what(), fmt::format("{}: parameter {}: ", entry.name, name)))
              << error.what();
          return false;
        }
      };
      EXPECT_TRUE(accepts(printed(info.param.min)));
      EXPECT_TRUE(accepts(printed(info.param.max)));
      EXPECT_TRUE(accepts(info.default_value));
      if (info.type == "int") {
        ASSERT_EQ(info.param.min, std::floor(info.param.min));
        ASSERT_EQ(info.param.max, std::floor(info.param.max));
        ASSERT_LE(info.param.max, std::numeric_limits<int>::max());
        EXPECT_FALSE(accepts(printed(info.param.min - 1)));
        EXPECT_FALSE(accepts(printed(info.param.max + 1)));
      } else {
        const auto low = static_cast<float>(info.param.min), high = static_cast<float>(info.param.max);
        constexpr float kInfinity = std::numeric_limits<float>::infinity();
        EXPECT_FALSE(accepts(param_text(std::nextafter(low, -kInfinity))));
        EXPECT_FALSE(accepts(param_text(std::nextafter(high, kInfinity))));
        EXPECT_FALSE(accepts("nan"));
      }
      if (!info.param.search.on()) continue;
      EXPECT_TRUE(accepts(printed(info.param.search.low)));
      EXPECT_TRUE(accepts(printed(info.param.search.high)));
    }
  }
}

}  // namespace
}  // namespace akin
