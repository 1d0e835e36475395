// The same numbers in another shape.
#include <algorithm>

#include "akin/base/checked_math.h"
#include "akin/nn/layers/layer_defs.h"

namespace akin::nn {
namespace {

LayerShape infer_flatten(const LayerSpec&, std::span<const Shape> inputs) {
  return {{count_of(inputs[0])}, {}};
}

LayerShape infer_reshape(const LayerSpec& layer, std::span<const Shape> inputs) {
  const Shape& in = inputs[0];
  Shape out = layer.shape;
  const std::int64_t total = count_of(in);
  std::int64_t known = 1;
  std::int64_t open = 0;
  for (const std::int64_t size : out) {
    if (size == -1) {
      ++open;
      continue;
    }
    if (size < 1) wrong(layer, "sizes must be at least 1, or one of them -1");
    const auto product = checked_product(known, size);
    if (!product || *product > total)
      wrong(layer, "cannot make {} of {}, which has {} values", shape_text(layer.shape), shape_text(in),
            total);
    known = *product;
  }
  if (out.empty() || open > 1) wrong(layer, "needs a shape with at most one -1");
  if (open == 1 && total % known == 0) std::ranges::replace(out, std::int64_t{-1}, total / known);
  if (std::ranges::find(out, -1) != out.end() || count_of(out) != total)
    wrong(layer, "cannot make {} of {}, which has {} values", shape_text(layer.shape), shape_text(in), total);
  return {out, {}};
}

LayerShape infer_concatenate(const LayerSpec& layer, std::span<const Shape> inputs) {
  const auto rank = static_cast<std::int64_t>(inputs[0].size());
  const std::int64_t axis = layer.axis < 0 ? rank + layer.axis : layer.axis - 1;
  if (axis < 0 || axis >= rank) wrong(layer, "axis must be 1 to {} or -1 to -{}", rank, rank);
  const auto at = static_cast<std::size_t>(axis);
  Shape out = inputs[0];
  out[at] = 0;
  for (const Shape& in : inputs) {
    Shape other = in;
    if (other.size() == out.size()) other[at] = out[at];
    if (other != out) wrong(layer, "{} and {} differ beside the axis", shape_text(inputs[0]), shape_text(in));
    out[at] += in[at];
  }
  return {out, {}};
}

}  // namespace

LayerDefs reshape_layers() {
  using K = LayerKind;
  return {
      {{K::kFlatten, "flatten", "Flatten", "flatten", 1, 1, {}}, infer_flatten},
      {{K::kReshape, "reshape", "Reshape", "reshape", 1, 1, {"shape"}}, infer_reshape},
      {{K::kConcatenate, "concatenate", "Concatenate", "concatenate", 2, kManyInputs, {"axis"}},
       infer_concatenate},
  };
}

}  // namespace akin::nn
