#include "akin/nets/towers/item_tower.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/nets/sequence/attention_layers.h"

namespace akin::towers {
namespace {

using attention::make_room;
using attention::Write;

constexpr std::size_t kRowsAtOnce = 64;     // of a block
constexpr std::size_t kWeightsAtOnce = 16;  // rows of A whose gradient a thread adds up
constexpr float kShortest = 1e-12F;
constexpr std::uint64_t kMaps = 61, kLayers = 62;  // streams of random numbers

std::size_t blocks_of(std::size_t n, std::size_t block) { return (n + block - 1) / block; }

Matrix transposed_copy(const Matrix& matrix) {
  Matrix result(matrix.cols(), matrix.rows());
  for (std::size_t r = 0; r < matrix.rows(); ++r) {
    for (std::size_t c = 0; c < matrix.cols(); ++c) result.row(c)[r] = matrix.row(r)[c];
  }
  return result;
}

}  // namespace

ItemTower ItemTower::clone() const {
  ItemTower copy{maps.clone(), ids.clone(), {}};
  for (const Matrix& matrix : dense) copy.dense.push_back(matrix.clone());
  return copy;
}

std::string dense_name(std::size_t array) {
  if (array < 2) return array == 0 ? "gain" : "shift";
  return fmt::format("layer{}.{}", array / 2 - 1, array % 2 == 0 ? "weights" : "bias");
}

ItemTower initial_tower(std::size_t inputs, std::size_t factors, std::size_t layers, std::uint64_t seed) {
  const double sigma = 1 / std::sqrt(static_cast<double>(factors));
  ItemTower tower{Matrix::normal(inputs, factors, sigma, Rng::mix(seed + kMaps)), Matrix(), {}};
  tower.dense.emplace_back(1, factors);
  std::ranges::fill(tower.dense[0][0], 1.0F);
  tower.dense.emplace_back(1, factors);
  for (std::size_t layer = 0; layer < layers; ++layer) {
    tower.dense.push_back(Matrix::normal(factors, factors, sigma, Rng::mix(seed + kLayers + layer)));
    tower.dense.emplace_back(1, factors);
  }
  return tower;
}

void ItemPass::forward(const ItemTower& tower, const Csr& inputs, std::span<const idx_t> ids,
                       WorkerTeam& team) {
  n_ = inputs.rows();
  const std::size_t d = tower.factors();
  make_room(sums_, n_, d);
  make_room(vectors_, n_, d);
  make_room(slopes_, n_, d);
  states_.resize(tower.layers() + 1);
  for (Matrix& state : states_) make_room(state, n_, d);
  norms_.resize(n_);
  lengths_.resize(n_);
  team.run(blocks_of(n_, kRowsAtOnce), 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t block = first; block < last; ++block)
      forward_rows(tower, inputs, ids, block * kRowsAtOnce, std::min(n_, (block + 1) * kRowsAtOnce));
  });
}

void ItemPass::forward_rows(const ItemTower& tower, const Csr& inputs, std::span<const idx_t> ids,
                            std::size_t begin, std::size_t end) {
  const std::size_t d = tower.factors(), width = sums_.stride();
  const attention::Norm norm{tower.dense[0].row(0), tower.dense[1].row(0), d};
  for (std::size_t r = begin; r < end; ++r) {
    std::fill_n(sums_.row(r), width, 0.0F);
    std::fill_n(slopes_.row(r), width, 0.0F);
    const auto columns = inputs.cols_of(r);
    const auto values = inputs.values_of(r);
    for (std::size_t e = 0; e < columns.size(); ++e)
      axpy(values[e], tower.maps.row(columns[e]), sums_.row(r), width);
    if (ids[r] != kNoId) axpy(1, tower.ids.row(ids[r]), sums_.row(r), width);
    norms_[r] = attention::layer_norm(norm, sums_.row(r), states_[0].row(r));
  }
  for (std::size_t layer = 0; layer < tower.layers(); ++layer) {
    const Matrix& weights = tower.weights(layer);
    Matrix& out = states_[layer + 1];
    attention::multiply({{states_[layer].row(begin), states_[layer].stride(), 1},
                         end - begin,
                         d,
                         attention::whole(weights),
                         weights.stride()},
                        Write::kStore, {out.row(begin), out.stride()});
    for (std::size_t r = begin; r < end; ++r) {
      axpy(1, tower.bias(layer).row(0), out.row(r), width);
      if (layer + 1 < tower.layers()) attention::relu(out.row(r), width);
    }
  }
  const Matrix& last = states_.back();
  for (std::size_t r = begin; r < end; ++r) {
    lengths_[r] = std::max(kShortest, std::sqrt(dot(last.row(r), last.row(r), width)));
    std::copy_n(last.row(r), width, vectors_.row(r));
    scale(1 / lengths_[r], vectors_.row(r), width);
  }
}

void ItemPass::clear(std::size_t row) { std::fill_n(vectors_.row(row), vectors_.stride(), 0.0F); }

void ItemPass::backward(const ItemTower& tower, std::vector<Matrix>& dense, WorkerTeam& team) {
  const std::size_t d = tower.factors(), layers = tower.layers(), blocks = blocks_of(n_, kRowsAtOnce);
  layer_slopes_.resize(layers);
  transposed_.clear();
  for (std::size_t layer = 0; layer < layers; ++layer) {
    make_room(layer_slopes_[layer], n_, d);
    transposed_.push_back(transposed_copy(tower.weights(layer)));
  }
  const std::size_t sums = 2 + layers;
  make_room(block_sums_, blocks * sums, d);
  attention::clear_rows(block_sums_, blocks * sums);
  team.run(blocks, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t block = first; block < last; ++block)
      backward_rows(tower, block * kRowsAtOnce, std::min(n_, (block + 1) * kRowsAtOnce));
  });
  for (std::size_t k = 0; k < sums; ++k) {
    Matrix& sum = dense[k < 2 ? k : 3 + 2 * (k - 2)];
    std::fill_n(sum.row(0), sum.stride(), 0.0F);
    for (std::size_t block = 0; block < blocks; ++block)
      axpy(1, block_sums_.row(block * sums + k), sum.row(0), sum.stride());
  }
  const std::size_t pieces = blocks_of(d, kWeightsAtOnce);
  team.run(layers * pieces, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t piece = first; piece < last; ++piece) {
      const std::size_t layer = piece / pieces, begin = piece % pieces * kWeightsAtOnce;
      const Matrix& inputs = states_[layer];
      const Matrix& outputs = layer_slopes_[layer];
      Matrix& gradient = dense[2 + 2 * layer];
      attention::multiply({{inputs.data() + begin, 1, inputs.stride()},
                           std::min(d, begin + kWeightsAtOnce) - begin,
                           n_,
                           attention::whole(outputs),
                           outputs.stride()},
                          Write::kStore, {gradient.row(begin), gradient.stride()});
    }
  });
}

void ItemPass::backward_rows(const ItemTower& tower, std::size_t begin, std::size_t end) {
  const std::size_t d = tower.factors(), width = slopes_.stride(), layers = tower.layers();
  float* const sums = block_sums_.row(begin / kRowsAtOnce * (2 + layers));
  const auto sum = [&](std::size_t k) { return sums + k * block_sums_.stride(); };
  for (std::size_t r = begin; r < end; ++r) {  // of v = h / |h|
    float* const slope = slopes_.row(r);
    axpy(-dot(slope, vectors_.row(r), width), vectors_.row(r), slope, width);
    scale(1 / lengths_[r], slope, width);
  }
  for (std::size_t layer = layers; layer-- > 0;) {
    Matrix& through = layer_slopes_[layer];
    for (std::size_t r = begin; r < end; ++r) {
      std::copy_n(slopes_.row(r), width, through.row(r));
      if (layer + 1 < layers) attention::relu_backward(states_[layer + 1].row(r), through.row(r), width);
      axpy(1, through.row(r), sum(2 + layer), width);
    }
    const Matrix& weights = transposed_[layer];
    attention::multiply({{through.row(begin), through.stride(), 1},
                         end - begin,
                         d,
                         attention::whole(weights),
                         weights.stride()},
                        Write::kStore, {slopes_.row(begin), width});
  }
  const attention::Norm norm{tower.dense[0].row(0), tower.dense[1].row(0), d};
  Matrix out(1, d);
  for (std::size_t r = begin; r < end; ++r) {
    std::fill_n(out.row(0), width, 0.0F);
    attention::layer_norm_backward(norm, norms_[r], sums_.row(r), slopes_.row(r),
                                   {out.row(0), sum(0), sum(1)});
    std::copy_n(out.row(0), width, slopes_.row(r));
  }
}

}  // namespace akin::towers
