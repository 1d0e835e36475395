// A net's layers as JSON text, for the metadata of saved nets.
#include <nlohmann/json.hpp>

#include "akin/base/error.h"
#include "akin/nn/net_spec.h"

namespace akin::nn {
namespace {

using nlohmann::json;

json to_json(const FieldValue& value) {
  return std::visit([](const auto& held) { return json(held); }, value);
}

FieldValue from_json(const json& value, const std::string& where) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) return value.get<std::vector<std::int64_t>>();
  fail(ErrorCode::kBadData, "{}: a layer's field is neither number, text, switch nor list", where);
}

LayerSpec layer_from(const json& fields, const std::string& where) {
  LayerSpec layer;
  layer.kind = parse_kind(fields.at("kind").get<std::string>());
  layer.name = fields.at("name").get<std::string>();
  layer.inputs = fields.value("inputs", std::vector<std::string>{});
  for (const auto& [name, value] : fields.items()) {
    if (name == "kind" || name == "name" || name == "inputs") continue;
    set_field(layer, name, from_json(value, where));
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
  try {
    const json root = json::parse(text);
    NetSpec spec(root.at("name").get<std::string>());
    for (const json& layer : root.at("layers")) spec.add(layer_from(layer, where));
    spec.set_output(root.at("output").get<std::string>());
    return spec;
  } catch (const json::exception& error) {
    fail(ErrorCode::kBadData, "{}: its description of the net is damaged: {}", where, error.what());
  } catch (const Error& error) {
    fail(ErrorCode::kBadData, "{}: its description of the net is damaged: {}", where, error.what());
  }
}

}  // namespace akin::nn
