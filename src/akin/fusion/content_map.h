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
///   y_i ~ b + W^T x_i,   (W, b) = argmin sum_i |y_i - b - W^T x_i|^2 + lambda |W|^2
///
/// A dimension that fewer than two of these items have says nothing of any other item, and is left out. An item without
/// content, a row of zeros in all other dimensions, has no vector.
class ContentMap {
 public:
  /// Fitted to the contents (n, d) and targets (n, f) of n items; those without content are left out. By
  /// conjugate gradients on (X^T X + lambda I) W = X^T Y, of centred X and Y, all columns at once, until each residual is
  /// below 1e-3 of its first. Cost: 4 f flops for each entry of X in an iteration, some 40 of them. The same bits at any
  /// number of threads. Throws Error(kBadData) if none of the items has content, Error(kCancelled).
  static ContentMap fit(const Csr& contents, const Matrix& targets, float regularization,
                        const Context& context);

  std::size_t inputs() const { return row_of_.size(); }
  std::size_t dim() const { return weights_.cols(); }
  /// (n, f) vectors of contents (n, d).
  Matrix map(const Csr& contents, const Context& context) const;

  /// Under names that begin with `prefix` and a dot. It outlives the writer.
  void write(TensorWriter& writer, const std::string& prefix) const;
  /// Throws Error(kBadData) unless it maps `inputs` numbers.
  static ContentMap read(const TensorReader& reader, const std::string& prefix, std::size_t inputs);

 private:
  void set_dimensions(std::vector<idx_t> dimensions, std::size_t inputs);
  Csr select(const Csr& contents) const;

  std::vector<idx_t> dimensions_;  // of the contents that W has a row for, ascending
  std::vector<idx_t> row_of_;      // by dimension of the contents: its row of W, or kNone
  Matrix weights_;                 // W (dimensions, f)
  std::vector<float> bias_;        // b (f)
};

}  // namespace akin
