// Weights by name from files of several programs.
#include <algorithm>
#include <charconv>
#include <map>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/nn/keras_file.h"

namespace akin::nn {
namespace {

bool is_of_keras(const std::string& path) {
  return path.ends_with(".h5") || path.ends_with(".hdf5") || path.ends_with(".keras");
}

std::vector<NamedArray> read_safetensors(const std::string& path) {
  const TensorReader reader(path);
  const bool net = reader.has_meta("akin.kind") && reader.meta("akin.kind") == "net";
  if (!net) return read_arrays(reader, "", "float");
  const std::string& dtype = reader.meta("net.dtype");
  // A net that load_net() refuses is none here either, though only its weights are wanted.
  static_cast<void>(read_arrays(reader, "optimizer/", dtype));
  return read_arrays(reader, "weights/", dtype);
}

}  // namespace

std::vector<NamedArray> read_weights(const std::string& path) {
  return is_of_keras(path) ? read_keras_weights(path) : read_safetensors(path);
}

void take_names(const std::vector<NamedArray>& net, std::vector<NamedArray>& file) {
  std::map<std::string, std::vector<std::string>, std::less<>> of_layer;
  for (const NamedArray& weight : net)
    of_layer[weight.name.substr(0, weight.name.find('/'))].push_back(weight.name);
  for (NamedArray& weight : file) {
    const std::size_t slash = std::min(weight.name.find('/'), weight.name.size() - 1);
    const auto layer = of_layer.find(weight.name.substr(0, slash));
    if (layer == of_layer.end()) continue;
    const std::vector<std::string>& names = layer->second;
    const std::string own = weight.name.substr(slash + 1), depthwise = layer->first + "/depthwise_kernel";
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(own.data(), own.data() + own.size(), number);
    if (error == std::errc() && end == own.data() + own.size() && number < names.size())
      weight.name = names[number];
    else if (own == "kernel" && std::ranges::find(names, depthwise) != names.end())
      weight.name = depthwise;
  }
}

WeightMatch match_weights(const std::vector<NamedArray>& net, const std::vector<NamedArray>& file) {
  WeightMatch match;
  for (const NamedArray& weight : net) {
    if (std::ranges::find(file, weight.name, &NamedArray::name) == file.end())
      match.missing.push_back(weight.name);
    else
      ++match.matched;
  }
  for (const NamedArray& weight : file) {
    if (std::ranges::find(net, weight.name, &NamedArray::name) == net.end())
      match.unknown.push_back(weight.name);
  }
  return match;
}

}  // namespace akin::nn
