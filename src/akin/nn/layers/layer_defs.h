// The kinds of layers on this side of the seam: each family's file says what its kinds are called, which
// fields they have, and what shapes and weights follow from them. Their equations stand in torch/layers/.
#pragma once

#include <fmt/format.h>

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "akin/base/error.h"
#include "akin/nn/layer.h"
#include "akin/nn/layer_shape.h"

namespace akin::nn {

/// How often the weights are multiplied for a sample: once for each position of the output or, where steps
/// follow each other, of the input; never where they are looked up or only scale.
enum class WeightUse { kEachOutput, kEachInput, kNever };

/// What a layer makes of steps of any number: kEach = something for each, kSummary = something that does not depend on
/// how many there are; kWhole = it needs as many as its input's shape says.
enum class StepUse { kWhole, kEach, kSummary };
StepUse step_use(const LayerSpec& layer);

struct LayerDef {
  KindInfo info;
  /// For inputs whose number has been checked.
  LayerShape (*infer)(const LayerSpec& layer, std::span<const Shape> inputs);
  WeightUse use = WeightUse::kEachOutput;
  bool reads_ids = false;  ///< its first input holds indices
};
using LayerDefs = std::vector<LayerDef>;

inline constexpr int kManyInputs = 1000;

// One function a family; layer_defs.cc lists them.
LayerDefs basic_layers();          // input, dense, dropout, activation
LayerDefs embedding_layers();      // what reads indices
LayerDefs reshape_layers();        // flatten, reshape, concatenate
LayerDefs merge_layers();          // add, multiply, dot
LayerDefs convolution_layers();    // and depthwise
LayerDefs pooling_layers();        // by windows, and global
LayerDefs k_max_layers();          // pools that keep the k greatest, folding
LayerDefs recurrent_layers();      // rnn, gru, lstm
LayerDefs attention_layers();      // attention, glu
LayerDefs gaussian_layers();       // samples of a distribution
LayerDefs candidate_layers();      // scores of candidates
LayerDefs normalization_layers();  // of a batch, of the last dimension, of neighbouring channels

/// All of them.
const LayerDefs& layer_defs();
const LayerDef& layer_def(LayerKind kind);

// What several families ask. Errors name the layer.

template <typename... Args>
[[noreturn]] void wrong(const LayerSpec& layer, fmt::format_string<Args...> format, Args&&... args) {
  fail(ErrorCode::kUsage, "layer {} ({}): {}", layer.name, kind_info(layer.kind).name,
       fmt::format(format, std::forward<Args>(args)...));
}
void need_rank(const LayerSpec& layer, const Shape& input, std::size_t rank, std::string_view meaning);
void need_units(const LayerSpec& layer);
/// At least 0 and below 1.
void need_rate(const LayerSpec& layer);
/// Appends weight "bias" of `width` numbers where the layer has one.
void add_bias(const LayerSpec& layer, LayerShape& shape, std::int64_t width, Initializer initializer);
/// Numbers of positions that `window` takes on the leading dimensions of `in`.
Shape slide(const LayerSpec& layer, const Shape& in, const Shape& window);
/// Its only input's shape, and no weights.
LayerShape infer_same(const LayerSpec& layer, std::span<const Shape> inputs);
/// Half the last dimension.
LayerShape infer_half(const LayerSpec& layer, std::span<const Shape> inputs);

}  // namespace akin::nn
