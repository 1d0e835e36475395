// Weights by name from files of several programs.
#include <algorithm>

#include "akin/base/error.h"
#include "akin/base/safetensors.h"
#include "akin/nn/keras_file.h"

namespace akin::nn {
namespace {

bool is_hdf5(const std::string& path) { return path.ends_with(".h5") || path.ends_with(".hdf5"); }

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
  return is_hdf5(path) ? read_keras_weights(path) : read_safetensors(path);
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
