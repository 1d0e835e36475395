#include "akin/nets/net_embedding.h"

#include <fmt/format.h>

#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/format.h"

namespace akin::nets {
namespace {

using nn::LayerKind;
using nn::LayerSpec;
using nn::VectorSource;

std::vector<std::string> embeddings_of(const nn::NetSpec& spec) {
  std::vector<std::string> names;
  for (const LayerSpec& layer : spec.layers()) {
    // Whose vectors those of another layer are, is chosen with that layer.
    if (layer.kind == LayerKind::kEmbedding && layer.weights_of.empty()) names.push_back(layer.name);
  }
  return names;
}

/// The name of the layer that the choice is about.
std::string layer_of(const nn::NetSpec& spec, const EmbeddingChoice& choice) {
  const std::vector<std::string> names = embeddings_of(spec);
  if (names.empty()) fail(ErrorCode::kUsage, "embedding: the net has no embedding");
  if (choice.layer.empty()) {
    if (names.size() == 1) return names[0];
    fail(ErrorCode::kUsage,
         "embedding: the net has several; name one before a colon, such as {}:one-hot; there are: {}",
         names[0], fmt::join(names, ", "));
  }
  if (std::ranges::find(names, choice.layer) != names.end()) return choice.layer;
  fail(ErrorCode::kUsage, "embedding: the net has no embedding '{}'{}; there are: {}", choice.layer,
       did_you_mean(choice.layer, names), fmt::join(names, ", "));
}

std::vector<LayerSpec> one_hot(const LayerSpec& layer) {
  LayerSpec hot = layer;
  hot.name = layer.name + "_one_hot";
  hot.units = 0;
  hot.vectors = VectorSource::kOneHot;
  hot.file = hot.tensor = "";
  hot.trainable = true;
  LayerSpec dense;
  dense.kind = LayerKind::kDense;
  dense.name = layer.name;
  dense.inputs = {hot.name};
  dense.units = layer.units;
  dense.bias = false;
  return {std::move(hot), std::move(dense)};
}

/// The input layer that an embedding reads.
const std::string& input_of(const nn::NetSpec& spec, std::size_t layer) {
  return spec.layers()[spec.sources(layer).at(0)].name;
}

}  // namespace

EmbeddingChoice parse_embedding_choice(std::string_view text) {
  EmbeddingChoice choice;
  std::string_view how = text;
  const std::size_t equals = std::min(text.find('='), text.size());
  if (const std::size_t colon = text.substr(0, equals).find(':'); colon != std::string_view::npos) {
    choice.layer = text.substr(0, colon);
    how = text.substr(colon + 1);
  }
  constexpr std::string_view kPretrained = "pretrained=", kFreeze = ",freeze";
  if (how == "one-hot") {
    choice.vectors = VectorSource::kOneHot;
  } else if (how.starts_with(kPretrained)) {
    choice.vectors = VectorSource::kPretrained;
    choice.freeze = how.ends_with(kFreeze);
    choice.file = how.substr(kPretrained.size(),
                             how.size() - kPretrained.size() - (choice.freeze ? kFreeze.size() : 0));
  }
  const bool known = how == "learned" || how == "one-hot" || !choice.file.empty();
  if (!known) {
    fail(ErrorCode::kUsage,
         "embedding '{}': expected learned, one-hot, pretrained=FILE or pretrained=FILE,freeze, with LAYER: "
         "before it "
         "where the net has several embeddings",
         text);
  }
  return choice;
}

nn::NetSpec with_embeddings(const nn::NetSpec& spec, const std::vector<EmbeddingChoice>& choices) {
  if (choices.empty()) return spec;
  std::map<std::string, const EmbeddingChoice*> by_layer;
  for (const EmbeddingChoice& choice : choices) {
    const std::string layer = layer_of(spec, choice);
    if (!by_layer.emplace(layer, &choice).second)
      fail(ErrorCode::kUsage, "embedding: two choices for layer {}", layer);
  }
  return nn::with_layers(spec, [&](LayerSpec layer) -> std::vector<LayerSpec> {
    const auto chosen = by_layer.find(layer.name);
    if (chosen == by_layer.end()) return {std::move(layer)};
    const EmbeddingChoice& choice = *chosen->second;
    if (choice.vectors == VectorSource::kOneHot) return one_hot(layer);
    if (choice.vectors == VectorSource::kPretrained &&
        layer.units != static_cast<std::int64_t>(choice.rows->vectors.cols())) {
      fail(ErrorCode::kUsage,
           "embedding: layer {} has {} units, but the vectors of {} have length {}; set units = {}",
           layer.name, layer.units, choice.file, choice.rows->vectors.cols(), choice.rows->vectors.cols());
    }
    // The rows are put in when their ids are known.
    layer.vectors = VectorSource::kLearned;
    layer.file = layer.tensor = "";
    layer.trainable = !choice.freeze;
    return {std::move(layer)};
  });
}

std::vector<std::string> fill_embeddings(nn::Net& net, const std::vector<EmbeddingChoice>& choices,
                                         const NetIds& ids) {
  std::vector<std::string> remarks;
  for (const EmbeddingChoice& choice : choices) {
    if (choice.vectors != VectorSource::kPretrained) continue;
    const std::string layer = layer_of(net.spec(), choice);
    const std::string& input = input_of(net.spec(), net.spec().index(layer));
    const auto known = ids.find(input);
    if (known == ids.end()) {
      fail(ErrorCode::kUsage,
           "embedding: layer {} reads numbers of a table, not ids: pretrained vectors need a data set",
           layer);
    }
    std::vector<nn::NamedArray> weights = net.weights();
    const auto table = std::ranges::find(weights, layer + "/embeddings", &nn::NamedArray::name);
    const auto units = static_cast<std::size_t>(table->shape.at(1));
    std::uint64_t found = 0;
    std::visit(
        [&](auto& values) {
          using Value = typename std::decay_t<decltype(values)>::value_type;
          for (idx_t id = 0; id < known->second.size(); ++id) {
            const auto row = choice.rows->ids.find(known->second.id(id));
            const std::size_t to = (std::size_t{id} + 1) * units;  // row 0 stands for unknown and padding
            if (!row || to + units > values.size()) continue;
            std::ranges::transform(choice.rows->vectors[*row],
                                   values.begin() + static_cast<std::ptrdiff_t>(to),
                                   [](float x) { return static_cast<Value>(x); });
            ++found;
          }
        },
        table->values);
    if (found == 0)
      fail(ErrorCode::kBadData, "{}: none of its {} ids is known to input {}", choice.file,
           choice.rows->ids.size(), input);
    net.set_weights({*table});
    remarks.push_back(fmt::format("{}: vectors of {} of {} rows of {}{}", choice.file, format_count(found),
                                  format_count(known->second.size()), layer,
                                  choice.freeze ? ", frozen" : ""));
  }
  return remarks;
}

}  // namespace akin::nets
