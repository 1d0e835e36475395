// Weights in the files of other libraries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace akin::nets {

/// Numbers in row-major order.
struct WeightTensor {
  std::vector<std::size_t> shape;
  std::vector<float> values;
};
using WeightTensors = std::map<std::string, WeightTensor>;
/// Of all tensors of an archive, which may be far smaller than what it holds.
inline constexpr std::uint64_t kMostNumbers = std::uint64_t{1} << 28;

/// Keras 3 numbers the weights of a layer in .keras and .weights.h5 files, and calls the kernel of a depthwise convolution
/// "kernel": gives them the names layer/kernel, layer/depthwise_kernel, layer/bias, and of batch normalization layer/gamma,
/// beta, moving_mean and moving_variance, as shapes tell. What has other shapes keeps its name.
void name_as_keras2(WeightTensors& tensors);

/// The tensors of a file by name, as the file names and lays them out; its kind is told by its first bytes:
///   torch        what torch.save() wrote of a state dict, in its old and its new (zip) format (torch_file.h)
///   npz          numpy.savez(), plain or compressed, in C or Fortran order; names without .npy
///   safetensors  float32, float64, float16 or bfloat16
///   Keras        .h5, .hdf5, .keras (nn/keras_file.h): names as Keras 2 has them (name_as_keras2())
/// Throws Error(kNotFound), Error(kIo); Error(kBadData) for other files, damaged ones, numbers that are not finite, and
/// types that are none of these.
WeightTensors read_weight_file(const std::string& path);

}  // namespace akin::nets
