// What nets of attention spend their time on, forwards and backwards. The best instruction set is chosen at run time.
// Arrays are padded to 16 numbers, and what is between their length and that is zero before and after, unless a function
// says otherwise. Each row of a result depends on its own row of the input alone, to the last bit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "akin/linalg/matrix.h"
#include "akin/linalg/small_product.h"

namespace akin::attention {

inline constexpr std::size_t kPanel = 32;  ///< columns of a panel

/// A matrix in panels of 32 columns: row k of panel p begins at data + p * panel + k * row. By default one whose
/// rows are whole.
struct Panels {
  const float* data;
  std::size_t row;
  std::size_t panel = kPanel;
};
inline Panels whole(const Matrix& matrix) { return {matrix.data(), matrix.stride()}; }

/// Rows of numbers in memory, `stride` apart.
struct Rows {
  float* data;
  std::size_t stride;
  float* operator[](std::size_t r) const { return data + r * stride; }
};
inline Rows rows_of(Matrix& matrix) { return {matrix.data(), matrix.stride()}; }

/// What is written of a product.
enum class Write { kStore, kAdd };

/// A (rows, inner) times B (inner, columns); columns is a multiple of 16.
struct Product {
  StridedMatrix a;
  std::size_t rows, inner;
  Panels b;
  std::size_t columns;
};
/// out <- A B, or out + A B. The sum over `inner` goes in order.
void multiply(const Product& product, Write write, Rows out);
/// out <- out + sum of the first `rows` rows of `matrix`.
void add_rows(Rows matrix, std::size_t rows, std::size_t n, float* out);

/// What a layer norm finds in its row.
struct NormStats {
  float mean, scale;  ///< scale = 1 / sqrt(variance + epsilon)
};
inline constexpr float kNormEpsilon = 1e-5f;
/// y <- (x - mean) scale gain + shift, over n numbers.
struct Norm {
  const float* gain;
  const float* shift;
  std::size_t n;
};
NormStats layer_norm(const Norm& norm, const float* x, float* y);
/// Adds to the gradients of x, gain and shift, given that of y.
struct NormGradients {
  float *x, *gain, *shift;
};
void layer_norm_backward(const Norm& norm, NormStats stats, const float* x, const float* dy,
                         const NormGradients& gradients);

/// x <- exp(scale x) / sum over n numbers; zero behind them.
void softmax(float scale, float* x, std::size_t n);
/// dp <- scale p (dp - p . dp): the gradient of what softmax() was given, from that of its result p.
void softmax_backward(float scale, const float* p, float* dp, std::size_t n);

/// log of a sum of exp(x), as it grows: sum exp(x - most).
struct LogSum {
  float most = -3e38f, sum = 0;
};
/// Takes n more numbers in; those between n and the padding may be anything.
void add_exp(const float* x, std::size_t n, LogSum& sum);
/// x <- weight exp(x - log_sum) for n numbers, zero behind them.
void exp_minus(float log_sum, float weight, float* x, std::size_t n);

/// x <- sigma(x), x <- max(0, x)
void sigmoid(float* x, std::size_t n);
void relu(float* x, std::size_t n);
/// dx <- 0 where y = relu(x) is 0.
void relu_backward(const float* y, float* dx, std::size_t n);
/// y <- weight x sigma(x); what follows in the last vector may change, here and below.
void silu(float weight, const float* x, float* y, std::size_t n);
/// dy <- weight dy (x sigma(x))'
void silu_backward(float weight, const float* x, float* dy, std::size_t n);
/// out <- a * b, out <- out + a * b
void times(const float* a, const float* b, float* out, std::size_t n);
void add_times(const float* a, const float* b, float* out, std::size_t n);
/// d <- d s (1 - s): from the gradient of s = sigma(x) to that of x.
void sigmoid_backward(const float* s, float* d, std::size_t n);

/// Which numbers a dropout keeps: those whose hash is at least `bar`, times `scale`.
struct Dropout {
  std::uint32_t bar = 0;  ///< 0 = all
  float scale = 1;
  explicit Dropout(float rate = 0)
      : bar(static_cast<std::uint32_t>(static_cast<double>(rate) * 4294967296.0)), scale(1 / (1 - rate)) {}
  bool on() const { return bar > 0; }
};
/// A hash whose bits all depend on all bits of x.
inline std::uint32_t mix32(std::uint32_t x) {
  x = (x ^ (x >> 16)) * 0x7FEB352DU;
  x = (x ^ (x >> 15)) * 0x846CA68BU;
  return x ^ (x >> 16);
}
/// Whether number k of the row with this seed is kept.
inline bool keeps(const Dropout& dropout, std::uint32_t seed, std::size_t k) {
  return mix32(seed ^ static_cast<std::uint32_t>(k) * 0x9E3779B9U) >= dropout.bar;
}
/// x_k <- scale x_k or 0, k < n. Called on a gradient with the same seed, it is its own way back.
void drop(const Dropout& dropout, std::uint32_t seed, float* x, std::size_t n);

}  // namespace akin::attention
