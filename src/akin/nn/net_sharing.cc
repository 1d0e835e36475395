// What layers take from layers before them beside their inputs: masks and weights.
#include <algorithm>
#include <optional>

#include "akin/base/error.h"
#include "akin/nn/layers/layer_defs.h"
#include "akin/nn/net_spec.h"

namespace akin::nn {
namespace {

bool is_table(LayerKind kind) { return kind == LayerKind::kEmbedding || kind == LayerKind::kEmbeddingBag; }

/// Whether a layer may have the weights of the other.
bool alike(LayerKind kind, LayerKind other) {
  return kind == other || (is_table(kind) && is_table(other)) ||
         (kind == LayerKind::kDense && is_table(other));
}

}  // namespace

std::size_t NetSpec::earlier(const LayerSpec& layer, const std::string& name) const {
  const auto found = numbers_.find(name);
  if (found != numbers_.end()) return found->second;
  std::vector<std::string> names;
  for (const LayerSpec& known : layers_) names.push_back(known.name);
  fail(ErrorCode::kUsage, "layer {}: there is no layer {} before it{}", layer.name, name,
       did_you_mean(name, names));
}

/// The input layer whose indices say which steps of `masked` count.
std::size_t NetSpec::mask_of(const LayerSpec& layer, const Shape& masked) const {
  const std::size_t mask = earlier(layer, layer.mask);
  if (layers_[mask].kind != LayerKind::kInput || shapes_[mask].output != Shape{masked[0]})
    wrong(layer, "mask must be an input layer of {} indices, one a step; {} is {} of {}", masked[0],
          layer.mask, kind_info(layers_[mask].kind).name, shape_text(shapes_[mask].output));
  return mask;
}

/// Takes out of `shape` what layer.weights_of has; a dense layer has the table of an embedding, transposed.
std::vector<WeightRef> NetSpec::share_weights(const LayerSpec& layer, LayerShape& shape) const {
  const bool shares = !layer.weights_of.empty();
  const std::size_t other = shares ? earlier(layer, layer.weights_of) : 0;
  if (shares && !alike(layer.kind, layers_[other].kind))
    wrong(layer, "weights_of names a layer of its kind; {} is {}", layer.weights_of,
          kind_info(layers_[other].kind).name);
  const auto find = [&](const WeightSpec& weight) -> std::optional<WeightRef> {
    for (const WeightRef& ref : shares ? weights_[other] : std::vector<WeightRef>{}) {
      const WeightSpec& known = shapes_[ref.layer].weights[ref.weight];
      if (known.name == weight.name && known.shape == weight.shape) return ref;
      const Shape turned(known.shape.rbegin(), known.shape.rend());
      if (layer.kind == LayerKind::kDense && known.name == "embeddings" && turned == weight.shape)
        return WeightRef{ref.layer, ref.weight, true};
    }
    return std::nullopt;
  };
  std::vector<WeightRef> refs;
  std::vector<WeightSpec> own;
  for (const WeightSpec& weight : shape.weights) {
    const std::optional<WeightRef> found = find(weight);
    if (shares && !found && weight.name != "bias")
      wrong(layer, "{} has no {} of ({}) for it", layer.weights_of, weight.name,
            fmt::join(weight.shape, ", "));
    refs.push_back(found ? *found : WeightRef{layers_.size(), own.size(), false});
    if (!found) own.push_back(weight);
  }
  if (shares && !layer.trainable && own.empty())
    wrong(layer, "has no weights of its own: set trainable where they are, in layer {}", layer.weights_of);
  if (shares && refs.empty()) wrong(layer, "has no weights that could be those of {}", layer.weights_of);
  shape.weights = std::move(own);
  return refs;
}

}  // namespace akin::nn
