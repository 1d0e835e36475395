// Weights in the HDF5 files of Keras.
#pragma once

#include <string>
#include <vector>

#include "akin/nn/array.h"
#include "akin/nn/net_spec.h"

namespace akin::nn {

/// Weights of a file written by Keras 2 or 3 (`model.save`, `model.save_weights`) or by write_keras_weights, named
/// layer/weight without Keras's ":0"; where the file only numbers them (.keras, .weights.h5), layer/0, layer/1 ...:
/// take_names() names them. Layouts are akin's. Loads the library of nets, where libhdf5 is. Throws
/// Error(kNotFound), Error(kBadData) where it is not such a file.
std::vector<NamedArray> read_keras_weights(const std::string& path);

/// Writes weights as Keras 2.0.8 does: group model_weights with attributes layer_names, backend and
/// keras_version, a group a layer with attribute weight_names, data sets layer/weight:0 in it, float32.
/// Layers stand in the order that the same model has in Keras, so that `model.load_weights(path)` reads them,
/// with by_name or without. Throws Error(kIo).
void write_keras_weights(const std::string& path, const NetSpec& spec,
                         const std::vector<NamedArray>& weights);

/// Weights of any file: of Keras (.h5, .hdf5, .keras), of a saved net, or of a safetensors file
/// with tensors named layer/weight.
std::vector<NamedArray> read_weights(const std::string& path);

/// How the weights of a file fit those of a net.
struct WeightMatch {
  std::size_t matched = 0;
  std::vector<std::string> missing;  ///< of the net, not in the file
  std::vector<std::string> unknown;  ///< of the file, not in the net
};
/// Gives the weights of a file the names that the net has for them: of layer/2 the third weight of that layer, and of a
/// depthwise convolution's kernel, as Keras 3 calls it, depthwise_kernel.
void take_names(const std::vector<NamedArray>& net, std::vector<NamedArray>& file);
/// Compares by name.
WeightMatch match_weights(const std::vector<NamedArray>& net, const std::vector<NamedArray>& file);

}  // namespace akin::nn
