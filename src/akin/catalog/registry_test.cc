#include "akin/catalog/registry.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace akin
