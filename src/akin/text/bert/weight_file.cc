#include "akin/text/bert/weight_file.h"

#include <array>
#include <bit>
#include <cmath>

#include "akin/base/error.h"
#include "akin/base/io.h"
#include "akin/base/safetensors.h"
#include "akin/base/safetensors_header.h"

namespace akin {

/// Numbers of 16 bits in files of other programs.
struct Bfloat16 {
  std::uint16_t bits;
};
struct Float16 {
  std::uint16_t bits;
};
template <>
constexpr std::string_view dtype_name<Bfloat16>() {
  return "BF16";
}
template <>
constexpr std::string_view dtype_name<Float16>() {
  return "F16";
}

namespace bert {
namespace {

float to_float(float x) { return x; }
float to_float(Bfloat16 x) { return from_bfloat16(x.bits); }
float to_float(Float16 x) {
  const unsigned exponent = (x.bits >> 10) & 31U, fraction = x.bits & 1023U;
  const float size = exponent == 0
                         ? std::ldexp(static_cast<float>(fraction), -24)
                         : std::ldexp(static_cast<float>(fraction + 1024), static_cast<int>(exponent) - 25);
  return (x.bits & 0x8000) != 0 ? -size : size;
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  if (const std::size_t at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
}

/// As tensor_shapes() names it.
std::string usual_name(std::string name) {
  for (const std::string_view prefix : {"0.", "auto_model.", "model.", "bert.", "distilbert.", "roberta."}) {
    if (name.starts_with(prefix)) name.erase(0, prefix.size());
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kOthers = {
      {{"LayerNorm.gamma", "LayerNorm.weight"},
       {"LayerNorm.beta", "LayerNorm.bias"},
       {"transformer.layer.", "encoder.layer."},
       {".attention.q_lin.", ".attention.self.query."},
       {".attention.k_lin.", ".attention.self.key."},
       {".attention.v_lin.", ".attention.self.value."},
       {".attention.out_lin.", ".attention.output.dense."},
       {".sa_layer_norm.", ".attention.output.LayerNorm."},
       {".ffn.lin1.", ".intermediate.dense."},
       {".ffn.lin2.", ".output.dense."},
       {".output_layer_norm.", ".output.LayerNorm."}}};
  for (const auto& [from, to] : kOthers) replace(name, from, to);
  return name;
}

template <typename T>
Matrix matrix_of(const TensorReader& reader, const std::string& name, const TensorShape& shape) {
  const std::span<const T> values = reader.tensor<T>(name);
  Matrix matrix(shape.rows, shape.cols);
  for (std::size_t r = 0; r < shape.rows; ++r) {
    for (std::size_t c = 0; c < shape.cols; ++c) matrix.row(r)[c] = to_float(values[r * shape.cols + c]);
  }
  return matrix;
}

/// The types of the tensors of a file that a TensorReader has found whole.
SafetensorsHeader header_of(const std::string& path) {
  const auto stream = open_input(path);
  std::uint64_t length = 0;
  read_fully(*stream, {reinterpret_cast<char*>(&length), sizeof length});
  SafetensorsHeader header;
  parse_safetensors_header(read_up_to(*stream, length), header);
  return header;
}

Matrix read_tensor(const TensorReader& reader, const std::string& name, const std::string& type,
                   const TensorShape& shape) {
  if (type == "F16") return matrix_of<Float16>(reader, name, shape);
  if (type == "BF16") return matrix_of<Bfloat16>(reader, name, shape);
  return matrix_of<float>(reader, name, shape);
}

}  // namespace

std::vector<Matrix> read_weights(const std::string& path, const NetworkConfig& config) {
  const TensorReader reader(path, TensorReader::Access::kMap);
  const SafetensorsHeader header = header_of(path);
  std::map<std::string, std::string> names;
  for (const std::string& name : reader.names()) {
    if (const auto [at, added] = names.emplace(usual_name(name), name); !added)
      reader.inconsistent(fmt::format("its tensors {} and {} are the same", at->second, name));
  }
  std::vector<Matrix> tensors;
  for (const TensorShape& shape : tensor_shapes(config)) {
    const auto found = names.find(shape.name);
    if (found == names.end()) reader.inconsistent(fmt::format("it has no tensor {}", shape.name));
    const std::string& name = found->second;
    const std::vector<std::size_t> expected =
        shape.rows == 1 && !shape.name.starts_with("embeddings.token_type") &&
                (shape.name.ends_with(".bias") || shape.name.ends_with("LayerNorm.weight"))
            ? std::vector<std::size_t>{shape.cols}
            : std::vector<std::size_t>{shape.rows, shape.cols};
    if (reader.shape(name) != expected) {
      reader.inconsistent(fmt::format("its tensor {} has the shape ({}), and config.json says ({})", name,
                                      fmt::join(reader.shape(name), ", "), fmt::join(expected, ", ")));
    }
    tensors.push_back(read_tensor(reader, name, header.tensors.at(name).dtype, shape));
    if (!all_finite(tensors.back())) reader.inconsistent(fmt::format("its tensor {} is not finite", name));
  }
  return tensors;
}

}  // namespace bert
}  // namespace akin
