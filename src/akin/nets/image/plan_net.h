// The last operations of a net of pictures as layers that can be trained.
#pragma once

#include <string>
#include <vector>

#include "akin/nets/image/conv_net.h"
#include "akin/nn/array.h"
#include "akin/nn/net_spec.h"

namespace akin::nets {

/// Whether all operations behind `op` see what comes before it through its output alone.
bool is_cut(const ConvPlan& plan, int op);

struct PlanNetOptions {
  int first = 0;       ///< the net's input is the output of this operation, a cut
  double dropout = 0;  ///< before the last operation that has weights
  /// Batch normalization is folded into the weights already: layers have biases in its place.
  bool folded = false;
};
/// The operations behind options.first. Those with ConvOp::epsilon above 0 have batch normalization, unless it is folded. Throws
/// Error(kUsage)
/// for convolutions in groups, which layers of nets do not have.
nn::NetSpec net_of_plan(const ConvPlan& plan, const PlanNetOptions& options);

/// The weights of the net's layers for those of the operations from `first` + 1 to `last`, of a folded net.
std::vector<nn::NamedArray> to_layers(const ConvPlan& plan, const std::vector<OpWeights>& weights, int first,
                                      int last);
/// The reverse, of all operations behind options.first: the weights of the layers, with batch normalization folded into them
/// by its moving mean and variance, go into `weights`.
void from_layers(const ConvPlan& plan, const std::vector<nn::NamedArray>& layers,
                 const PlanNetOptions& options, std::vector<OpWeights>& weights);

}  // namespace akin::nets
