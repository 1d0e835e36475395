#include "akin/nets/image/conv_plan.h"

#include <algorithm>

#include "akin/base/error.h"

namespace akin::nets {

Padding padding_of(const ConvOp& op, int input) {
  if (!op.same) return {op.pad, op.pad};
  const int outputs = (input + op.stride - 1) / op.stride;
  const int zeros = std::max(0, (outputs - 1) * op.stride + op.kernel - input);
  return {zeros / 2, zeros - zeros / 2};
}

namespace {

int places(const ConvOp& op, int input) {
  const Padding padding = padding_of(op, input);
  const int room = input + padding.before + padding.behind - op.kernel;
  AKIN_ASSERT(room >= 0);
  return (op.ceil ? (room + op.stride - 1) / op.stride : room / op.stride) + 1;
}

}  // namespace

ConvPlan::ConvPlan(int input_size) {
  ops_.push_back({.kind = OpKind::kPicture, .name = "input"});
  shapes_.push_back({input_size, input_size, 3});
}

int ConvPlan::add(ConvOp op) {
  if (op.inputs.empty()) op.inputs = {last()};
  shapes_.push_back(shape_of(op));
  ops_.push_back(std::move(op));
  return last();
}

MapShape ConvPlan::shape_of(const ConvOp& op) const {
  const MapShape in = shape(op.inputs[0]);
  switch (op.kind) {
    case OpKind::kConv: {
      AKIN_ASSERT(in.channels % op.groups == 0 && op.channels % op.groups == 0);
      AKIN_ASSERT(op.groups == 1 || !op.depthwise() || in.channels == op.channels);
      const MapShape out = {places(op, in.height), places(op, in.width), op.channels};
      AKIN_ASSERT(op.add < 0 || shape(op.add) == out);
      return out;
    }
    case OpKind::kMaxPool:
    case OpKind::kAveragePool:
      return {places(op, in.height), places(op, in.width), in.channels};
    case OpKind::kGlobalAverage:
      return {1, 1, in.channels};
    case OpKind::kConcat: {
      MapShape out = in;
      for (std::size_t i = 1; i < op.inputs.size(); ++i) {
        const MapShape& more = shape(op.inputs[i]);
        AKIN_ASSERT(more.height == in.height && more.width == in.width);
        out.channels += more.channels;
      }
      return out;
    }
    case OpKind::kFlatten:
      return {1, 1, static_cast<int>(in.size())};
    case OpKind::kDense:
      AKIN_ASSERT(in.height == 1 && in.width == 1);
      return {1, 1, op.channels};
    default:
      return in;
  }
}

std::size_t ConvPlan::inner(int op) const {
  const ConvOp& of = this->op(op);
  const int channels = shape(of.inputs[0]).channels;
  return static_cast<std::size_t>(of.kernel * of.kernel) * static_cast<std::size_t>(channels / of.groups);
}

std::size_t ConvPlan::parameters(int op) const {
  const ConvOp& of = this->op(op);
  if (!of.has_weights()) return 0;
  return (inner(op) + (of.epsilon > 0 ? 2 : 1)) * static_cast<std::size_t>(of.channels);
}

}  // namespace akin::nets
