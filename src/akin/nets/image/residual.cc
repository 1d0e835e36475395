#include "akin/nets/image/residual.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/nets/image/architecture_parts.h"

namespace akin::nets {
namespace {

constexpr double kEpsilon = 1e-5;

ConvOp normalized(std::string name, int kernel, int channels, int stride) {
  ConvOp op = conv(std::move(name), kernel, channels, {});
  op.pad = kernel / 2;
  op.stride = stride;
  op.epsilon = kEpsilon;
  return op;
}

void add_block(ConvPlan& plan, const std::string& name, int channels, int stride) {
  const int input = plan.last();
  int shortcut = input;
  if (stride != 1 || plan.shape(input).channels != channels) {
    ConvOp project = normalized(name + "_shortcut", 1, channels, stride);
    project.activation = Activation::kNone;
    shortcut = plan.add(std::move(project));
  }
  ConvOp first = normalized(name + "_conv1", 3, channels, stride);
  first.inputs = {input};
  plan.add(std::move(first));
  ConvOp second = normalized(name + "_conv2", 3, channels, 1);
  second.add = shortcut;
  plan.add(std::move(second));
}

}  // namespace

bool ResidualShape::valid() const {
  const auto within = [](int value, int low, int high) { return value >= low && value <= high; };
  return within(size, 8, 512) && within(width, 1, 1024) && within(blocks, 1, 100) && within(stages, 1, 7);
}

int stages_for(int size) {
  int stages = 1;
  for (int places = size; places > 8; places = (places + 1) / 2) ++stages;
  return stages;
}

ConvPlan residual_plan(const ResidualShape& shape, int classes) {
  ConvPlan plan(shape.size);
  plan.add(normalized("stem", 3, shape.width, 1));
  for (int stage = 1; stage <= shape.stages; ++stage) {
    const int channels = shape.width * std::min(8, 1 << (stage - 1));
    for (int block = 1; block <= shape.blocks; ++block)
      add_block(plan, fmt::format("stage{}_block{}", stage, block), channels,
                stage > 1 && block == 1 ? 2 : 1);
  }
  plan.features = plan.last();
  if (classes == 0) return plan;
  plan.add(plain(OpKind::kGlobalAverage, "mean"));
  plan.add(dense("predictions", classes, Activation::kSoftmax, {}));
  return plan;
}

const WeightLibrary& residual_library() {
  static const WeightLibrary kLibrary = {
      "akin",
      true,
      "/kernel",
      "/bias",
      {square_of(64, Fit::kStretch, Filter::kBilinear), {127.5F, 127.5F, 127.5F}, {127.5F, 127.5F, 127.5F}}};
  return kLibrary;
}

}  // namespace akin::nets
