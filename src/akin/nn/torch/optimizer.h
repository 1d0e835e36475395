// The optimizers' steps, of whole weights and of single rows.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "akin/nn/compile_options.h"
#include "akin/nn/engine.h"
#include "akin/nn/torch/graph.h"
#include "akin/nn/torch/row_table.h"

namespace akin::nn {

/// Changes weights by the gradients that stand on them. Floats on the CPU are stepped by the kernels of
/// optim: an embedding's table row by row (RowTable), other weights in one pass. Doubles, other devices and
/// Nesterov's momentum take torch's operations, one after the other; there OptimizerSpec::lazy needs
/// gradients of embeddings that hold only the rows of a batch.
class Optimizer {
 public:
  Optimizer(OptimizerSpec spec, std::vector<Weight>& weights);

  /// Before the forward pass of step `step`, from 0.
  void begin(std::uint64_t step);
  /// Pass::read_rows.
  at::Tensor read_rows(std::size_t weight, const at::Tensor& ids);
  /// The step that was begun. Bit for bit what the recurrences of optim/recurrences.h say, except that torch's
  /// operations round after each, and that rows which are behind are caught up with (RowOptimizer).
  void step();
  /// The gradients that stand on the weights, of a part of a minibatch; and the step that was begun, down their sum.
  void take_gradient(PartGradient& part);
  /// Returns what stands behind the gradients in PartGradient::dense.
  const float* step_down(const PartGradient& sum);
  bool has_tables() const;
  /// Brings all rows of all tables to where the steps so far leave them.
  void settle() const;

  /// One tensor a weight and slot, named weight/slot; they may be copied into. After settle().
  std::vector<std::pair<std::string, at::Tensor>> slots() const;

 private:
  /// What is kept of a weight's past gradients; undefined where the rule has no such moment.
  struct Moments {
    at::Tensor first, second;
  };
  void step_down_taken();
  bool goes_by_rows(const Weight& weight) const;
  double rate_of(std::uint64_t step) const;
  void step_whole(const at::Tensor& value, const at::Tensor& gradient, Moments& moments) const;
  void update(at::Tensor& value, const at::Tensor& gradient, Moments& moments) const;
  void update_rows(const at::Tensor& value, const at::Tensor& gradient, const Moments& moments) const;
  double clip_factor() const;

  OptimizerSpec spec_;
  std::vector<Weight>& weights_;
  bool has_kernels_;                               // of floats on the CPU
  std::vector<Moments> moments_;                   // of each weight; none where it is not trained
  std::vector<std::unique_ptr<RowTable>> tables_;  // of each weight, where it goes by rows
  std::uint64_t steps_ = 0;                        // made so far
  StepConstants<double> constants_;                // of this step
};

}  // namespace akin::nn
