#include "akin/nets/sequence/gru_net.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/nets/sequence/recurrent_kernels.h"

namespace akin {
namespace {

constexpr std::uint64_t kInit = 51;  // stream of random numbers

/// Rows [first, first + rows) of a table.
void fill_uniform(Matrix& matrix, std::size_t first, std::size_t rows, std::uint64_t seed) {
  const float width = std::sqrt(6.0f / static_cast<float>(rows + matrix.cols()));
  for (std::size_t r = first; r < first + rows; ++r) {
    Rng rng(seed, r);
    for (float& x : matrix[r]) x = width * (2 * rng.uniform_float() - 1);
  }
}

}  // namespace

GruLayer::GruLayer(std::size_t n_inputs, std::size_t units)
    : recurrent(3 * padded(units), units), bias(1, 3 * padded(units)), recurrent_bias(1, 3 * padded(units)) {
  if (n_inputs > 0) input = Matrix(3 * padded(units), n_inputs);
}

std::vector<std::pair<std::string, Matrix*>> GruNet::tables() {
  std::vector<std::pair<std::string, Matrix*>> all = {{"items", &items}, {"item_bias", &item_bias}};
  if (!inputs.empty()) all.emplace_back("inputs", &inputs);
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const std::string prefix = "layer" + std::to_string(l) + ".";
    if (!layers[l].input.empty()) all.emplace_back(prefix + "input", &layers[l].input);
    all.emplace_back(prefix + "recurrent", &layers[l].recurrent);
    all.emplace_back(prefix + "bias", &layers[l].bias);
    all.emplace_back(prefix + "recurrent_bias", &layers[l].recurrent_bias);
  }
  return all;
}

GruNet random_gru_net(GruInput kind, std::size_t n_items, std::size_t factors, std::size_t layers,
                      std::uint64_t seed) {
  GruNet net{.kind = kind, .items = Matrix(n_items, factors), .item_bias = Matrix(1, n_items)};
  const auto stream = [&](std::size_t k) { return Rng::mix(seed + kInit + 0x1000 * k); };
  fill_uniform(net.items, 0, n_items, stream(0));
  if (kind != GruInput::kShared) {
    net.inputs = Matrix(n_items, kind == GruInput::kOneHot ? 3 * padded(factors) : factors);
    fill_uniform(net.inputs, 0, n_items, stream(1));
    for (std::size_t i = 0; kind == GruInput::kOneHot && i < n_items; ++i) {
      for (std::size_t c = 0; c < net.inputs.cols(); ++c) {
        if (c % padded(factors) >= factors) net.inputs[i][c] = 0;
      }
    }
  }
  for (std::size_t l = 0; l < layers; ++l) {
    GruLayer& layer = net.layers.emplace_back(l == 0 && kind == GruInput::kOneHot ? 0 : factors, factors);
    for (std::size_t gate = 0; gate < 3; ++gate) {
      const std::size_t first = gate * padded(factors);
      if (!layer.input.empty()) fill_uniform(layer.input, first, factors, stream(2 + 2 * l));
      fill_uniform(layer.recurrent, first, factors, stream(3 + 2 * l));
    }
  }
  return net;
}

void run_session(const std::vector<GruLayer>& layers, const Matrix& inputs, std::span<const idx_t> items,
                 std::span<float> out) {
  const std::size_t units = layers[0].recurrent.cols(), width = padded(units);
  Matrix states(layers.size(), units), x(1, units), gates(2, 3 * width), next(1, units);
  for (const idx_t item : items) {
    std::copy_n(inputs.row(item), std::min(units, inputs.cols()), x.row(0));
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const GruLayer& layer = layers[l];
      float* const given = gates.row(0);
      float* const kept = gates.row(1);
      if (layer.input.empty()) {
        std::copy_n(inputs.row(item), 3 * width, given);
      } else {
        multiply(layer.input, 0, 3 * width, x.row(0), given);
      }
      multiply(layer.recurrent, 0, 3 * width, states.row(l), kept);
      axpy(1, layer.bias.row(0), given, 3 * width);
      axpy(1, layer.recurrent_bias.row(0), kept, 3 * width);
      axpy(1, kept, given, 2 * width);
      gru_forward({given, given + width, given + 2 * width, kept + 2 * width}, states.row(l), next.row(0),
                  width);
      std::copy_n(next.row(0), width, states.row(l));
      std::copy_n(next.row(0), width, x.row(0));
    }
  }
  std::copy_n(states.row(layers.size() - 1), units, out.begin());
}

}  // namespace akin
