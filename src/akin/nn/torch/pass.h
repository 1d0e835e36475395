// What one run through a net's layers needs beside values and weights.
#pragma once

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace akin::nn {

/// Outputs of a recurrent layer, (samples, units) a step.
struct StepStates {
  std::string layer;
  std::vector<at::Tensor> states;
};

/// One forward pass.
struct Pass {
  bool training = false;       ///< dropout drops, gaussian draws, batch_norm normalizes by the batch
  std::uint64_t step = 0;      ///< of the training, from 0
  bool row_gradients = false;  ///< gradients of embeddings as rows that the batch holds
  /// Rows of the table that is weight `weight` of the graph, where these are looked up elsewhere (row_table.h);
  /// else undefined.
  std::function<at::Tensor(std::size_t weight, const at::Tensor& ids)> read_rows = {};
  bool skip_activation = false;    ///< of the output layer: the loss takes what goes into it
  at::TensorOptions numbers = {};  ///< type and device of what the net computes with
  at::Generator generator = {};    ///< of dropout and gaussian; on the CPU
  /// What weights that are not learned but follow the batches (Weight::kept) are to follow once the step has been made,
  /// in the order of the weights.
  std::vector<at::Tensor> moving = {};
  std::vector<at::Tensor> extra_losses = {};  ///< that layers add to the loss
  /// If set, recurrent layers unroll themselves in torch's graph and leave here what they were at each step.
  std::vector<StepStates>* step_states = nullptr;
};

}  // namespace akin::nn
