#include "akin/models/word2vec/sgns_kernel.h"

#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "akin/models/word2vec/sgns_kernel.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// After foreach_target.h: this header is compiled once for each instruction set.
#include <hwy/contrib/math/math-inl.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "akin/linalg/scores-inl.h"

HWY_BEFORE_NAMESPACE();
namespace akin::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// x_io and g_io lie at [o * kSgnsInputs + i]; inputs are taken kRows at a time.
constexpr std::size_t kCells = kSgnsInputs * kSgnsOutputs;
constexpr std::size_t kRows = 4;

/// x of kInputs x kOutputs rows, zero up to kRows inputs. Constants, so that the sums stay in registers.
template <std::size_t kInputs, std::size_t kOutputs>
HWY_INLINE void Products(float* const* inputs, float* const* outputs, std::size_t cols, float* x) {
  const D d;
  V sums[kOutputs][kRows];
  for (auto& row : sums) {
    for (V& sum : row) sum = hn::Zero(d);
  }
  for (std::size_t c = 0; c < cols; c += hn::Lanes(d)) {
    V rows[kOutputs];
    for (std::size_t o = 0; o < kOutputs; ++o) rows[o] = hn::Load(d, outputs[o] + c);
    for (std::size_t i = 0; i < kInputs; ++i) {
      const V h = hn::Load(d, inputs[i] + c);
      for (std::size_t o = 0; o < kOutputs; ++o) sums[o][i] = hn::MulAdd(h, rows[o], sums[o][i]);
    }
  }
  for (std::size_t o = 0; o < kOutputs; ++o)
    StoreSums(sums[o][0], sums[o][1], sums[o][2], sums[o][3], x + o * kSgnsInputs);
}

/// x of kInputs inputs with all outputs.
template <std::size_t kInputs>
HWY_INLINE void ProductsOf(float* const* inputs, const SgnsBatch& batch, std::size_t cols, float* x) {
  std::size_t o = 0;
  for (; o + 3 <= batch.n_outputs; o += 3)
    Products<kInputs, 3>(inputs, batch.outputs + o, cols, x + o * kSgnsInputs);
  if (batch.n_outputs - o == 2) Products<kInputs, 2>(inputs, batch.outputs + o, cols, x + o * kSgnsInputs);
  if (batch.n_outputs - o == 1) Products<kInputs, 1>(inputs, batch.outputs + o, cols, x + o * kSgnsInputs);
}

HWY_INLINE void AllProducts(const SgnsBatch& batch, std::size_t cols, float* x) {
  static_assert(kSgnsInputs == 2 * kRows);
  for (std::size_t begin = 0; begin < kSgnsInputs; begin += kRows) {
    float* const* const inputs = batch.inputs + begin;
    switch (batch.n_inputs > begin ? std::min(kRows, batch.n_inputs - begin) : 0) {
      case 0:
        for (std::size_t o = 0; o < batch.n_outputs; ++o)
          std::fill_n(x + o * kSgnsInputs + begin, kRows, 0.0f);
        break;
      case 1:
        ProductsOf<1>(inputs, batch, cols, x + begin);
        break;
      case 2:
        ProductsOf<2>(inputs, batch, cols, x + begin);
        break;
      case 3:
        ProductsOf<3>(inputs, batch, cols, x + begin);
        break;
      default:
        ProductsOf<4>(inputs, batch, cols, x + begin);
    }
  }
}

/// x_io -> g_io.
HWY_INLINE void Gradients(const SgnsBatch& batch, float learning_rate, float* x) {
  const hn::CappedTag<float, kSgnsInputs> d;
  const auto one = hn::Set(d, 1.0f), limit = hn::Set(d, 30.0f);
  for (std::size_t i = 0; i < kSgnsInputs; i += hn::Lanes(d)) {
    const auto weights = hn::Mul(hn::Set(d, learning_rate), hn::LoadU(d, batch.input_weights + i));
    for (std::size_t o = 0; o < batch.n_outputs; ++o) {
      float* const cells = x + o * kSgnsInputs + i;
      // exp overflows beyond 88; sigma is 0 or 1 in float long before.
      const auto clamped = hn::Min(hn::Max(hn::Load(d, cells), hn::Neg(limit)), limit);
      const auto sigma = hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(clamped))));
      const auto error = hn::Sub(hn::Set(d, batch.labels[o]), sigma);
      hn::Store(hn::Mul(hn::Mul(weights, hn::Set(d, batch.output_weights[o])), error), d, cells);
    }
  }
}

/// Moves kInputs inputs at column c, and adds what they say of the outputs to `moved`.
template <std::size_t kInputs, std::size_t kOutputs>
HWY_INLINE void MoveInputs(float* const* inputs, float* const* outputs, const float* g, std::size_t c,
                           V (&moved)[kOutputs]) {
  const D d;
  V h[kInputs], to[kInputs];
  for (std::size_t i = 0; i < kInputs; ++i) to[i] = h[i] = hn::Load(d, inputs[i] + c);
  for (std::size_t o = 0; o < kOutputs; ++o) {
    const V row = hn::Load(d, outputs[o] + c);
    for (std::size_t i = 0; i < kInputs; ++i) {
      const V step = hn::Set(d, g[o * kSgnsInputs + i]);
      moved[o] = hn::MulAdd(step, h[i], moved[o]);
      to[i] = hn::MulAdd(step, row, to[i]);
    }
  }
  for (std::size_t i = 0; i < kInputs; ++i) hn::Store(to[i], d, inputs[i] + c);
}

/// Not inlined: a compiler that sees where g comes from copies all of it to the stack in each column.
template <std::size_t kOutputs>
HWY_NOINLINE void Move(const SgnsBatch& batch, const float* g, std::size_t cols) {
  const D d;
  const std::size_t n = batch.n_inputs;
  float* inputs[kSgnsInputs];
  float* outputs[kOutputs];  // local copies stay in registers
  std::copy_n(batch.inputs, n, inputs);
  std::copy_n(batch.outputs, kOutputs, outputs);
  for (std::size_t c = 0; c < cols; c += hn::Lanes(d)) {
    V moved[kOutputs];
    for (std::size_t o = 0; o < kOutputs; ++o) moved[o] = hn::Load(d, outputs[o] + c);
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) MoveInputs<4, kOutputs>(inputs + i, outputs, g + i, c, moved);
    for (; i + 2 <= n; i += 2) MoveInputs<2, kOutputs>(inputs + i, outputs, g + i, c, moved);
    if (i < n) MoveInputs<1, kOutputs>(inputs + i, outputs, g + i, c, moved);
    for (std::size_t o = 0; o < kOutputs; ++o) hn::Store(moved[o], d, outputs[o] + c);
  }
}

HWY_INLINE void MoveAll(const SgnsBatch& batch, const float* g, std::size_t cols) {
  static_assert(kSgnsOutputs == 8);
  switch (batch.n_outputs) {
    case 1:
      return Move<1>(batch, g, cols);
    case 2:
      return Move<2>(batch, g, cols);
    case 3:
      return Move<3>(batch, g, cols);
    case 4:
      return Move<4>(batch, g, cols);
    case 5:
      return Move<5>(batch, g, cols);
    case 6:
      return Move<6>(batch, g, cols);
    case 7:
      return Move<7>(batch, g, cols);
    case 8:
      return Move<8>(batch, g, cols);
    default:
      return;
  }
}

void SgnsStep(const SgnsBatch& batch, std::size_t cols, float learning_rate) {
  HWY_ALIGN float x[kCells];
  AllProducts(batch, cols, x);
  Gradients(batch, learning_rate, x);
  MoveAll(batch, x, cols);
}

double SgnsLoss(const SgnsBatch& batch, std::size_t cols) {
  HWY_ALIGN float x[kCells];
  AllProducts(batch, cols, x);
  double loss = 0;
  for (std::size_t i = 0; i < batch.n_inputs; ++i) {
    double sum = 0;
    for (std::size_t o = 0; o < batch.n_outputs; ++o) {
      const double score = std::clamp(x[o * kSgnsInputs + i], -30.0f, 30.0f);
      sum += batch.output_weights[o] * std::log1p(std::exp(batch.labels[o] > 0 ? -score : score));
    }
    loss += batch.input_weights[i] * sum;
  }
  return loss;
}

}  // namespace akin::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace akin {

HWY_EXPORT(SgnsStep);
HWY_EXPORT(SgnsLoss);

void sgns_step(const SgnsBatch& batch, std::size_t cols, float learning_rate) {
  HWY_DYNAMIC_DISPATCH(SgnsStep)(batch, cols, learning_rate);
}

double sgns_loss(const SgnsBatch& batch, std::size_t cols) {
  return HWY_DYNAMIC_DISPATCH(SgnsLoss)(batch, cols);
}

void reference::sgns_step(const SgnsBatch& batch, std::size_t cols, float learning_rate) {
  std::vector<std::vector<double>> moved_inputs, moved_outputs;
  for (std::size_t i = 0; i < batch.n_inputs; ++i)
    moved_inputs.emplace_back(batch.inputs[i], batch.inputs[i] + cols);
  for (std::size_t o = 0; o < batch.n_outputs; ++o)
    moved_outputs.emplace_back(batch.outputs[o], batch.outputs[o] + cols);
  for (std::size_t i = 0; i < batch.n_inputs; ++i) {
    for (std::size_t o = 0; o < batch.n_outputs; ++o) {
      double x = 0;
      for (std::size_t c = 0; c < cols; ++c)
        x += static_cast<double>(batch.inputs[i][c]) * batch.outputs[o][c];
      const double y = batch.labels[o];
      const double g =
          learning_rate * batch.input_weights[i] * batch.output_weights[o] * (y - 1 / (1 + std::exp(-x)));
      for (std::size_t c = 0; c < cols; ++c) {
        moved_inputs[i][c] += g * batch.outputs[o][c];
        moved_outputs[o][c] += g * batch.inputs[i][c];
      }
    }
  }
  for (std::size_t i = 0; i < batch.n_inputs; ++i) std::ranges::copy(moved_inputs[i], batch.inputs[i]);
  for (std::size_t o = 0; o < batch.n_outputs; ++o) std::ranges::copy(moved_outputs[o], batch.outputs[o]);
}

}  // namespace akin
#endif  // HWY_ONCE
