// A net's layers as JSON text, for the metadata of saved nets.
#include <limits>
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/base/json_text.h"
#include "akin/nn/net_spec.h"

namespace akin::nn {
namespace {

using nlohmann::json;

json to_json(const FieldValue& value) {
  return std::visit([](const auto& held) { return json(held); }, value);
}

FieldValue from_json(const JsonFields& fields, const std::string& name) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const json& value = fields.field(name);
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return fields.whole(name, -kMost, kMost);
  if (value.is_number()) return value.get<double>();
  if (value.is_array()) {
    std::vector<std::int64_t> numbers;
    for (const json& element : value) {
      const json one = {{name, element}};
      numbers.push_back(JsonFields(one, fields.where()).whole(name, -kMost, kMost));
    }
    return numbers;
  }
  return fields.text(name);
}

LayerSpec layer_from(const json& object, const std::string& where) {
  const JsonFields fields(object, where);
  LayerSpec layer;
  layer.kind = parse_kind(fields.text("kind"));
  layer.name = fields.text("name");
  if (fields.has("inputs")) layer.inputs = fields.texts("inputs");
  for (const auto& [name, value] : object.items()) {
    if (name == "kind" || name == "name" || name == "inputs") continue;
    set_field(layer, name, from_json(fields, name));
  }
  return layer;
}

}  // namespace

std::string spec_json(const NetSpec& spec) {
  json layers = json::array();
  for (const LayerSpec& layer : spec.layers()) {
    json fields = {{"kind", kind_info(layer.kind).name}, {"name", layer.name}};
    if (!layer.inputs.empty()) fields["inputs"] = layer.inputs;
    for (const auto& [name, value] : changed_fields(layer)) fields[name] = to_json(value);
    layers.push_back(std::move(fields));
  }
  const json root = {
      {"name", spec.name()}, {"layers", std::move(layers)}, {"output", spec.layers()[spec.output()].name}};
  return root.dump();
}

NetSpec parse_spec(const std::string& text, const std::string& where) {
  const std::string what = where + ": its description of the net";
  try {
    const json root = parse_json(text, what);
    const JsonFields fields(root, what);
    NetSpec spec(fields.text("name"));
    const json& layers = fields.field("layers");
    if (!layers.is_array()) fail(ErrorCode::kBadData, "{}: layers is not a list", what);
    for (const json& layer : layers) spec.add(layer_from(layer, what));
    spec.set_output(fields.text("output"));
    return spec;
  } catch (const Error& error) {
    const std::string_view message = error.what();
    if (message.starts_with(what)) throw Error(ErrorCode::kBadData, error.what());
    fail(ErrorCode::kBadData, "{}: {}", what, message);
  }
}

}  // namespace akin::nn
