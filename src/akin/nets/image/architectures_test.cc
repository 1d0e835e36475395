#include "akin/nets/image/architectures.h"

#include <gtest/gtest.h>

#include "akin/base/error_for_test.h"

namespace akin::nets {
namespace {

std::size_t parameters(const ConvPlan& plan) {
  std::size_t sum = 0;
  for (int i = 0; i <= plan.last(); ++i) sum += plan.parameters(i);
  return sum;
}
std::size_t parameters(const char* name, int classes, std::size_t library = 0) {
  return parameters(find_architecture(name).plan(library, classes));
}

TEST(ArchitecturesTest, ParametersAreThoseOfTheLibraries) {
  EXPECT_EQ(parameters("vgg16", 1000), 138'357'544U);
  EXPECT_EQ(parameters("vgg16", 0), 14'714'688U);
  EXPECT_EQ(parameters("vgg19", 1000), 143'667'240U);
  EXPECT_EQ(parameters("vgg19", 0), 20'024'384U);
  EXPECT_EQ(parameters("alexnet", 1000), 61'100'840U);
  EXPECT_EQ(parameters("alexnet-2012", 1000), 60'965'224U);
  EXPECT_EQ(parameters("squeezenet1.0", 1000), 1'248'424U);
  EXPECT_EQ(parameters("squeezenet1.1", 1000), 1'235'496U);
  EXPECT_EQ(parameters("mobilenetv2", 1000), 3'504'872U);
  EXPECT_EQ(parameters("mobilenetv2", 0), 2'223'872U);
  EXPECT_EQ(parameters("efficientnet-lite0", 1000), 4'652'008U);
}

TEST(ArchitecturesTest, OutputsHaveTheShapesOfTheLibraries) {
  const auto features = [](const char* name, std::size_t library) {
    const ConvPlan plan = find_architecture(name).plan(library, 0);
    return plan.shape(plan.features);
  };
  EXPECT_EQ(features("vgg16", 0), (MapShape{7, 7, 512}));
  EXPECT_EQ(features("vgg19", 1), (MapShape{7, 7, 512}));
  EXPECT_EQ(features("alexnet", 0), (MapShape{6, 6, 256}));
  EXPECT_EQ(features("alexnet-2012", 0), (MapShape{6, 6, 256}));
  EXPECT_EQ(features("squeezenet1.0", 0), (MapShape{13, 13, 512}));
  EXPECT_EQ(features("squeezenet1.1", 1), (MapShape{13, 13, 512}));
  EXPECT_EQ(features("mobilenetv2", 0), (MapShape{7, 7, 1280}));
  EXPECT_EQ(features("efficientnet-lite0", 0), (MapShape{7, 7, 1280}));
  EXPECT_EQ(features("small-cnn", 0), (MapShape{4, 4, 128}));
}

TEST(ArchitecturesTest, EveryLibraryNamesEveryTensorAndSize) {
  for (const Architecture& architecture : architectures()) {
    for (std::size_t l = 0; l < architecture.libraries.size(); ++l) {
      const ConvPlan plan = architecture.plan(l, 10);
      EXPECT_EQ(plan.shape(0).width, architecture.libraries[l].preprocessing.square.size)
          << architecture.name;
      for (const ConvOp& op : plan.ops()) {
        if (!op.has_weights()) continue;
        EXPECT_EQ(op.files.size(), architecture.libraries.size()) << architecture.name << " " << op.name;
      }
    }
  }
}

TEST(ArchitecturesTest, UnknownNamesAreToldWithThoseThereAre) {
  EXPECT_TRUE(
      contains(message_of(ErrorCode::kUsage, [] { find_architecture("vgg61"); }), "vgg16, vgg19, alexnet"));
}

}  // namespace
}  // namespace akin::nets
