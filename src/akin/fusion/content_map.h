// From the content of items to the vectors that events give them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "akin/base/context.h"
#include "akin/linalg/csr.h"
#include "akin/linalg/matrix.h"

namespace akin {

class TensorReader;  // base/safetensors.h
class TensorWriter;

/// Ridge regression of many targets at once (Gantner et al., "Learning attribute-to-feature mappings for cold-start
/// recommendations", ICDM 2010, by least squares): with x_i the content of item i and y_i its vector from events,
///
///   y_i ~ m + W^T x_i,   W = argmin sum_i |y_i - m - W^T x_i|^2 + lambda |W|^2,   m = mean of y_i
///
/// An item without content, a row of zeros, has no vector.
class ContentMap {
 public:
  /// Fitted to rows `items` of the contents (n, d) and the targets (n, f); items without content are left out. By
  /// conjugate gradients on (X^T X + lambda I) W = X^T (Y - m), all columns at once, until each residual is below 1e-3 of
  /// its first. Cost: 4 f flops for each entry of X in an iteration, some 30 of them. The same bits at any number of
  /// threads. Throws Error(kBadData) if none of the items has content, Error(kCancelled).
  static ContentMap fit(const Csr& contents, const Matrix& targets, std::span<const idx_t> items,
                        float regularization, const Context& context);

  std::size_t inputs() const { return weights_.rows(); }
  std::size_t dim() const { return weights_.cols(); }
  /// (n, f) vectors of contents (n, d).
  Matrix map(const Csr& contents, const Context& context) const;

  /// Under names that begin with `prefix` and a dot. It outlives the writer.
  void write(TensorWriter& writer, const std::string& prefix) const;
  /// Throws Error(kBadData) unless it maps `inputs` numbers.
  static ContentMap read(const TensorReader& reader, const std::string& prefix, std::size_t inputs);

 private:
  Matrix weights_;           // W (d, f)
  std::vector<float> mean_;  // m (f)
};

}  // namespace akin
