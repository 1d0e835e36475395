#include "akin/nn/layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <type_traits>

#include "akin/base/error.h"
#include "akin/base/synonyms.h"
#include "akin/nn/parse_name.h"

namespace akin::nn {
namespace {

constexpr int kMany = 1000;

constexpr std::array<std::string_view, 8> kActivationNames = {
    "default", "linear", "sigmoid", "hard_sigmoid", "tanh", "relu", "leaky_relu", "softmax"};
constexpr std::array<std::string_view, 3> kVectorNames = {"learned", "one-hot", "pretrained"};
constexpr std::array<std::string_view, 2> kPaddingNames = {"valid", "same"};  // kAmount is a number

const std::vector<KindInfo>& kinds() {
  using K = LayerKind;
  static const std::vector<std::string_view> kPool = {"pool", "strides", "padding"};
  static const std::vector<std::string_view> kConv = {"units",      "kernel", "strides",  "padding",
                                                      "activation", "bias",   "trainable"};
  static const std::vector<std::string_view> kGated = {"units", "activation",       "recurrent_activation",
                                                       "bias",  "return_sequences", "trainable"};
  static const std::vector<KindInfo> kKinds = {
      {K::kInput, "input", "InputLayer", "input", 0, 0, {"shape"}},
      {K::kDense, "dense", "Dense", "dense", 1, 1, {"units", "activation", "bias", "trainable"}},
      {K::kEmbedding,
       "embedding",
       "Embedding",
       "embedding",
       1,
       1,
       {"rows", "units", "vectors", "file", "tensor", "trainable"}},
      {K::kMultiHot, "multi_hot", "MultiHot", "multi_hot", 1, 1, {"units"}},
      {K::kFlatten, "flatten", "Flatten", "flatten", 1, 1, {}},
      {K::kReshape, "reshape", "Reshape", "reshape", 1, 1, {"shape"}},
      {K::kDropout, "dropout", "Dropout", "dropout", 1, 1, {"rate"}},
      {K::kActivation, "activation", "Activation", "activation", 1, 1, {"activation"}},
      {K::kConv1d, "conv1d", "Conv1D", "conv1d", 1, 1, kConv},
      {K::kConv2d, "conv2d", "Conv2D", "conv2d", 1, 1, kConv},
      {K::kMaxPool1d, "max_pool1d", "MaxPooling1D", "max_pooling1d", 1, 1, kPool},
      {K::kMaxPool2d, "max_pool2d", "MaxPooling2D", "max_pooling2d", 1, 1, kPool},
      {K::kAveragePool1d, "average_pool1d", "AveragePooling1D", "average_pooling1d", 1, 1, kPool},
      {K::kAveragePool2d, "average_pool2d", "AveragePooling2D", "average_pooling2d", 1, 1, kPool},
      {K::kGlobalMaxPool1d, "global_max_pool1d", "GlobalMaxPooling1D", "global_max_pooling1d", 1, 1, {}},
      {K::kGlobalMaxPool2d, "global_max_pool2d", "GlobalMaxPooling2D", "global_max_pooling2d", 1, 1, {}},
      {K::kGlobalAveragePool1d,
       "global_average_pool1d",
       "GlobalAveragePooling1D",
       "global_average_pooling1d",
       1,
       1,
       {}},
      {K::kGlobalAveragePool2d,
       "global_average_pool2d",
       "GlobalAveragePooling2D",
       "global_average_pooling2d",
       1,
       1,
       {}},
      {K::kRnn,
       "rnn",
       "SimpleRNN",
       "simple_rnn",
       1,
       1,
       {"units", "activation", "bias", "return_sequences", "trainable"}},
      {K::kGru, "gru", "GRU", "gru", 1, 1, kGated},
      {K::kLstm, "lstm", "LSTM", "lstm", 1, 1, kGated},
      {K::kConcatenate, "concatenate", "Concatenate", "concatenate", 2, kMany, {"axis"}},
      {K::kAdd, "add", "Add", "add", 2, kMany, {}},
      {K::kMultiply, "multiply", "Multiply", "multiply", 2, kMany, {}},
      {K::kDot, "dot", "Dot", "dot", 2, 2, {}},
      {K::kBatchNorm,
       "batch_norm",
       "BatchNormalization",
       "batch_normalization",
       1,
       1,
       {"momentum", "epsilon", "trainable"}},
  };
  return kKinds;
}

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

/// "valid", "same", or the number of zeros on each side.
Field padding_field() {
  const Field named = choice("padding", &LayerSpec::padding, kPaddingNames);
  return {"padding", "valid, same or a number",
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
  };
  return kFields;
}

const Field& field_of(std::string_view name) {
  const auto found = std::ranges::find(fields(), name, &Field::name);
  AKIN_ASSERT(found != fields().end());
  return *found;
}

}  // namespace

std::span<const KindInfo> layer_kinds() { return kinds(); }

const KindInfo& kind_info(LayerKind kind) {
  const auto found = std::ranges::find(kinds(), kind, &KindInfo::kind);
  AKIN_ASSERT(found != kinds().end());
  return *found;
}

LayerKind parse_kind(std::string_view name) {
  std::vector<std::string> names;
  for (const KindInfo& info : kinds()) {
    if (info.name == name) return info.kind;
    names.emplace_back(info.name);
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
