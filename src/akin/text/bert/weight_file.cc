#include "akin/text/bert/weight_file.h"

#include <algorithm>
#include <array>

#include "akin/base/error.h"
#include "akin/base/other_floats.h"
#include "akin/base/safetensors.h"

namespace akin::bert {
namespace {

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

Matrix read_tensor(const TensorReader& reader, const std::string& name, const std::string& type,
                   const TensorShape& shape) {
  const std::vector<float> values = read_floats(reader, name, type);
  Matrix matrix(shape.rows, shape.cols);
  for (std::size_t r = 0; r < shape.rows; ++r)
    std::copy_n(values.data() + r * shape.cols, shape.cols, matrix.row(r));
  return matrix;
}

}  // namespace

std::vector<Matrix> read_weights(const std::string& path, const NetworkConfig& config) {
  const TensorReader reader(path, TensorReader::Access::kMap);
  const SafetensorsHeader header = read_safetensors_header(path);
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
  }
  return tensors;
}

}  // namespace akin::bert
