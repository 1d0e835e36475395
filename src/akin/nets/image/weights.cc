#include "akin/nets/image/weights.h"

#include <array>

#include "akin/base/byte_cursor.h"
#include "akin/base/error.h"
#include "akin/base/file_content.h"
#include "akin/base/file_part.h"
#include "akin/base/io.h"
#include "akin/base/other_floats.h"
#include "akin/base/zip_archive.h"
#include "akin/data/npy.h"
#include "akin/nets/image/torch_file.h"
#include "akin/nn/keras_file.h"

namespace akin::nets {
namespace {

WeightTensors read_npz(const ZipArchive& archive) {
  WeightTensors tensors;
  std::uint64_t numbers = 0;
  for (const std::string& name : archive.names()) {
    if (!name.ends_with(".npy"))
      fail(ErrorCode::kBadData, "{}: holds {}, which is no array of NumPy", archive.path(), name);
    ByteCursor file(fmt::format("{}: {}", archive.path(), name), archive.open(name));
    NpyArray array = read_npy(file);
    numbers += array.values.size();
    if (numbers > kMostNumbers)
      fail(ErrorCode::kBadData, "{}: has over {} numbers", archive.path(), kMostNumbers);
    tensors[name.substr(0, name.size() - 4)] = {std::move(array.shape), std::move(array.values)};
  }
  return tensors;
}

WeightTensors read_safetensors(const std::string& path) {
  const TensorReader reader(path, TensorReader::Access::kMap);
  const SafetensorsHeader header = read_safetensors_header(path);
  WeightTensors tensors;
  for (const std::string& name : reader.names()) {
    const std::string& type = header.tensors.at(name).dtype;
    if (type.starts_with('I') || type.starts_with('U') || type == "BOOL") continue;  // counts, no weights
    tensors[name] = {reader.shape(name), read_floats(reader, name, type)};
  }
  return tensors;
}

WeightTensors read_keras(const std::string& path) {
  WeightTensors tensors;
  for (nn::NamedArray& array : nn::read_keras_weights(path)) {
    auto* const values = std::get_if<std::vector<float>>(&array.values);
    if (values == nullptr) fail(ErrorCode::kBadData, "{}: weight {} is not float32", path, array.name);
    tensors[array.name] = {{array.shape.begin(), array.shape.end()}, std::move(*values)};
  }
  name_as_keras2(tensors);
  return tensors;
}

bool is_of_keras(const std::string& path, std::string_view head) {
  return head.starts_with("\x89HDF\r\n\x1a\n") || path.ends_with(".keras");
}

}  // namespace

void name_as_keras2(WeightTensors& tensors) {
  constexpr std::array<const char*, 2> kOfConvolution = {"kernel", "bias"};
  constexpr std::array<const char*, 4> kOfNormalization = {"gamma", "beta", "moving_mean", "moving_variance"};
  WeightTensors result;
  for (auto& [name, tensor] : tensors) {
    const std::size_t slash = name.rfind('/');
    const std::string layer = name.substr(0, slash + 1), part = name.substr(slash + 1);
    const auto has = [&](const char* other) { return tensors.contains(layer + other); };
    const std::size_t number = part.size() == 1 ? static_cast<std::size_t>(part[0] - '0') : 10;
    std::string named = part;
    if (number < 4 && has("3") && !has("4") && tensor.shape.size() == 1)
      named = kOfNormalization[number];
    else if (number < 2 && !has("2") && (number == 1) == (tensor.shape.size() == 1))
      named = kOfConvolution[number];
    // (height, width, channels, 1): a kernel with one output and several inputs is in none of the nets.
    if (named == "kernel" && tensor.shape.size() == 4 && tensor.shape[3] == 1) named = "depthwise_kernel";
    result[layer + named] = std::move(tensor);
  }
  tensors = std::move(result);
}

WeightTensors read_weight_file(const std::string& path) {
  const auto stream = open_file_part(path, 0);  // open_input() refuses archives
  std::string bytes = read_up_to(*stream, kHeadBytes);
  if (is_of_keras(path, bytes)) return read_keras(path);
  if (bytes.starts_with("PK")) {
    const ZipArchive archive(path);
    return is_torch_archive(archive) ? read_torch_archive(archive) : read_npz(archive);
  }
  if (is_torch_file(bytes)) {
    for (std::string part; !(part = read_up_to(*stream, std::size_t{1} << 24)).empty();) bytes += part;
    return read_torch_file(bytes, path);
  }
  if (is_safetensors(bytes)) return read_safetensors(path);
  fail(ErrorCode::kBadData,
       "{}: holds no weights that akin reads: files of torch.save(), safetensors, .npz, .h5 and .keras of "
       "Keras",
       path);
}

}  // namespace akin::nets
