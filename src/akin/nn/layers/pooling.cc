// Pools: the greatest or the mean of a window, or of all positions.
#include "akin/nn/layers/layer_defs.h"

namespace akin::nn {
namespace {

template <std::size_t kDims>
LayerShape infer_pool(const LayerSpec& layer, std::span<const Shape> inputs) {
  if (layer.pool.size() != kDims) wrong(layer, "pool has {} size{}", kDims, kDims == 1 ? "" : "s");
  if (layer.padding == Padding::kFull) wrong(layer, "padding is valid, same or a number");
  Shape out = slide(layer, inputs[0], layer.pool);
  out.push_back(inputs[0].back());
  return {out, {}};
}

template <std::size_t kDims>
LayerShape infer_global_pool(const LayerSpec& layer, std::span<const Shape> inputs) {
  need_rank(layer, inputs[0], kDims + 1, kDims == 1 ? "(steps, channels)" : "(height, width, channels)");
  return {{inputs[0].back()}, {}};
}

LayerDef window_pool(LayerKind kind, std::string_view name, std::string_view type, std::string_view stem) {
  const bool line = kind == LayerKind::kMaxPool1d || kind == LayerKind::kAveragePool1d;
  return {{kind, name, type, stem, 1, 1, {"pool", "strides", "padding"}},
          line ? infer_pool<1> : infer_pool<2>};
}

LayerDef global_pool(LayerKind kind, std::string_view name, std::string_view type, std::string_view stem) {
  const bool line = kind == LayerKind::kGlobalMaxPool1d || kind == LayerKind::kGlobalAveragePool1d;
  const std::vector<std::string_view> fields =
      line ? std::vector<std::string_view>{"mask"} : std::vector<std::string_view>{};
  return {{kind, name, type, stem, 1, 1, fields}, line ? infer_global_pool<1> : infer_global_pool<2>};
}

}  // namespace

LayerDefs pooling_layers() {
  using K = LayerKind;
  return {
      window_pool(K::kMaxPool1d, "max_pool1d", "MaxPooling1D", "max_pooling1d"),
      window_pool(K::kMaxPool2d, "max_pool2d", "MaxPooling2D", "max_pooling2d"),
      window_pool(K::kAveragePool1d, "average_pool1d", "AveragePooling1D", "average_pooling1d"),
      window_pool(K::kAveragePool2d, "average_pool2d", "AveragePooling2D", "average_pooling2d"),
      global_pool(K::kGlobalMaxPool1d, "global_max_pool1d", "GlobalMaxPooling1D", "global_max_pooling1d"),
      global_pool(K::kGlobalMaxPool2d, "global_max_pool2d", "GlobalMaxPooling2D", "global_max_pooling2d"),
      global_pool(K::kGlobalAveragePool1d, "global_average_pool1d", "GlobalAveragePooling1D",
                  "global_average_pooling1d"),
      global_pool(K::kGlobalAveragePool2d, "global_average_pool2d", "GlobalAveragePooling2D",
                  "global_average_pooling2d"),
  };
}

}  // namespace akin::nn
