// The optimizers' recurrences, of whole weights and of single rows.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "akin/nn/compile_options.h"
#include "akin/nn/torch/graph.h"

namespace akin::nn {

/// Changes weights by the gradients that stand on them. Of an embedding whose gradient holds only the rows of
/// a batch, only those rows, and their slots, are touched: a row that is away from a batch keeps its momentum
/// and its sums of squares as they were ("lazy"). Keras lets them decay there too, at the price of the whole
/// table a step: so does OptimizerSpec::lazy = false, with gradients that have all rows.
class Optimizer {
 public:
  Optimizer(OptimizerSpec spec, std::vector<Weight>& weights);

  /// One step; number `step` from 0. Rounded after each operation, so that it is bit for bit what the
  /// recurrences say.
  void step(std::uint64_t step);

  /// One tensor a weight and slot, named weight/slot; they may be copied into.
  std::vector<std::pair<std::string, at::Tensor>> slots() const;

 private:
  using Slots = std::vector<at::Tensor>;
  void update(at::Tensor& value, const at::Tensor& gradient, Slots& slots) const;
  void update_rows(const at::Tensor& value, const at::Tensor& gradient, const Slots& slots) const;
  double clip_factor() const;

  OptimizerSpec spec_;
  std::vector<Weight>& weights_;
  std::vector<Slots> slots_;  // of each weight; none where it is not trained
  double rate_ = 0;           // of this step
};

}  // namespace akin::nn
