// What may follow any encoder: fewer dimensions, centring, whitening.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "akin/encode/content_encoder.h"

namespace akin {

/// Parameters that all encoders share.
struct EncoderSteps {
  int svd = 0;
  bool center = false;
  bool whiten = false;
  float shrinkage = 0.1f;

  bool any() const { return svd > 0 || center || whiten; }
  void add_params(std::vector<Param>& params);
};

/// `base`, followed by these steps in this order, fitted to its vectors x of `input.items`:
///
///   svd      x V, V the right singular vectors of the largest `svd` singular values (latent semantic analysis,
///            Deerwester et al., JASIS 1990)
///   center   x - mean
///   whiten   (x - mean) E diag(l)^(-1/2), with the eigenvectors E and eigenvalues l of the covariance shrunk
///            towards a multiple of the identity, (1 - s) C + s tr(C) / d I (Ledoit & Wolf 2004, s given)
///   length   rows of length 1
///
/// Items without a vector, zeros, are not counted and stay zeros. Without a step `base` itself is returned.
/// Cost: that of truncated_svd(); n d^2 + d^3 for whitening. Throws Error(kUsage) for centring or whitening
/// vectors of more than 4,096 dimensions.
std::unique_ptr<ContentEncoder> with_steps(std::unique_ptr<ContentEncoder> base, const EncoderSteps& steps,
                                           const EncoderInput& input, const Context& context);
/// The steps that were stored with `base`, if any.
std::unique_ptr<ContentEncoder> read_steps(std::unique_ptr<ContentEncoder> base, const TensorReader& reader,
                                           const std::string& prefix);

}  // namespace akin
