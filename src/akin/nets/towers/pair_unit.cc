#include "akin/nets/towers/pair_unit.h"

#include <algorithm>
#include <cmath>

#include "akin/base/rng.h"
#include "akin/linalg/kernels.h"
#include "akin/nets/sequence/attention_layers.h"

namespace akin::towers {
namespace {

using attention::make_room;
using attention::Write;

constexpr std::uint64_t kHidden = 64, kEmbedding = 65;  // streams of random numbers

/// out <- the first rows of a times b.
void product(const Matrix& a, std::size_t begin, std::size_t end, const Matrix& b, Matrix& out) {
  attention::multiply({{a.row(begin), a.stride(), 1}, end - begin, b.rows(), attention::whole(b), b.stride()},
                      Write::kStore, {out.row(begin), out.stride()});
}

/// out <- transposed a times b, over their first rows.
void product_over_rows(const Matrix& a, const Matrix& b, std::size_t rows, Matrix& out) {
  attention::multiply({{a.data(), 1, a.stride()}, out.rows(), rows, attention::whole(b), b.stride()},
                      Write::kStore, {out.data(), out.stride()});
}

}  // namespace

UnitKind parse_unit(std::string_view name) {
  if (name == "none") return UnitKind::kNone;
  return name == "pairwise" ? UnitKind::kPairwise : UnitKind::kEmbedded;
}

std::vector<std::pair<std::string, Matrix*>> PairUnit::arrays() {
  constexpr const char* kNames[] = {"hidden", "hidden_bias", "residual", "residual_bias"};
  std::vector<std::pair<std::string, Matrix*>> all = {{"weights", &weights}};
  for (std::size_t k = 0; k < net.size(); ++k) all.emplace_back(kNames[k], &net[k]);
  all.emplace_back("embedding", &embedding);
  return all;
}

std::vector<std::pair<std::string, const Matrix*>> PairUnit::arrays() const {
  std::vector<std::pair<std::string, const Matrix*>> all;
  for (const auto& [name, matrix] : const_cast<PairUnit*>(this)->arrays()) all.emplace_back(name, matrix);
  return all;
}

PairUnit PairUnit::clone() const {
  PairUnit copy{modules, weights.clone(), {}, embedding.clone()};
  for (const Matrix& matrix : net) copy.net.push_back(matrix.clone());
  return copy;
}

PairUnit initial_unit(UnitKind kind, std::size_t modules, std::size_t dimensions, std::size_t width,
                      std::uint64_t seed) {
  PairUnit unit{modules, Matrix(1, 2 * modules + 1), {}, Matrix()};
  std::fill_n(unit.weights.row(0), modules, 1.0F);
  if (kind == UnitKind::kNone) return unit;
  if (kind == UnitKind::kEmbedded) {
    unit.embedding = Matrix::normal(dimensions, width, 1 / std::sqrt(static_cast<double>(modules)),
                                    Rng::mix(seed + kEmbedding));
  }
  const double sigma = std::sqrt(2 / static_cast<double>(unit.inputs()));
  unit.net.push_back(Matrix::normal(unit.inputs(), width, sigma, Rng::mix(seed + kHidden)));
  unit.net.emplace_back(1, width);
  unit.net.emplace_back(width, modules);
  unit.net.emplace_back(1, modules);
  return unit;
}

void embed(const PairUnit& unit, std::span<const Matrix* const> vectors, std::size_t begin, std::size_t end,
           Matrix& out) {
  std::size_t row = 0;
  for (std::size_t m = 0; m < vectors.size(); ++m) {
    const Matrix& from = *vectors[m];
    attention::multiply({{from.row(begin), from.stride(), 1},
                         end - begin,
                         from.cols(),
                         {unit.embedding.row(row), unit.embedding.stride()},
                         unit.embedding.stride()},
                        m == 0 ? Write::kStore : Write::kAdd, {out.row(begin), out.stride()});
    row += from.cols();
  }
}

void UnitPass::make_room(const PairUnit& unit, std::size_t pairs) {
  modules_ = unit.modules;
  towers::make_room(inputs_, pairs, unit.inputs());
  if (!unit.net.empty()) {
    towers::make_room(hidden_, pairs, unit.net[0].cols());
    towers::make_room(residuals_, pairs, modules_);
  }
  silent_.resize(pairs * modules_);
  logits_.resize(pairs);
}

void UnitPass::forward(const PairUnit& unit, std::size_t begin, std::size_t end) {
  if (!unit.net.empty()) {
    product(inputs_, begin, end, unit.net[0], hidden_);
    for (std::size_t p = begin; p < end; ++p) {
      axpy(1, unit.net[1].row(0), hidden_.row(p), hidden_.stride());
      attention::relu(hidden_.row(p), hidden_.stride());
    }
    product(hidden_, begin, end, unit.net[2], residuals_);
  }
  const float* const w = unit.weights.row(0);
  for (std::size_t p = begin; p < end; ++p) {
    const float* const x = inputs_.row(p);
    const std::uint8_t* const is_silent = silent(p);
    float sum = w[2 * modules_];
    for (std::size_t m = 0; m < modules_; ++m) sum += is_silent[m] != 0 ? w[modules_ + m] : w[m] * x[m];
    if (!unit.net.empty()) {
      float* const residual = residuals_.row(p);
      const float* const bias = unit.net[3].row(0);
      for (std::size_t m = 0; m < modules_; ++m) {
        residual[m] += bias[m];
        sum += w[m] * residual[m];
      }
    }
    logits_[p] = sum;
  }
}

void UnitPass::backward(const PairUnit& unit, std::span<const float> slopes, PairUnit& gradients) {
  const std::size_t n = slopes.size();
  const float* const w = unit.weights.row(0);
  float* const dw = gradients.weights.row(0);
  attention::clear_rows(gradients.weights, 1);
  towers::make_room(input_slopes_, n, unit.inputs());
  if (!unit.net.empty()) towers::make_room(residual_slopes_, n, modules_);
  for (std::size_t p = 0; p < n; ++p) {
    dw[2 * modules_] += slopes[p];
    for (std::size_t m = 0; m < modules_; ++m) {
      dw[silent(p)[m] != 0 ? modules_ + m : m] += slopes[p] * (silent(p)[m] != 0 ? 1 : inputs_.row(p)[m]);
      if (unit.net.empty()) continue;
      dw[m] += slopes[p] * residuals_.row(p)[m];
      residual_slopes_.row(p)[m] = slopes[p] * w[m];
    }
  }
  if (unit.net.empty()) return;
  towers::make_room(hidden_slopes_, n, unit.net[0].cols());
  std::vector<Matrix>& to = gradients.net;
  product_over_rows(hidden_, residual_slopes_, n, to[2]);
  attention::clear_rows(to[3], 1);
  attention::add_rows(attention::rows_of(residual_slopes_), n, residual_slopes_.stride(), to[3].row(0));
  const auto transpose_of = [&](const Matrix& matrix) -> const Matrix& {
    transposed_ = Matrix(matrix.cols(), matrix.rows());
    for (std::size_t r = 0; r < matrix.rows(); ++r) {
      for (std::size_t c = 0; c < matrix.cols(); ++c) transposed_.row(c)[r] = matrix.row(r)[c];
    }
    return transposed_;
  };
  product(residual_slopes_, 0, n, transpose_of(unit.net[2]), hidden_slopes_);
  for (std::size_t p = 0; p < n; ++p)
    attention::relu_backward(hidden_.row(p), hidden_slopes_.row(p), hidden_.stride());
  product_over_rows(inputs_, hidden_slopes_, n, to[0]);
  attention::clear_rows(to[1], 1);
  attention::add_rows(attention::rows_of(hidden_slopes_), n, hidden_slopes_.stride(), to[1].row(0));
  if (!unit.embedding.empty()) product(hidden_slopes_, 0, n, transpose_of(unit.net[0]), input_slopes_);
}

}  // namespace akin::towers
