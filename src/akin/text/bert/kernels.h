// What a transformer spends its time on: products with fixed weights, and the functions between them. The best
// instruction set is chosen at run time. Each output depends on its own row of the input alone, to the last bit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "akin/linalg/matrix.h"

namespace akin::bert {

inline constexpr std::size_t kPanel = 32;  ///< columns of a panel

/// n rounded up to whole panels.
constexpr std::size_t whole_panels(std::size_t n) { return (n + kPanel - 1) / kPanel * kPanel; }

/// Rows of numbers in memory, `stride` apart.
template <typename T>
struct Rows {
  T* data;
  std::size_t stride;
};

/// A matrix (inner, columns) in panels of 32 columns, padded with zeros: row k of panel p begins at
/// data + p * panel_stride + k * row_stride.
struct PanelView {
  const float* data;
  std::size_t inner;
  std::size_t panels;
  std::size_t row_stride = kPanel;
  std::size_t panel_stride = 0;
};

/// What is written of a product a b.
enum class Write { kStore, kAdd };

/// out <- a b + bias, or out + a b + bias, for `rows` rows of a (rows, b.inner). `bias` and each row of `out` hold 32
/// numbers for each panel; without a bias it is nullptr.
void multiply(Rows<const float> a, std::size_t rows, const PanelView& b, const float* bias, Write write,
              Rows<float> out);

/// x <- x (1 + erf(x / sqrt 2)) / 2, the error below 1e-6; n is a multiple of 16.
void gelu(float* x, std::size_t n);
/// x <- x / (1 + exp(-linear x - cubic x^3)); n is a multiple of 16. Ramachandran et al. 2017, Hendrycks & Gimpel 2016.
struct Swish {
  float linear = 1;
  float cubic = 0;
};
inline constexpr Swish kQuickGelu{1.702F, 0};  ///< of CLIP
inline constexpr Swish kTanhGelu{1.59576912F,
                                 1.59576912F * 0.044715F};  ///< GELU by tanh: 2 sqrt(2 / pi) (1, 0.044715)
void swish(const Swish& curve, float* x, std::size_t n);
/// x <- (x - mean) / sqrt(variance + epsilon) gain + shift, over n numbers; what stands behind them up to a multiple of
/// 16 is zero before and after, in all three.
struct Norm {
  const float* gain;
  const float* shift;
  float epsilon;
};
void layer_norm(const Norm& norm, float* x, std::size_t n);
/// x <- exp(scale x) / sum over n numbers; what follows up to `padded`, a multiple of 32, becomes zero.
void softmax(float scale, float* x, std::size_t n, std::size_t padded);

/// Rounds to bfloat16, to even on a tie.
std::uint16_t to_bfloat16(float x);
float from_bfloat16(std::uint16_t x);

/// Whether this processor multiplies bfloat16 in tiles (AMX).
bool has_tiles();

/// A matrix as tiles of bfloat16.
struct TileWeights {
  std::vector<std::uint16_t> data;
  std::size_t inner = 0;   ///< rows
  std::size_t steps = 0;   ///< of 32 rows each
  std::size_t panels = 0;  ///< of 32 columns
};
/// Of weights (columns, inner), a row for each column of the product.
TileWeights make_tiles(const Matrix& weights);
/// As multiply(), with `a` rounded to bfloat16 as `scratch`, which is reused, and sums in float32. Needs has_tiles().
void multiply_tiles(Rows<const float> a, std::size_t rows, const TileWeights& b, const float* bias,
                    Write write, Rows<float> out, std::vector<std::uint16_t>& scratch);

}  // namespace akin::bert
