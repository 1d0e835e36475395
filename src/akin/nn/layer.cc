#include "akin/nn/layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <type_traits>

#include "akin/base/error.h"
#include "akin/base/synonyms.h"
#include "akin/nn/layers/layer_defs.h"
#include "akin/nn/parse_name.h"

namespace akin::nn {
namespace {

constexpr std::array<std::string_view, 11> kActivationNames = {
    "default",    "linear",  "sigmoid", "hard_sigmoid", "tanh", "relu",
    "leaky_relu", "softmax", "gelu",    "silu",         "relu6"};
constexpr std::array<std::string_view, 3> kVectorNames = {"learned", "one-hot", "pretrained"};
constexpr std::array<std::string_view, 3> kPaddingNames = {"valid", "same", "full"};  // kAmount is a number
constexpr std::array<std::string_view, 3> kBagNames = {"sum", "mean", "sqrt"};

/// How a field goes into a FieldValue and back; set() is false for a value of another type.
struct Field {
  std::string_view name;
  std::string_view type;  // for messages
  std::function<FieldValue(const LayerSpec&)> get;
  std::function<bool(LayerSpec&, const FieldValue&)> set;
};

template <typename T>
std::optional<T> convert(const FieldValue& value) {
  if (const T* same = std::get_if<T>(&value)) return *same;
  if constexpr (std::is_same_v<T, double>) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  }
  if constexpr (std::is_same_v<T, Shape>) {  // kernel = 3 means [3]
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return Shape{*whole};
    const auto* empty = std::get_if<std::vector<std::string>>(&value);
    if (empty != nullptr && empty->empty()) return Shape{};
  }
  return std::nullopt;
}

template <typename T>
Field plain(std::string_view name, std::string_view type, T LayerSpec::*member) {
  return {name, type, [member](const LayerSpec& layer) { return FieldValue(layer.*member); },
          [member](LayerSpec& layer, const FieldValue& value) {
            const auto converted = convert<T>(value);
            if (converted) layer.*member = *converted;
            return converted.has_value();
          }};
}

template <typename Enum, std::size_t kCount>
Field choice(std::string_view name, Enum LayerSpec::*member,
             const std::array<std::string_view, kCount>& names) {
  return {name, "a name",
          [member, &names](const LayerSpec& layer) {
            return FieldValue(std::string(names[static_cast<std::size_t>(layer.*member)]));
          },
          [name, member, &names](LayerSpec& layer, const FieldValue& value) {
            const auto* text = std::get_if<std::string>(&value);
            if (text != nullptr) layer.*member = parse_name<Enum>(*text, names, name);
            return text != nullptr;
          }};
}

/// "valid", "same", "full", or the number of zeros on each side.
Field padding_field() {
  const Field named = choice("padding", &LayerSpec::padding, kPaddingNames);
  return {"padding", "valid, same, full or a number",
          [named](const LayerSpec& layer) {
            return layer.padding == Padding::kAmount ? FieldValue(layer.pad) : named.get(layer);
          },
          [named](LayerSpec& layer, const FieldValue& value) {
            const auto* amount = std::get_if<std::int64_t>(&value);
            if (amount == nullptr) return named.set(layer, value);
            layer.padding = Padding::kAmount;
            layer.pad = *amount;
            return true;
          }};
}

const std::vector<Field>& fields() {
  static const std::vector<Field> kFields = {
      plain("shape", "a list of whole numbers", &LayerSpec::shape),
      plain("units", "a whole number", &LayerSpec::units),
      plain("rows", "a whole number", &LayerSpec::rows),
      plain("padding_index", "a whole number", &LayerSpec::padding_index),
      plain("max_norm", "a number", &LayerSpec::max_norm),
      choice("vectors", &LayerSpec::vectors, kVectorNames),
      plain("file", "a file's name", &LayerSpec::file),
      plain("tensor", "a tensor's name", &LayerSpec::tensor),
      choice("activation", &LayerSpec::activation, kActivationNames),
      choice("recurrent_activation", &LayerSpec::recurrent_activation, kActivationNames),
      plain("kernel", "a list of whole numbers", &LayerSpec::kernel),
      plain("pool", "a list of whole numbers", &LayerSpec::pool),
      plain("strides", "a list of whole numbers", &LayerSpec::strides),
      padding_field(),
      plain("rate", "a number", &LayerSpec::rate),
      plain("bias", "true or false", &LayerSpec::bias),
      plain("return_sequences", "true or false", &LayerSpec::return_sequences),
      plain("axis", "a whole number", &LayerSpec::axis),
      plain("momentum", "a number", &LayerSpec::momentum),
      plain("epsilon", "a number", &LayerSpec::epsilon),
      plain("trainable", "true or false", &LayerSpec::trainable),
      choice("mode", &LayerSpec::mode, kBagNames),
      plain("heads", "a whole number", &LayerSpec::heads),
      plain("key_size", "a whole number", &LayerSpec::key_size),
      plain("causal", "true or false", &LayerSpec::causal),
      plain("mask", "a layer's name", &LayerSpec::mask),
      plain("weights_of", "a layer's name", &LayerSpec::weights_of),
      plain("kl_weight", "a number", &LayerSpec::kl_weight),
      plain("anneal_steps", "a whole number", &LayerSpec::anneal_steps),
      plain("depth_multiplier", "a whole number", &LayerSpec::depth_multiplier),
      plain("k", "a number", &LayerSpec::k),
      plain("layer", "a whole number", &LayerSpec::layer),
      plain("layers", "a whole number", &LayerSpec::layers),
      plain("size", "a whole number", &LayerSpec::size),
      plain("alpha", "a number", &LayerSpec::alpha),
      plain("beta", "a number", &LayerSpec::beta),
  };
  return kFields;
}

const Field& field_of(std::string_view name) {
  const auto found = std::ranges::find(fields(), name, &Field::name);
  AKIN_ASSERT(found != fields().end());
  return *found;
}

}  // namespace

const KindInfo& kind_info(LayerKind kind) { return layer_def(kind).info; }

LayerKind parse_kind(std::string_view name) {
  std::vector<std::string> names;
  for (const LayerDef& def : layer_defs()) {
    if (def.info.name == name) return def.info.kind;
    names.emplace_back(def.info.name);
  }
  fail(ErrorCode::kUsage, "unknown kind of layer '{}'{}; there are {}", name, did_you_mean(name, names),
       fmt::join(names, ", "));
}

std::string_view to_string(Activation activation) {
  return kActivationNames[static_cast<std::size_t>(activation)];
}

Activation parse_activation(std::string_view name) {
  return parse_name<Activation>(name, kActivationNames, "activation");
}

void set_field(LayerSpec& layer, std::string_view name, const FieldValue& value) {
  const KindInfo& info = kind_info(layer.kind);
  if (std::ranges::find(info.fields, name) == info.fields.end()) {
    std::vector<std::string> known = {"kind", "name", "inputs"};
    known.insert(known.end(), info.fields.begin(), info.fields.end());
    fail(ErrorCode::kUsage, "a layer of kind {} has no '{}'{}; it has {}", info.name, name,
         did_you_mean_parameter(name, known), fmt::join(known, ", "));
  }
  const Field& field = field_of(name);
  if (!field.set(layer, value)) fail(ErrorCode::kUsage, "{} must be {}", name, field.type);
}

std::vector<std::pair<std::string, FieldValue>> changed_fields(const LayerSpec& layer) {
  std::vector<std::pair<std::string, FieldValue>> changed;
  const LayerSpec defaults;
  for (const std::string_view name : kind_info(layer.kind).fields) {
    const Field& field = field_of(name);
    FieldValue value = field.get(layer);
    if (value != field.get(defaults)) changed.emplace_back(name, std::move(value));
  }
  return changed;
}

}  // namespace akin::nn
