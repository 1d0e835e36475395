// The typed parameters that are made from the models' declarations (configs.h).
#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "akin/base/error.h"
#include "akin/catalog/registry.h"
#include "akin/configs.h"

namespace akin::contract {
namespace {

template <typename C>
class ConfigContract : public testing::Test {};

template <typename Tuple>
struct TypesOf;
template <typename... C>
struct TypesOf<std::tuple<C...>> {
  using Types = testing::Types<C...>;
  static std::multiset<std::string_view> models() { return {C::kModel...}; }
};

TYPED_TEST_SUITE(ConfigContract, TypesOf<ModelConfigs>::Types);

TYPED_TEST(ConfigContract, HasExactlyTheParametersAndDefaultsOfItsModel) {
  static_assert(ModelConfig<TypeParam>);
  const ModelEntry& model = find_model(TypeParam::kModel);
  EXPECT_EQ(TypeParam{}.values(), model.complete({}));
  const ModelSpec spec = TypeParam{};
  EXPECT_EQ(spec.name(), model.name);
  EXPECT_EQ(spec.all_params(), model.complete({}));
}

TEST(Configs, AreOfAllModels) {
  std::multiset<std::string_view> names;
  for (const ModelEntry& model : models()) names.insert(model.name);
  EXPECT_EQ(TypesOf<ModelConfigs>::models(), names);
}

TEST(Configs, FieldsOfEveryTypeReachTheModel) {
  const ModelSpec als =
      AlsConfig{.factors = 32, .regularization = 0.1f, .use_values = false, .solver = "exact"};
  EXPECT_EQ(
      als.all_params(),
      find_model("als").complete(
          {{"factors", "32"}, {"regularization", "0.1"}, {"use_values", "false"}, {"solver", "exact"}}));
  EXPECT_THROW(ModelSpec{AlsConfig{.factors = 0}}, Error);
  EXPECT_THROW(ModelSpec{AlsConfig{.solver = "guess"}}, Error);
}

}  // namespace
}  // namespace akin::contract
