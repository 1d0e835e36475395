// A net's weights and the run through its layers.
#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "akin/nn/array.h"
#include "akin/nn/net_spec.h"
#include "akin/nn/torch/pass.h"

namespace akin::nn {

struct Weight {
  std::string name;  ///< layer/weight
  at::Tensor value;
  bool trainable;
  bool is_table = false;      ///< an embedding's, whose rows one layer looks up
  std::int64_t padding = -1;  ///< row that stays as it is
  double max_norm = 0;        ///< most length of a column after a step; 0 = any
  /// Of what follows the batches, a moving mean or variance: w <- kept w + (1 - kept) that of the batch; else below 0.
  double kept = -1;
};

class Graph {
 public:
  /// Weights are zero.
  Graph(NetSpec spec, at::TensorOptions options);

  /// Output of layer `layer` for inputs in the order of the input layers; only the layers it needs are run.
  at::Tensor forward(const std::vector<at::Tensor>& inputs, std::size_t layer, Pass& pass) const;

  const NetSpec& spec() const { return spec_; }
  /// The weights that follow the batches (Pass::moving) when layer `layer` is worked out.
  std::vector<std::size_t> moving_weights(std::size_t layer) const;
  std::vector<Weight>& weights() { return weights_; }
  const std::vector<Weight>& weights() const { return weights_; }

 private:
  std::vector<bool> needed_for(std::size_t layer) const;
  std::size_t pool_of(std::size_t i) const;
  bool stays_ids(std::size_t i, std::size_t layer, const std::vector<bool>& needed) const;

  NetSpec spec_;
  at::TensorOptions options_;
  std::vector<Weight> weights_;
  std::vector<std::size_t> first_weight_;  // of each layer
  std::vector<std::size_t> pools_;         // of each layer: see pool_of()
};

/// To and from memory.
NamedArray to_array(const std::string& name, const at::Tensor& tensor);
void copy_into(const at::Tensor& tensor, const NamedArray& array);

}  // namespace akin::nn
