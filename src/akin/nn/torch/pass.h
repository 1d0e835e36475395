// What one run through a net's layers needs beside values and weights.
#pragma once

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <functional>
#include <vector>

namespace akin::nn {

/// One forward pass.
struct Pass {
  bool training = false;           ///< dropout drops, batch_norm normalizes by the batch
  bool row_gradients = false;      ///< gradients of embeddings as rows that the batch holds
  bool skip_activation = false;    ///< of the output layer: the loss takes what goes into it
  at::TensorOptions numbers = {};  ///< type and device of what the net computes with
  at::Generator generator = {};    ///< of dropout; on the CPU
  /// Changes of weights that are not learned (moving means), to be made once the step has been.
  std::vector<std::function<void()>> afterwards = {};
};

}  // namespace akin::nn
