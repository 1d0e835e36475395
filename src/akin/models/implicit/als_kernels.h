// The vector arithmetic of a conjugate gradient step, several sums in one epoch.
#pragma once

#include <cstddef>
#include <span>

namespace akin::als {

/// Vectors of one solve A x = b, each of `size` floats, a multiple of 16, 64-byte aligned. Elsewhere, what is
/// only read (a diagonal, a spread, values) may lie anywhere.
struct CgVectors {
  std::size_t size;
  float* x;
  float* residual;  ///< b - A x
  float* direction;
  float* image;                 ///< A direction
  const float* preconditioner;  ///< diagonal of an approximation of A^-1
};

/// direction <- P residual. Returns residual . direction.
float cg_start(const CgVectors& v);
/// x and the residual go `length` along the direction. Returns residual . P residual.
float cg_move(const CgVectors& v, float length);
/// direction <- P residual + keep direction.
void cg_turn(const CgVectors& v, float keep);
/// D <- G's diagonal + ridge, P <- 1 / (D + weight spread), of `size` floats. What is zero in both stays zero
/// in P.
struct CgDiagonals {
  std::size_t size;
  const float* gram;
  const float* spread;
  float* shifted;         ///< D
  float* preconditioner;  ///< P
};
void cg_diagonals(const CgDiagonals& d, float ridge, float weight);
/// out <- (max(d + ridge, floor))^(-1/2) of the first n.
void inverse_roots(const float* d, float ridge, float floor, float* out, std::size_t n);
/// weights_k <- alpha values_k, confidences_k <- 1 + weights_k. Returns the weights' sum.
float weigh(std::span<const float> values, float alpha, float* weights, float* confidences);
/// out <- factor d o x, component by component.
void scaled_by(const float* d, const float* x, float factor, float* out, std::size_t size);

}  // namespace akin::als
