// An embedding's table that is stepped row by row.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "akin/linalg/matrix.h"
#include "akin/nn/engine.h"
#include "akin/optim/optimizer.h"

namespace akin::nn {

/// A table of floats on the CPU that one layer reads, with its optimizer. A step costs the rows of its batch:
/// the layer is given these rows as a leaf of torch's graph, and the gradient that comes to lie there is
/// summed row by row, so that neither a gradient of the whole table nor a sparse one is made. With
/// RowUpdates::kDense the other rows make their steps when they are next read, or in settle().
class RowTable {
 public:
  /// `table` is (rows, cols), contiguous; it is shared. Row `padding` stays as it is. Throws Error(kUsage)
  /// as RowOptimizer does.
  RowTable(const at::Tensor& table, const OptimizerOptions& options, RowUpdates updates,
           std::int64_t padding = -1);

  /// The rows of `ids`, of any shape, with one dimension more, as the first `steps` steps leave them.
  at::Tensor read(const at::Tensor& ids, std::uint64_t steps);
  /// Takes the gradient that was found for what read() gave last, if any.
  void take_gradient();
  /// What was taken.
  RowsGradient gradient() const;
  /// Takes the gradient of a whole minibatch instead, of rows that the first `steps` steps left as they are.
  void set_gradient(const RowsGradient& gradient, std::uint64_t steps);
  /// Sum of its squares.
  double squares() const;
  /// One step at `learning_rate` against the taken gradient times `factor`.
  void step(double learning_rate, float factor);

  /// Brings all rows to where the first `steps` steps leave them; the last one's rate was `learning_rate`.
  void settle(std::uint64_t steps, double learning_rate);
  /// Goes on after `steps` steps that were not made here.
  void set_steps(std::uint64_t steps, double learning_rate);

  /// Views of the optimizer's moments, undefined where its rule has none.
  at::Tensor first_moment();
  at::Tensor second_moment();

 private:
  void catch_up(std::uint64_t steps);
  template <typename Change>
  void change_row(std::size_t row, Change change);

  at::Tensor table_;
  RowOptimizer optimizer_;
  std::int64_t padding_;
  std::size_t cols_, stride_;
  bool behind_ = false;               // some rows may have steps to make
  at::Tensor read_;                   // what the layer was given
  std::vector<std::size_t> rows_;     // of the batch, each once, in the order of their first place
  std::vector<std::uint32_t> place_;  // of each index of the batch: where in rows_
  std::vector<std::uint32_t> known_;  // of each row of the table: where in rows_, if there it stands
  Matrix sums_;                       // gradients of rows_, and rows to spare
  Matrix row_;                        // a row on its way through the kernels
};

}  // namespace akin::nn
