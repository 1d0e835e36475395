// The vector arithmetic of a conjugate gradient step, several sums in one pass.
#pragma once

#include <cstddef>

namespace akin::als {

/// Vectors of one solve A x = b, each of `size` floats, a multiple of 16, 64-byte aligned.
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
/// out <- factor d o x, component by component.
void scaled_by(const float* d, const float* x, float factor, float* out, std::size_t size);

}  // namespace akin::als
